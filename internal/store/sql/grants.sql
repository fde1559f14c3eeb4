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
