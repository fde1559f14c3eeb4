-- name: PutConsent :one
INSERT INTO consents (id, client_id, organisation_id, account_id, user_id, scopes, created_at, last_used_at, revoked_at)
VALUES (@id, @client_id, @organisation_id, @account_id, @user_id, @scopes, @created_at, @last_used_at, @revoked_at)
ON CONFLICT (id) DO UPDATE SET
  client_id = excluded.client_id, organisation_id = excluded.organisation_id, account_id = excluded.account_id,
  user_id = excluded.user_id, scopes = excluded.scopes, revoked_at = excluded.revoked_at,
  last_used_at = CASE WHEN excluded.last_used_at > consents.last_used_at
                      THEN excluded.last_used_at ELSE consents.last_used_at END
RETURNING created_at;

-- name: RevokeConsent :execrows
UPDATE consents SET revoked_at = @revoked_at WHERE id = @id AND revoked_at = 0;

-- name: TouchConsent :exec
UPDATE consents SET last_used_at = @at WHERE id = @id AND last_used_at < @at;

-- name: Consent :one
SELECT * FROM consents WHERE id = @id;

-- ConnectionOf is the consent in force of a partner and an account of a company.
-- name: ConnectionOf :one
SELECT * FROM consents
WHERE client_id = @client_id AND organisation_id = @organisation_id AND account_id = @account_id
  AND organisation_id <> '' AND revoked_at = 0
ORDER BY id LIMIT 1;

-- PersonalConsent is the consent in force of a person for a client.
-- name: PersonalConsent :one
SELECT * FROM consents
WHERE client_id = @client_id AND user_id = @user_id AND organisation_id = '' AND revoked_at = 0
ORDER BY id LIMIT 1;

-- name: ConnectionsOfOrganisation :many
SELECT * FROM consents WHERE organisation_id = @organisation_id AND organisation_id <> '' AND revoked_at = 0 ORDER BY id;

-- name: PersonalConsents :many
SELECT * FROM consents WHERE user_id = @user_id AND organisation_id = '' AND revoked_at = 0 ORDER BY id;

-- name: InsertGrant :exec
INSERT INTO grants (id, client_id, api_key_id, user_id, organisation_id, account_id, consent_id, scope, service,
                    channel, session_id, authentication, created_at, expires_at, ended_at, end_reason)
VALUES (@id, @client_id, @api_key_id, @user_id, @organisation_id, @account_id, @consent_id, @scope, @service,
        @channel, @session_id, @authentication, @created_at, @expires_at, @ended_at, @end_reason);

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

-- name: EndGrantsOfConsent :execrows
UPDATE grants SET ended_at = @at, end_reason = @end_reason WHERE consent_id = @consent_id AND consent_id <> '' AND ended_at = 0;

-- GrantsOfSession are the live grants that began in a browser session.
-- name: GrantsOfSession :many
SELECT * FROM grants WHERE session_id = @session_id AND session_id <> '' AND ended_at = 0 ORDER BY id;

-- name: Grant :one
SELECT * FROM grants WHERE id = @id;

-- name: DeleteExpiredGrants :execrows
DELETE FROM grants WHERE id IN (
  SELECT g.id FROM grants g WHERE g.expires_at <> 0 AND g.expires_at < @before ORDER BY g.expires_at LIMIT @most);
