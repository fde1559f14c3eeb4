-- name: AddSecret :exec
INSERT INTO secrets (id, owner_id, hash, digest, starts_at, ends_at, created_at)
VALUES (@id, @owner_id, @hash, @digest, @starts_at, @ends_at, @created_at);

-- name: Secrets :many
SELECT * FROM secrets WHERE owner_id = @owner_id ORDER BY created_at, id;

-- EndSecret only ever brings the end nearer.
-- name: EndSecret :execrows
UPDATE secrets SET ends_at = @ends_at WHERE id = @id AND (ends_at = 0 OR ends_at > @ends_at);

-- name: DeleteSecretsOf :execrows
DELETE FROM secrets WHERE owner_id = @owner_id;
