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

// GrantState returns the grant with an id, ended or not, as it was a second ago or
// later. What this node ends, and on PostgreSQL what another does and tells, is known
// at once. A grant without a row is nil.
func (s *Store) GrantState(ctx context.Context, id string) (*core.Grant, error) {
	load := func(ctx context.Context) (*core.Grant, error) {
		g, err := grant(ctx, s.read, id)
		if isNotFound(err) {
			return nil, nil
		}
		return g, err
	}
	if !s.lookedLately() {
		return uncached(ctx, s, load)
	}
	return s.caches.grants.get(ctx, s, id, load)
}

// Grant reads within the transaction.
func (tx *Tx) Grant(id string) (*core.Grant, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Grant, error) { return grant(ctx, q, id) })
}

// InsertGrant inserts a grant; its id must be new. That it is not may be told for
// the job as a whole.
func (tx *Tx) InsertGrant(g *core.Grant) error {
	if tx.failed != nil {
		return tx.failed
	}
	tx.fillID(&g.ID, core.PrefixGrant)
	tx.later[intoGrants] = append(tx.later[intoGrants], g.ID, g.ClientID, g.APIKeyID, g.UserID, g.OrganisationID,
		g.AccountID, g.ConsentID, encode(g.Scope), g.Service, g.Channel, g.SessionID, authenticationText(g.Authentication),
		tx.createdAt(g.CreatedAt), millis(g.ExpiresAt), millis(g.EndedAt), g.EndReason)
	return nil
}

var grantRows = newBulk("grants", "id, client_id, api_key_id, user_id, organisation_id, account_id, consent_id, scope, "+
	"service, channel, session_id, authentication, created_at, expires_at, ended_at, end_reason")

// EndGrant ends a grant, with its refresh tokens, and reports whether this call
// did: the first end wins. A grant without a row gets one, kept until expiresAt,
// which must not be before the last of its access tokens expires.
func (tx *Tx) EndGrant(id string, at time.Time, reason string, expiresAt time.Time) (ended bool, err error) {
	tx.ends = true
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
	tx.ends = true
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
