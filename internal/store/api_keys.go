package store

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// APIKey returns the API key with an id. Its LastUsedAt may lag behind; that of
// the lists does not.
func (s *Store) APIKey(ctx context.Context, id string) (*core.APIKey, error) {
	return s.keys.get(ctx, s, id, func(ctx context.Context) (*core.APIKey, error) { return apiKey(ctx, s.read, id) })
}

// APIKeyByDigest returns the API key whose secret has a digest, and that secret.
// Whether either is still valid is for the caller to say.
func (s *Store) APIKeyByDigest(ctx context.Context, digest string) (*core.APIKey, *core.Secret, error) {
	found, err := s.keysByDigest.get(ctx, s, digest, func(ctx context.Context) (keyWithSecret, error) {
		row, err := s.read.APIKeyByDigest(ctx, digest)
		key, err := one(row.ApiKey, err, "API key", apiKeyOf)
		secret := secretOf(row.Secret)
		return keyWithSecret{key, &secret}, err
	})
	return found.key, found.secret, err
}

// APIKeysOf returns the API keys of an account. It is not cached.
func (s *Store) APIKeysOf(ctx context.Context, accountID string) ([]*core.APIKey, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.APIKey, error) {
		rows, err := s.read.APIKeysOf(ctx, accountID)
		return each(rows, err, "API keys", apiKeyOf)
	})
}

// APIKeysOfOrganisation returns the API keys of an organisation. It is not
// cached.
func (s *Store) APIKeysOfOrganisation(ctx context.Context, organisationID string) ([]*core.APIKey, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.APIKey, error) {
		rows, err := s.read.APIKeysOfOrganisation(ctx, organisationID)
		return each(rows, err, "API keys", apiKeyOf)
	})
}

// APIKey reads within the transaction.
func (tx *Tx) APIKey(id string) (*core.APIKey, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.APIKey, error) { return apiKey(ctx, q, id) })
}

// APIKeysOf reads within the transaction.
func (tx *Tx) APIKeysOf(accountID string) ([]*core.APIKey, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]*core.APIKey, error) {
		rows, err := q.APIKeysOf(ctx, accountID)
		return each(rows, err, "API keys", apiKeyOf)
	})
}

// PutAPIKey inserts or replaces an API key. LastUsedAt only moves forward.
func (tx *Tx) PutAPIKey(k *core.APIKey) error {
	tx.fillID(&k.ID, core.PrefixAPIKey)
	return tx.change("API key", func(ctx context.Context, q *queries.Queries) error {
		createdAt, err := q.PutAPIKey(ctx, queries.PutAPIKeyParams{
			ID: k.ID, OrganisationID: k.OrganisationID, AccountID: k.AccountID, Name: k.Name, Dialect: k.Dialect,
			RoleID: k.RoleID, Scopes: encode(k.Scopes), Enabled: k.Enabled, ExpiresAt: millis(k.ExpiresAt),
			AllowedAddresses: encode(k.AllowedFrom), AddressMode: string(k.AddressMode),
			LastUsedAt: millis(k.LastUsedAt), LastUsedIp: k.LastUsedFrom, CreatedBy: k.CreatedBy, CreatedAt: tx.createdAt(k.CreatedAt),
		})
		if err != nil {
			return err
		}
		fill(tx, &k.CreatedAt, instant(createdAt))
		return nil
	})
}

func apiKey(ctx context.Context, q *queries.Queries, id string) (*core.APIKey, error) {
	row, err := q.APIKey(ctx, id)
	return one(row, err, "API key", apiKeyOf)
}

func apiKeyOf(row queries.ApiKey) (*core.APIKey, error) {
	var d decoder
	return &core.APIKey{
		ID: row.ID, OrganisationID: row.OrganisationID, AccountID: row.AccountID, Name: row.Name, Dialect: row.Dialect,
		RoleID: row.RoleID, Scopes: d.list("scopes", row.Scopes), Enabled: row.Enabled, ExpiresAt: instant(row.ExpiresAt),
		AllowedFrom: d.list("allowed_addresses", row.AllowedAddresses), AddressMode: core.AddressMode(row.AddressMode),
		LastUsedAt: instant(row.LastUsedAt), LastUsedFrom: row.LastUsedIp, CreatedBy: row.CreatedBy, CreatedAt: instant(row.CreatedAt),
	}, d.err
}
