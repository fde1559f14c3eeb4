-- name: InsertFlow :exec
INSERT INTO flows (selector, hash, pushed, client_id, pushed_as, session_id, request, chosen, created_at, expires_at, done_at)
VALUES (@selector, @hash, @pushed, @client_id, @pushed_as, @session_id, @request, @chosen, @created_at, @expires_at, 0);

-- name: UpdateFlow :execrows
UPDATE flows SET session_id = @session_id, chosen = @chosen WHERE selector = @selector AND done_at = 0;

-- FinishFlow marks what is answered; one caller changes the row.
-- name: FinishFlow :execrows
UPDATE flows SET done_at = @at WHERE selector = @selector AND done_at = 0;

-- name: Flow :one
SELECT * FROM flows WHERE selector = @selector;
