-- name: InsertAnswer :exec
INSERT INTO answers (id, request, sealed, expires_at) VALUES (@id, @request, @sealed, @expires_at);

-- name: Answer :one
SELECT * FROM answers WHERE id = @id AND expires_at > @now;

-- name: DeleteAnswer :exec
DELETE FROM answers WHERE id = @id AND expires_at <= @now;
