-- name: InsertCode :exec
INSERT INTO codes (selector, hash, grant_id, client_id, user_id, organisation_id, account_id, consent_id, redirect_uri,
                   challenge, scope, authentication, created_at, expires_at, consumed_at)
VALUES (@selector, @hash, @grant_id, @client_id, @user_id, @organisation_id, @account_id, @consent_id, @redirect_uri,
        @challenge, @scope, @authentication, @created_at, @expires_at, 0);

-- ConsumeCode is the whole transition: of any number of callers, on any number of
-- nodes, one changes the row.
-- name: ConsumeCode :execrows
UPDATE codes SET consumed_at = @consumed_at WHERE selector = @selector AND consumed_at = 0 AND expires_at > @consumed_at;

-- name: Code :one
SELECT * FROM codes WHERE selector = @selector;
