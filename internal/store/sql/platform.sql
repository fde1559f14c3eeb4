-- name: PutSigningKey :exec
INSERT INTO signing_keys (id, algorithm, public_jwk, sealed, created_at, active_at, retired_at, removed_at)
VALUES (@id, @algorithm, @public_jwk, @sealed, @created_at, @active_at, @retired_at, @removed_at)
ON CONFLICT (id) DO UPDATE SET
  algorithm = excluded.algorithm, public_jwk = excluded.public_jwk, sealed = excluded.sealed,
  active_at = excluded.active_at, retired_at = excluded.retired_at, removed_at = excluded.removed_at;

-- name: SigningKeys :many
SELECT * FROM signing_keys ORDER BY created_at, id;

-- name: PutSetting :exec
INSERT INTO settings (key, value) VALUES (@key, @value) ON CONFLICT (key) DO UPDATE SET value = excluded.value;

-- name: Setting :one
SELECT value FROM settings WHERE key = @key;

-- name: CacheVersion :one
SELECT value FROM cache_version WHERE id = 1;

-- name: BumpCacheVersion :exec
UPDATE cache_version SET value = value + 1 WHERE id = 1;
