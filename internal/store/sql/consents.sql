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
