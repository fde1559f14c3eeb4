package store

import (
	"context"

	"claviger/internal/store/queries"
)

// Refresh returns the version of what is cached, and makes sure that no later
// read returns anything older. Together with Tx.Since it lets a change be worked
// out from ordinary reads and written only if they still hold.
func (s *Store) Refresh(ctx context.Context) (int64, error) {
	version, err := uncached(ctx, s, func(ctx context.Context) (int64, error) {
		version, err := s.read.CacheVersion(ctx)
		return version, failure("cache_version", err)
	})
	s.invalidate()
	return version, err
}

// Since reports whether nothing that is cached has changed since version. If so,
// nothing will before the commit, as after Serialize. It must be the first thing
// that a job does.
func (tx *Tx) Since(version int64) (bool, error) {
	read := func(ctx context.Context, q *queries.Queries) (int64, error) { return q.CacheVersion(ctx) }
	before, err := find(tx, read) // sees earlier jobs of the same group
	if err != nil || before != version {
		return false, err
	}
	if err := tx.Serialize(); err != nil {
		return false, err
	}
	after, err := find(tx, read) // sees other transactions, which the lock has waited for
	return err == nil && after == version+1, err
}
