-- name: InsertPasskey :exec
INSERT INTO passkeys (id, user_id, credential_id, name, record, sign_count, created_at, last_used_at)
VALUES (@id, @user_id, @credential_id, @name, @record, @sign_count, @created_at, 0);

-- name: PasskeysOf :many
SELECT * FROM passkeys WHERE user_id = @user_id ORDER BY id;

-- UsePasskey stores the use of a passkey. A counter that did not grow, where there is
-- one, changes no row: of two that show one signature, one gets in.
-- name: UsePasskey :execrows
UPDATE passkeys SET sign_count = @sign_count, record = @record, last_used_at = @at
WHERE id = @id AND (sign_count < @sign_count OR (sign_count = 0 AND @sign_count = 0));

-- name: DeletePasskey :execrows
DELETE FROM passkeys WHERE id = @id AND user_id = @user_id;

-- name: DeletePasskeysOf :execrows
DELETE FROM passkeys WHERE user_id = @user_id;
