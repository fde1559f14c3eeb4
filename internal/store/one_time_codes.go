package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// OneTimeCode returns the one-time code with an id, used or not. It is never
// cached.
func (s *Store) OneTimeCode(ctx context.Context, id string) (*core.OneTimeCode, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.OneTimeCode, error) {
		row, err := s.read.OneTimeCode(ctx, id)
		return one(row, err, "one-time code", oneTimeCodeOf)
	})
}

// InsertOneTimeCode inserts a one-time code, and ends the unused ones of its user
// for the same purpose in the same browser: the latest counts.
func (tx *Tx) InsertOneTimeCode(c *core.OneTimeCode) error {
	tx.fillID(&c.ID, core.PrefixOneTimeCode)
	return tx.do("one-time code", func(ctx context.Context, q *queries.Queries) error {
		_, err := q.EndOneTimeCodes(ctx, queries.EndOneTimeCodesParams{
			UserID: c.UserID, Purpose: c.Purpose, Binding: c.Binding, At: tx.createdAt(c.CreatedAt)})
		if err != nil {
			return err
		}
		return q.InsertOneTimeCode(ctx, queries.InsertOneTimeCodeParams{
			ID: c.ID, UserID: c.UserID, Purpose: c.Purpose, Channel: c.Channel, Destination: c.Destination, Digest: c.Digest,
			Binding: c.Binding, CreatedAt: tx.createdAt(c.CreatedAt), ExpiresAt: millis(c.ExpiresAt),
		})
	})
}

// TryOneTimeCode counts a try, and returns the code to compare with. ok is false
// when it is unknown, used, expired at now, or was tried too often.
func (tx *Tx) TryOneTimeCode(id string, now time.Time) (c *core.OneTimeCode, ok bool, err error) {
	c, err = find(tx, func(ctx context.Context, q *queries.Queries) (*core.OneTimeCode, error) {
		row, err := q.TryOneTimeCode(ctx, queries.TryOneTimeCodeParams{ID: id, Now: millis(now), Most: core.OneTimeCodeTries})
		return one(row, err, "one-time code", oneTimeCodeOf)
	})
	if isNotFound(err) {
		return nil, false, nil
	}
	return c, err == nil, err
}

// ConsumeOneTimeCode uses up a one-time code, and reports whether this call did.
func (tx *Tx) ConsumeOneTimeCode(id string, at time.Time) (ok bool, err error) {
	err = tx.do("one-time code", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.ConsumeOneTimeCode(ctx, queries.ConsumeOneTimeCodeParams{ID: id, At: millis(at)})
		ok = rows > 0
		return err
	})
	return ok, err
}

// CountOneTimeCodes returns how many codes went to a destination since a moment.
func (tx *Tx) CountOneTimeCodes(destination string, since time.Time) (int64, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (int64, error) {
		count, err := q.CountOneTimeCodes(ctx, queries.CountOneTimeCodesParams{Destination: destination, Since: millis(since)})
		return count, failure("one-time codes", err)
	})
}

func oneTimeCodeOf(row queries.OneTimeCode) (*core.OneTimeCode, error) {
	return &core.OneTimeCode{
		ID: row.ID, UserID: row.UserID, Purpose: row.Purpose, Channel: row.Channel, Destination: row.Destination,
		Digest: row.Digest, Binding: row.Binding, Tries: row.Tries, CreatedAt: instant(row.CreatedAt),
		ExpiresAt: instant(row.ExpiresAt), ConsumedAt: instant(row.ConsumedAt),
	}, nil
}
