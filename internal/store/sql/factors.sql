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

-- name: InsertRecoveryCode :exec
INSERT INTO recovery_codes (user_id, digest) VALUES (@user_id, @digest);

-- name: UseRecoveryCode :execrows
DELETE FROM recovery_codes WHERE user_id = @user_id AND digest = @digest;

-- name: DeleteRecoveryCodes :execrows
DELETE FROM recovery_codes WHERE user_id = @user_id;

-- name: Factors :one
SELECT (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = @user_id) AS passkeys,
       (SELECT COUNT(*) FROM authenticator_apps a WHERE a.user_id = @user_id) AS apps,
       (SELECT COUNT(*) FROM recovery_codes r WHERE r.user_id = @user_id) AS recovery_codes;

-- EndChallenges ends what a browser has under way for a purpose: the latest counts.
-- name: EndChallenges :exec
DELETE FROM challenges WHERE binding = @binding AND purpose = @purpose;

-- name: InsertChallenge :exec
INSERT INTO challenges (id, purpose, user_id, binding, sealed, created_at, expires_at)
VALUES (@id, @purpose, @user_id, @binding, @sealed, @created_at, @expires_at);

-- name: ChallengeOf :one
SELECT * FROM challenges WHERE binding = @binding AND purpose = @purpose AND expires_at > @now;

-- TakeChallenge ends a challenge by finishing it: one of several callers gets it.
-- name: TakeChallenge :one
DELETE FROM challenges WHERE binding = @binding AND purpose = @purpose AND expires_at > @now RETURNING *;

-- name: EndChallengesOf :exec
DELETE FROM challenges WHERE user_id = @user_id;

-- name: InsertRememberedDevice :exec
INSERT INTO remembered_devices (digest, user_id, created_at, expires_at)
VALUES (@digest, @user_id, @created_at, @expires_at);

-- name: IsRemembered :one
SELECT COUNT(*) FROM remembered_devices WHERE digest = @digest AND user_id = @user_id AND expires_at > @now;

-- name: ForgetRememberedDevices :execrows
DELETE FROM remembered_devices WHERE user_id = @user_id;
