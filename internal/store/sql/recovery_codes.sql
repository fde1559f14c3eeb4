-- name: InsertRecoveryCode :exec
INSERT INTO recovery_codes (user_id, digest) VALUES (@user_id, @digest);

-- name: UseRecoveryCode :execrows
DELETE FROM recovery_codes WHERE user_id = @user_id AND digest = @digest;

-- name: DeleteRecoveryCodes :execrows
DELETE FROM recovery_codes WHERE user_id = @user_id;
