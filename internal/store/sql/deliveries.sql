-- name: InsertDelivery :exec
INSERT INTO deliveries (id, kind, sealed, attempts, next_at, created_at, expires_at, last_error)
VALUES (@id, @kind, @sealed, 0, @next_at, @created_at, @expires_at, '');

-- DueMessages and DueLogouts list what is due; ClaimDelivery then takes one.
-- They are apart so that no number of logouts stands before a message.
-- name: DueMessages :many
SELECT * FROM deliveries WHERE next_at <= @now AND kind <> 'logout' ORDER BY next_at, id LIMIT @most;

-- name: DueLogouts :many
SELECT * FROM deliveries WHERE next_at <= @now AND kind = 'logout' ORDER BY next_at, id LIMIT @most;

-- ClaimDelivery takes a delivery for as long as until, after which another node
-- may: of several that saw the same next_at, one changes the row.
-- name: ClaimDelivery :execrows
UPDATE deliveries SET attempts = attempts + 1, next_at = @until WHERE id = @id AND next_at = @seen;

-- name: PostponeDelivery :exec
UPDATE deliveries SET next_at = @next_at, last_error = @last_error WHERE id = @id;

-- name: DeleteDelivery :exec
DELETE FROM deliveries WHERE id = @id;
