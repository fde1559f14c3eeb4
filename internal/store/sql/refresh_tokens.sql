-- ConsumeRefreshToken is the whole transition: of any number of callers, on any
-- number of nodes, one changes the row.
-- name: ConsumeRefreshToken :execrows
UPDATE refresh_tokens SET consumed_at = @consumed_at, successor = @successor
WHERE selector = @selector AND consumed_at = 0 AND expires_at > @consumed_at
  AND EXISTS (SELECT 1 FROM grants g WHERE g.id = refresh_tokens.grant_id AND g.ended_at = 0
                AND (g.expires_at = 0 OR g.expires_at > @consumed_at));

-- name: RefreshToken :one
SELECT * FROM refresh_tokens WHERE selector = @selector;

-- Family is a refresh token with its grant.
-- name: Family :one
SELECT sqlc.embed(refresh_tokens), sqlc.embed(grants)
FROM refresh_tokens JOIN grants ON grants.id = refresh_tokens.grant_id WHERE refresh_tokens.selector = @selector;
