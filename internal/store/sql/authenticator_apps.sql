-- name: InsertAuthenticatorApp :exec
INSERT INTO authenticator_apps (user_id, sealed, last_step, tries, created_at, last_used_at)
VALUES (@user_id, @sealed, @last_step, 0, @created_at, @created_at);

-- name: AuthenticatorApp :one
SELECT * FROM authenticator_apps WHERE user_id = @user_id;

-- TryAuthenticatorApp counts a try before its code is compared, so that tries in
-- parallel are counted exactly.
-- name: TryAuthenticatorApp :one
UPDATE authenticator_apps SET tries = tries + 1 WHERE user_id = @user_id AND tries < @most RETURNING *;

-- UseAuthenticatorApp takes a code, once.
-- name: UseAuthenticatorApp :execrows
UPDATE authenticator_apps SET last_step = @step, tries = 0, last_used_at = @at WHERE user_id = @user_id AND last_step < @step;

-- name: ForgiveAuthenticatorApp :exec
UPDATE authenticator_apps SET tries = 0 WHERE user_id = @user_id AND tries > 0;

-- name: DeleteAuthenticatorApp :execrows
DELETE FROM authenticator_apps WHERE user_id = @user_id;
