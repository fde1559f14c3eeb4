package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Code returns the authorization code with a selector, used or not. It is never
// cached.
func (s *Store) Code(ctx context.Context, selector string) (*core.Code, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Code, error) { return code(ctx, s.read, selector) })
}

// Code reads within the transaction.
func (tx *Tx) Code(selector string) (*core.Code, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Code, error) { return code(ctx, q, selector) })
}

// InsertCode inserts an authorization code; its selector must be new.
func (tx *Tx) InsertCode(c *core.Code) error {
	return tx.do("code", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertCode(ctx, queries.InsertCodeParams{
			Selector: c.Selector, Hash: c.Hash, GrantID: c.GrantID, ClientID: c.ClientID, UserID: c.UserID,
			OrganisationID: c.OrganisationID, AccountID: c.AccountID, ConsentID: c.ConsentID, RedirectUri: c.RedirectURI,
			Challenge: c.Challenge, Scope: encode(c.Scope), Authentication: marshal(&c.Authentication),
			CreatedAt: tx.createdAt(c.CreatedAt), ExpiresAt: millis(c.ExpiresAt),
		})
	})
}

// ConsumeCode uses up an authorization code. It reports false when the code is
// unknown, used or expired at now.
func (tx *Tx) ConsumeCode(selector string, now time.Time) (ok bool, err error) {
	err = tx.do("code", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.ConsumeCode(ctx, queries.ConsumeCodeParams{Selector: selector, ConsumedAt: millis(now)})
		ok = rows > 0
		return err
	})
	return ok, err
}

func code(ctx context.Context, q *queries.Queries, selector string) (*core.Code, error) {
	row, err := q.Code(ctx, selector)
	return one(row, err, "code", codeOf)
}

func codeOf(row queries.Code) (*core.Code, error) {
	var d decoder
	c := &core.Code{
		Selector: row.Selector, Hash: row.Hash, GrantID: row.GrantID, ClientID: row.ClientID, UserID: row.UserID,
		OrganisationID: row.OrganisationID, AccountID: row.AccountID, ConsentID: row.ConsentID, RedirectURI: row.RedirectUri,
		Challenge: row.Challenge, Scope: d.list("scope", row.Scope), CreatedAt: instant(row.CreatedAt),
		ExpiresAt: instant(row.ExpiresAt), ConsumedAt: instant(row.ConsumedAt),
	}
	d.into("authentication", row.Authentication, &c.Authentication)
	return c, d.err
}
