package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Family returns the refresh token with a selector, used or not, and its grant. It is
// never cached.
func (s *Store) Family(ctx context.Context, selector string) (t *core.RefreshToken, g *core.Grant, err error) {
	row, err := uncached(ctx, s, func(ctx context.Context) (queries.FamilyRow, error) { return s.read.Family(ctx, selector) })
	if t, err = one(row.RefreshToken, err, "refresh token", refreshTokenOf); err == nil {
		g, err = grantOf(row.Grant)
	}
	return t, g, err
}

// RefreshToken reads within the transaction.
func (tx *Tx) RefreshToken(selector string) (*core.RefreshToken, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.RefreshToken, error) {
		row, err := q.RefreshToken(ctx, selector)
		return one(row, err, "refresh token", refreshTokenOf)
	})
}

// InsertRefreshToken inserts a refresh token; its selector must be new. That it is
// not may be told for the job as a whole.
func (tx *Tx) InsertRefreshToken(t *core.RefreshToken) error {
	if tx.failed != nil {
		return tx.failed
	}
	tx.later[intoRefreshTokens] = append(tx.later[intoRefreshTokens], t.Selector, t.Hash, t.GrantID, millis(t.IssuedAt),
		millis(t.ExpiresAt), millis(t.ConsumedAt), t.Successor)
	return nil
}

var refreshTokenRows = newBulk("refresh_tokens", "selector, hash, grant_id, issued_at, expires_at, consumed_at, successor")

// ConsumeRefreshToken uses up a refresh token in favour of its successor. ok is
// false when the token is unknown, used or expired at now, or its grant has no
// row, has ended or is past its own expiry; RefreshToken and Grant tell which.
// The secret half must have been verified before.
func (tx *Tx) ConsumeRefreshToken(selector string, now time.Time, successor string) (ok bool, err error) {
	if tx.failed != nil {
		return false, tx.failed
	}
	q, err := tx.openLight() // nobody has been told yet of what this group inserts
	rows, err := look(tx, q, err, func(ctx context.Context, q *queries.Queries) (int64, error) {
		rows, err := q.ConsumeRefreshToken(ctx, queries.ConsumeRefreshTokenParams{
			Selector: selector, ConsumedAt: millis(now), Successor: successor})
		return rows, failure("refresh token", err)
	})
	return rows == 1, err
}

func refreshTokenOf(row queries.RefreshToken) (*core.RefreshToken, error) {
	return &core.RefreshToken{
		Selector: row.Selector, Hash: row.Hash, GrantID: row.GrantID, IssuedAt: instant(row.IssuedAt),
		ExpiresAt: instant(row.ExpiresAt), ConsumedAt: instant(row.ConsumedAt), Successor: row.Successor,
	}, nil
}
