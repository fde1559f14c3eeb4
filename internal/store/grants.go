package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Grant returns the grant with an id, ended or not. It is never cached.
func (s *Store) Grant(ctx context.Context, id string) (*core.Grant, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Grant, error) { return grant(ctx, s.read, id) })
}

// Grant reads within the transaction.
func (tx *Tx) Grant(id string) (*core.Grant, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Grant, error) { return grant(ctx, q, id) })
}

// InsertGrant inserts a grant; its id must be new.
func (tx *Tx) InsertGrant(g *core.Grant) error {
	tx.fillID(&g.ID, core.PrefixGrant)
	return tx.do("grant", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertGrant(ctx, queries.InsertGrantParams{
			ID: g.ID, ClientID: g.ClientID, ApiKeyID: g.APIKeyID, UserID: g.UserID, OrganisationID: g.OrganisationID,
			AccountID: g.AccountID, ConsentID: g.ConsentID, Scope: encode(g.Scope), Service: g.Service,
			Channel: g.Channel, SessionID: g.SessionID, Authentication: authenticationText(g.Authentication), CreatedAt: tx.createdAt(g.CreatedAt), ExpiresAt: millis(g.ExpiresAt),
			EndedAt: millis(g.EndedAt), EndReason: g.EndReason,
		})
	})
}

// EndGrant ends a grant, with its refresh tokens, and reports whether this call
// did: the first end wins. A grant without a row gets one, kept until expiresAt,
// which must not be before the last of its access tokens expires.
func (tx *Tx) EndGrant(id string, at time.Time, reason string, expiresAt time.Time) (ended bool, err error) {
	err = tx.do("grant", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.EndGrant(ctx, queries.EndGrantParams{
			ID: id, EndedAt: millis(at), EndReason: reason, ExpiresAt: millis(expiresAt)})
		ended = rows > 0
		return err
	})
	return ended, err
}

// EndGrantsOfConsent ends the live grants that rest on a consent, and returns how
// many.
func (tx *Tx) EndGrantsOfConsent(consentID string, at time.Time, reason string) (ended int64, err error) {
	err = tx.do("grants", func(ctx context.Context, q *queries.Queries) error {
		ended, err = q.EndGrantsOfConsent(ctx, queries.EndGrantsOfConsentParams{ConsentID: consentID, At: millis(at), EndReason: reason})
		return err
	})
	return ended, err
}

// GrantsOfSession returns the live grants that began in a browser session.
func (tx *Tx) GrantsOfSession(sessionID string) ([]*core.Grant, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]*core.Grant, error) {
		rows, err := q.GrantsOfSession(ctx, sessionID)
		return each(rows, err, "grants", grantOf)
	})
}

func grant(ctx context.Context, q *queries.Queries, id string) (*core.Grant, error) {
	row, err := q.Grant(ctx, id)
	return one(row, err, "grant", grantOf)
}

func authenticationText(a *core.Authentication) string {
	if a == nil {
		return ""
	}
	return marshal(a)
}

func grantOf(row queries.Grant) (*core.Grant, error) {
	var d decoder
	g := &core.Grant{
		ID: row.ID, ClientID: row.ClientID, APIKeyID: row.ApiKeyID, UserID: row.UserID, OrganisationID: row.OrganisationID,
		AccountID: row.AccountID, ConsentID: row.ConsentID, Scope: d.list("scope", row.Scope), Service: row.Service,
		Channel: row.Channel, CreatedAt: instant(row.CreatedAt), ExpiresAt: instant(row.ExpiresAt),
		EndedAt: instant(row.EndedAt), EndReason: row.EndReason, SessionID: row.SessionID,
	}
	d.into("authentication", row.Authentication, &g.Authentication)
	return g, d.err
}
