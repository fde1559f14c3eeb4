package store

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// SigningKeys returns all signing keys, oldest first. It is never cached.
func (s *Store) SigningKeys(ctx context.Context) ([]core.SigningKey, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]core.SigningKey, error) { return signingKeys(ctx, s.read) })
}

// Setting returns the value of a setting. It is never cached.
func (s *Store) Setting(ctx context.Context, key string) (string, error) {
	return uncached(ctx, s, func(ctx context.Context) (string, error) { return setting(ctx, s.read, key) })
}

// SigningKeys reads within the transaction. For a rule over it to hold until
// the commit, Serialize must come before it.
func (tx *Tx) SigningKeys() ([]core.SigningKey, error) { return find(tx, signingKeys) }

// Setting reads within the transaction.
func (tx *Tx) Setting(key string) (string, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (string, error) { return setting(ctx, q, key) })
}

// PutSigningKey inserts or replaces a signing key.
func (tx *Tx) PutSigningKey(k *core.SigningKey) error {
	return tx.change("signing key", func(ctx context.Context, q *queries.Queries) error {
		return q.PutSigningKey(ctx, queries.PutSigningKeyParams{
			ID: k.ID, Algorithm: k.Algorithm, PublicJwk: k.PublicJWK, Sealed: k.Sealed, CreatedAt: tx.createdAt(k.CreatedAt),
			ActiveAt: millis(k.ActiveAt), RetiredAt: millis(k.RetiredAt), RemovedAt: millis(k.RemovedAt),
		})
	})
}

// PutSetting inserts or replaces a setting.
func (tx *Tx) PutSetting(key, value string) error {
	return tx.change("setting", func(ctx context.Context, q *queries.Queries) error {
		return q.PutSetting(ctx, queries.PutSettingParams{Key: key, Value: value})
	})
}

func signingKeys(ctx context.Context, q *queries.Queries) ([]core.SigningKey, error) {
	rows, err := q.SigningKeys(ctx)
	if err != nil {
		return nil, failure("signing keys", err)
	}
	list := make([]core.SigningKey, 0, len(rows))
	for _, row := range rows {
		list = append(list, core.SigningKey{
			ID: row.ID, Algorithm: row.Algorithm, PublicJWK: row.PublicJwk, Sealed: row.Sealed,
			CreatedAt: instant(row.CreatedAt), ActiveAt: instant(row.ActiveAt), RetiredAt: instant(row.RetiredAt),
			RemovedAt: instant(row.RemovedAt),
		})
	}
	return list, nil
}

func setting(ctx context.Context, q *queries.Queries, key string) (string, error) {
	value, err := q.Setting(ctx, key)
	return value, failure("setting", err)
}
