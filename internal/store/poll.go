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
	defer s.away.Store(true)
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	var seen int64
	failures := 0
	for {
		version, ok := s.version(ctx)
		if ok && version != seen {
			seen = version
			s.invalidate()
		}
		if failures++; ok {
			failures = 0
		}
		s.away.Store(failures > 1) // one may be chance
		select {
		case <-ctx.Done():
			return
		case <-s.looks:
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

// Away reports whether the database cannot be read any more, so that what is cached
// may be out of date: for those who would rather give no answer than an old one.
func (s *Store) Away() bool { return s.away.Load() }
