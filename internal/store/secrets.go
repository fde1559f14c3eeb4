package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Secrets returns the secrets of a client, an API key or a user, oldest first,
// the ended ones too. None is not an error.
func (s *Store) Secrets(ctx context.Context, ownerID string) ([]core.Secret, error) {
	return s.secrets.get(ctx, s, ownerID, func(ctx context.Context) ([]core.Secret, error) {
		return secretsOf(ctx, s.read, ownerID)
	})
}

// Secrets reads within the transaction.
func (tx *Tx) Secrets(ownerID string) ([]core.Secret, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) ([]core.Secret, error) {
		return secretsOf(ctx, q, ownerID)
	})
}

// AddSecret inserts a secret, and returns its id.
func (tx *Tx) AddSecret(secret core.Secret) (id string, err error) {
	if secret.ID == "" {
		secret.ID = tx.store.newID(core.PrefixSecret)
	}
	return secret.ID, tx.change("secret", func(ctx context.Context, q *queries.Queries) error {
		return q.AddSecret(ctx, queries.AddSecretParams{
			ID: secret.ID, OwnerID: secret.OwnerID, Hash: secret.Hash, Digest: secret.Digest,
			StartsAt: millis(secret.StartsAt), EndsAt: millis(secret.EndsAt), CreatedAt: tx.createdAt(secret.CreatedAt),
		})
	})
}

// EndSecret sets when a secret ends, unless it ends earlier.
func (tx *Tx) EndSecret(id string, at time.Time) error {
	_, err := tx.changed("secret", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.EndSecret(ctx, queries.EndSecretParams{ID: id, EndsAt: millis(at)})
	})
	return err
}

// DeleteSecretsOf deletes the secrets of a client, an API key or a user.
func (tx *Tx) DeleteSecretsOf(ownerID string) error {
	_, err := tx.changed("secret", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.DeleteSecretsOf(ctx, ownerID)
	})
	return err
}

func secretsOf(ctx context.Context, q *queries.Queries, ownerID string) ([]core.Secret, error) {
	rows, err := q.Secrets(ctx, ownerID)
	if err != nil {
		return nil, failure("secrets", err)
	}
	list := make([]core.Secret, 0, len(rows))
	for _, row := range rows {
		list = append(list, secretOf(row))
	}
	return list, nil
}

func secretOf(row queries.Secret) core.Secret {
	return core.Secret{
		ID: row.ID, OwnerID: row.OwnerID, Hash: row.Hash, Digest: row.Digest, StartsAt: instant(row.StartsAt),
		EndsAt: instant(row.EndsAt), CreatedAt: instant(row.CreatedAt),
	}
}
