-- name: PutConsent :one
INSERT INTO consents (id, client_id, organisation_id, account_id, user_id, scopes, created_at, revoked_at)
VALUES (@id, @client_id, @organisation_id, @account_id, @user_id, @scopes, @created_at, @revoked_at)
ON CONFLICT (id) DO UPDATE SET
  client_id = excluded.client_id, organisation_id = excluded.organisation_id, account_id = excluded.account_id,
  user_id = excluded.user_id, scopes = excluded.scopes, revoked_at = excluded.revoked_at
RETURNING created_at;

-- name: RevokeConsent :execrows
UPDATE consents SET revoked_at = @revoked_at WHERE id = @id AND revoked_at = 0;

-- name: Consent :one
SELECT * FROM consents WHERE id = @id;

-- name: InsertGrant :exec
INSERT INTO grants (id, client_id, api_key_id, user_id, organisation_id, account_id, consent_id, scope, service,
                    channel, created_at, expires_at, ended_at, end_reason)
VALUES (@id, @client_id, @api_key_id, @user_id, @organisation_id, @account_id, @consent_id, @scope, @service,
        @channel, @created_at, @expires_at, @ended_at, @end_reason);

-- EndGrant keeps the first end. The row stays until the later of the two
-- expiries, so that clearing it away cannot bring a token back to life.
-- name: EndGrant :execrows
INSERT INTO grants (id, client_id, api_key_id, user_id, organisation_id, account_id, consent_id, scope, service,
                    channel, created_at, expires_at, ended_at, end_reason)
VALUES (@id, '', '', '', '', '', '', '', '', '', @ended_at, @expires_at, @ended_at, @end_reason)
ON CONFLICT (id) DO UPDATE SET
  ended_at = excluded.ended_at, end_reason = excluded.end_reason,
  expires_at = CASE WHEN grants.expires_at <> 0 AND excluded.expires_at > grants.expires_at
                    THEN excluded.expires_at ELSE grants.expires_at END
WHERE grants.ended_at = 0;

-- name: Grant :one
SELECT * FROM grants WHERE id = @id;

-- name: DeleteExpiredGrants :execrows
DELETE FROM grants WHERE id IN (
  SELECT g.id FROM grants g WHERE g.expires_at <> 0 AND g.expires_at < @before ORDER BY g.expires_at LIMIT @most);
