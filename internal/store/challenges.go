package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Challenge returns what a browser has under way for a purpose, unless it has
// expired at now. It is never cached.
func (s *Store) Challenge(ctx context.Context, binding []byte, purpose string, now time.Time) (*core.Challenge, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Challenge, error) {
		row, err := s.read.ChallengeOf(ctx, queries.ChallengeOfParams{Binding: binding, Purpose: purpose, Now: millis(now)})
		return one(row, err, "challenge", challengeOf)
	})
}

// PutChallenge begins a challenge, and ends the one that its browser had under way
// for the same purpose.
func (tx *Tx) PutChallenge(c *core.Challenge) error {
	tx.fillID(&c.ID, core.PrefixChallenge)
	return tx.do("challenge", func(ctx context.Context, q *queries.Queries) error {
		if err := q.EndChallenges(ctx, queries.EndChallengesParams{Binding: c.Binding, Purpose: c.Purpose}); err != nil {
			return err
		}
		return q.InsertChallenge(ctx, queries.InsertChallengeParams{
			ID: c.ID, Purpose: c.Purpose, UserID: c.UserID, Binding: c.Binding, Sealed: c.Sealed,
			CreatedAt: tx.createdAt(c.CreatedAt), ExpiresAt: millis(c.ExpiresAt),
		})
	})
}

// TakeChallenge ends a challenge by finishing it. core.ErrNotFound: there is none
// that has not expired at now, or somebody else took it.
func (tx *Tx) TakeChallenge(binding []byte, purpose string, now time.Time) (*core.Challenge, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Challenge, error) {
		row, err := q.TakeChallenge(ctx, queries.TakeChallengeParams{Binding: binding, Purpose: purpose, Now: millis(now)})
		return one(row, err, "challenge", challengeOf)
	})
}

// EndChallengesOf ends what is under way for a person, in every browser.
func (tx *Tx) EndChallengesOf(userID string) error {
	return tx.do("challenges", func(ctx context.Context, q *queries.Queries) error { return q.EndChallengesOf(ctx, userID) })
}

// InsertRememberedDevice remembers a browser.
func (tx *Tx) InsertRememberedDevice(d *core.RememberedDevice) error {
	return tx.do("remembered device", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertRememberedDevice(ctx, queries.InsertRememberedDeviceParams{
			Digest: d.Digest, UserID: d.UserID, CreatedAt: tx.createdAt(d.CreatedAt), ExpiresAt: millis(d.ExpiresAt)})
	})
}

// IsRemembered reports whether a browser is remembered for a person at now.
func (tx *Tx) IsRemembered(digest, userID string, now time.Time) (bool, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (bool, error) {
		count, err := q.IsRemembered(ctx, queries.IsRememberedParams{Digest: digest, UserID: userID, Now: millis(now)})
		return count > 0, failure("remembered device", err)
	})
}

// ForgetDevices forgets every browser that is remembered for a person.
func (tx *Tx) ForgetDevices(userID string) error {
	return tx.do("remembered devices", func(ctx context.Context, q *queries.Queries) error {
		_, err := q.ForgetRememberedDevices(ctx, userID)
		return err
	})
}

func challengeOf(row queries.Challenge) (*core.Challenge, error) {
	return &core.Challenge{
		ID: row.ID, Purpose: row.Purpose, UserID: row.UserID, Binding: row.Binding, Sealed: row.Sealed,
		CreatedAt: instant(row.CreatedAt), ExpiresAt: instant(row.ExpiresAt),
	}, nil
}
