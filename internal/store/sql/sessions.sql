-- name: InsertSession :exec
INSERT INTO sessions (id, hash, user_id, acr, amr, authenticated_at, created_at, seen_at, expires_at, ended_at,
                      end_reason, ip, user_agent)
VALUES (@id, @hash, @user_id, @acr, @amr, @authenticated_at, @created_at, @seen_at, @expires_at, 0, '', @ip, @user_agent);

-- RenewSession gives a live session a new secret after another proof. The old
-- secret must be the present one: of two callers, one gets the row.
-- name: RenewSession :execrows
UPDATE sessions SET hash = @hash, acr = @acr, amr = @amr, authenticated_at = @authenticated_at, seen_at = @authenticated_at,
                    expires_at = @expires_at
WHERE id = @id AND hash = @old_hash AND ended_at = 0 AND expires_at > @authenticated_at;

-- name: TouchSession :exec
UPDATE sessions SET seen_at = @at WHERE id = @id AND seen_at < @at;

-- name: EndSession :execrows
UPDATE sessions SET ended_at = @at, end_reason = @end_reason WHERE id = @id AND ended_at = 0;

-- name: Session :one
SELECT * FROM sessions WHERE id = @id;

-- name: SessionsOf :many
SELECT * FROM sessions WHERE user_id = @user_id AND ended_at = 0 AND expires_at > @now ORDER BY id DESC;

-- name: AddSessionClient :exec
INSERT INTO session_clients (session_id, client_id) VALUES (@session_id, @client_id) ON CONFLICT (session_id, client_id) DO NOTHING;

-- name: SessionClients :many
SELECT client_id FROM session_clients WHERE session_id = @session_id ORDER BY client_id;
