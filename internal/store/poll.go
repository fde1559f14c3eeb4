package store

import (
	"context"
	"time"
)

// poll looks at the version counter until ctx ends, and invalidates the cache
// when somebody, here or elsewhere, has moved it. While the database is away,
// what is cached is served.
func (s *Store) poll(ctx context.Context, interval time.Duration) {
	defer close(s.polling)
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	var seen int64
	for {
		if version, ok := s.version(ctx); ok && version != seen {
			seen = version
			s.invalidate()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
	}
}

func (s *Store) version(ctx context.Context) (int64, bool) {
	ctx, done := s.readContext(ctx)
	defer done()
	version, err := s.read.CacheVersion(ctx)
	return version, err == nil
}
