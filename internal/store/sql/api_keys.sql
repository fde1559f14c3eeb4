-- PutAPIKey never turns last_used_at back: the caller may hold an older copy.
-- name: PutAPIKey :one
INSERT INTO api_keys (id, organisation_id, account_id, name, dialect, role_id, scopes, enabled, expires_at,
                      allowed_addresses, address_mode, last_used_at, last_used_ip, created_by, created_at)
VALUES (@id, @organisation_id, @account_id, @name, @dialect, @role_id, @scopes, @enabled, @expires_at,
        @allowed_addresses, @address_mode, @last_used_at, @last_used_ip, @created_by, @created_at)
ON CONFLICT (id) DO UPDATE SET
  organisation_id = excluded.organisation_id, account_id = excluded.account_id, name = excluded.name,
  dialect = excluded.dialect, role_id = excluded.role_id, scopes = excluded.scopes, enabled = excluded.enabled,
  expires_at = excluded.expires_at, created_by = excluded.created_by,
  allowed_addresses = excluded.allowed_addresses, address_mode = excluded.address_mode,
  last_used_at = CASE WHEN excluded.last_used_at > api_keys.last_used_at
                      THEN excluded.last_used_at ELSE api_keys.last_used_at END,
  last_used_ip = CASE WHEN excluded.last_used_at > api_keys.last_used_at
                      THEN excluded.last_used_ip ELSE api_keys.last_used_ip END
RETURNING created_at;

-- name: APIKey :one
SELECT * FROM api_keys WHERE id = @id;

-- APIKeyByDigest is the key that a secret proves, with that secret.
-- name: APIKeyByDigest :one
SELECT sqlc.embed(api_keys), sqlc.embed(secrets)
FROM secrets JOIN api_keys ON api_keys.id = secrets.owner_id WHERE secrets.digest = @digest AND secrets.digest <> '';

-- name: APIKeysOf :many
SELECT * FROM api_keys WHERE account_id = @account_id ORDER BY id;

-- name: APIKeysOfOrganisation :many
SELECT * FROM api_keys WHERE organisation_id = @organisation_id ORDER BY id;

-- name: TouchAPIKey :exec
UPDATE api_keys SET last_used_at = @at, last_used_ip = CASE WHEN CAST(@ip AS TEXT) = '' THEN last_used_ip ELSE @ip END
WHERE id = @id AND last_used_at < @at;
