package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Consent returns the consent with an id, revoked or not.
func (s *Store) Consent(ctx context.Context, id string) (*core.Consent, error) {
	return s.consents.get(ctx, s, id, func(ctx context.Context) (*core.Consent, error) { return consent(ctx, s.read, id) })
}

// Consent reads within the transaction.
func (tx *Tx) Consent(id string) (*core.Consent, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Consent, error) { return consent(ctx, q, id) })
}

// PutConsent inserts or replaces a consent.
func (tx *Tx) PutConsent(c *core.Consent) error {
	tx.fillID(&c.ID, core.PrefixConsent)
	return tx.change("consent", func(ctx context.Context, q *queries.Queries) error {
		createdAt, err := q.PutConsent(ctx, queries.PutConsentParams{
			ID: c.ID, ClientID: c.ClientID, OrganisationID: c.OrganisationID, AccountID: c.AccountID, UserID: c.UserID,
			Scopes: encode(c.Scopes), CreatedAt: tx.createdAt(c.CreatedAt), RevokedAt: millis(c.RevokedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &c.CreatedAt, instant(createdAt))
		return nil
	})
}

// RevokeConsent ends a consent, and reports whether this call did.
func (tx *Tx) RevokeConsent(id string, at time.Time) (bool, error) {
	ended, err := tx.changed("consent", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.RevokeConsent(ctx, queries.RevokeConsentParams{ID: id, RevokedAt: millis(at)})
	})
	return ended > 0, err
}

func consent(ctx context.Context, q *queries.Queries, id string) (*core.Consent, error) {
	row, err := q.Consent(ctx, id)
	return one(row, err, "consent", consentOf)
}

func consentOf(row queries.Consent) (*core.Consent, error) {
	var d decoder
	return &core.Consent{
		ID: row.ID, ClientID: row.ClientID, OrganisationID: row.OrganisationID, AccountID: row.AccountID,
		UserID: row.UserID, Scopes: d.list("scopes", row.Scopes), CreatedAt: instant(row.CreatedAt),
		RevokedAt: instant(row.RevokedAt),
	}, d.err
}
