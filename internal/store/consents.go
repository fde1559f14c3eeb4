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

// ConnectionsOf returns the connections of an organisation that are in force,
// oldest first. It is never cached.
func (s *Store) ConnectionsOf(ctx context.Context, organisationID string) ([]*core.Consent, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Consent, error) {
		rows, err := s.read.ConnectionsOfOrganisation(ctx, organisationID)
		return each(rows, err, "connections", consentOf)
	})
}

// PersonalConsents returns what a person has consented to for themselves, and is
// in force.
func (s *Store) PersonalConsents(ctx context.Context, userID string) ([]*core.Consent, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Consent, error) {
		rows, err := s.read.PersonalConsents(ctx, userID)
		return each(rows, err, "consents", consentOf)
	})
}

// Connection returns the consent in force between a client and an account.
func (s *Store) Connection(ctx context.Context, clientID string, account *core.Account) (*core.Consent, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Consent, error) { return connection(ctx, s.read, clientID, account) })
}

// Connection reads within the transaction.
func (tx *Tx) Connection(clientID string, account *core.Account) (*core.Consent, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Consent, error) {
		return connection(ctx, q, clientID, account)
	})
}

// PersonalConsent returns the consent in force of a person for a client.
func (s *Store) PersonalConsent(ctx context.Context, clientID, userID string) (*core.Consent, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Consent, error) {
		return personalConsent(ctx, s.read, clientID, userID)
	})
}

// PersonalConsent reads within the transaction.
func (tx *Tx) PersonalConsent(clientID, userID string) (*core.Consent, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Consent, error) {
		return personalConsent(ctx, q, clientID, userID)
	})
}

// PutConsent inserts or replaces a consent.
func (tx *Tx) PutConsent(c *core.Consent) error {
	tx.fillID(&c.ID, core.PrefixConsent)
	return tx.change("consent", func(ctx context.Context, q *queries.Queries) error {
		createdAt, err := q.PutConsent(ctx, queries.PutConsentParams{
			ID: c.ID, ClientID: c.ClientID, OrganisationID: c.OrganisationID, AccountID: c.AccountID, UserID: c.UserID,
			Scopes: encode(c.Scopes), CreatedAt: tx.createdAt(c.CreatedAt), LastUsedAt: millis(c.LastUsedAt), RevokedAt: millis(c.RevokedAt),
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

func connection(ctx context.Context, q *queries.Queries, clientID string, account *core.Account) (*core.Consent, error) {
	row, err := q.ConnectionOf(ctx, queries.ConnectionOfParams{
		ClientID: clientID, OrganisationID: account.OrganisationID, AccountID: account.ID})
	return one(row, err, "connection", consentOf)
}

func personalConsent(ctx context.Context, q *queries.Queries, clientID, userID string) (*core.Consent, error) {
	row, err := q.PersonalConsent(ctx, queries.PersonalConsentParams{ClientID: clientID, UserID: userID})
	return one(row, err, "consent", consentOf)
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
		LastUsedAt: instant(row.LastUsedAt), RevokedAt: instant(row.RevokedAt),
	}, d.err
}
