-- name: InsertRememberedDevice :exec
INSERT INTO remembered_devices (digest, user_id, created_at, expires_at)
VALUES (@digest, @user_id, @created_at, @expires_at);

-- name: IsRemembered :one
SELECT COUNT(*) FROM remembered_devices WHERE digest = @digest AND user_id = @user_id AND expires_at > @now;

-- name: ForgetRememberedDevices :execrows
DELETE FROM remembered_devices WHERE user_id = @user_id;
