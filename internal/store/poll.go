package store

import (
	"context"
	"time"
)

// trusted is how long after a look at the database the state of a grant is taken from
// memory: within a second, the end of a grant is known everywhere (D05).
const trusted = time.Second

// poll looks at the version counter until ctx ends, and invalidates the cache
// when somebody, here or elsewhere, has moved it. Grants, of which there are many
// and each of which may end, are forgotten at every look. While the database is
// away, what is cached is served, but not grants.
func (s *Store) poll(ctx context.Context, interval time.Duration) {
	defer close(s.polling)
	defer s.away.Store(true)
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	var seen int64
	failures := 0
	for {
		began := s.now().Sub(s.opened)
		version, ok := s.version(ctx)
		if ok {
			s.forgetGrants()
			s.looked.Store(int64(began))
		}
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

// lookedLately reports whether what other processes did until trusted ago is known.
func (s *Store) lookedLately() bool {
	return s.now().Sub(s.opened)-time.Duration(s.looked.Load()) < s.trusted
}

// Away reports whether the database cannot be read any more, so that what is cached
// may be out of date: for those who would rather give no answer than an old one.
func (s *Store) Away() bool { return s.away.Load() }
