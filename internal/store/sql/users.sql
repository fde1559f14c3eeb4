-- name: PutUser :one
INSERT INTO users (id, number, kind, organisation_id, username, email, email_key, phone, full_name, given_name,
                   family_name, email_verified, phone_verified, operator, status, profile, updated_at, created_at)
VALUES (@id, COALESCE(NULLIF(CAST(@number AS BIGINT), 0), (SELECT COALESCE(MAX(u.number), 0) + 1 FROM users u)),
        @kind, @organisation_id, @username, @email, @email_key, @phone, @full_name, @given_name,
        @family_name, @email_verified, @phone_verified, @operator, @status, @profile, @updated_at, @created_at)
ON CONFLICT (id) DO UPDATE SET
  number = COALESCE(NULLIF(CAST(@number AS BIGINT), 0), users.number),
  kind = excluded.kind, organisation_id = excluded.organisation_id, username = excluded.username,
  email = excluded.email, email_key = excluded.email_key, phone = excluded.phone,
  full_name = excluded.full_name, given_name = excluded.given_name, family_name = excluded.family_name,
  email_verified = excluded.email_verified, phone_verified = excluded.phone_verified,
  operator = excluded.operator, status = excluded.status, profile = excluded.profile, updated_at = excluded.updated_at
RETURNING number, created_at;

-- name: User :one
SELECT * FROM users WHERE id = @id;

-- name: UserByUsername :one
SELECT * FROM users
WHERE organisation_id = @organisation_id AND username = @username AND username <> '' AND kind = @kind
ORDER BY number LIMIT 1;

-- name: UserByEmail :one
SELECT * FROM users
WHERE organisation_id = @organisation_id AND email_key = @email_key AND email_key <> '' AND kind = @kind
ORDER BY number LIMIT 1;

-- name: UserByPhone :one
SELECT * FROM users
WHERE organisation_id = @organisation_id AND phone = @phone AND phone <> '' AND kind = @kind
ORDER BY number LIMIT 1;

-- name: Operators :many
SELECT * FROM users WHERE operator = @operator AND kind = @kind ORDER BY id LIMIT CAST(@most AS INTEGER);

-- name: ServiceAccountsOf :many
SELECT * FROM users WHERE organisation_id = @organisation_id AND organisation_id <> '' ORDER BY id;

-- name: Factors :one
SELECT (SELECT COUNT(*) FROM passkeys p WHERE p.user_id = @user_id) AS passkeys,
       (SELECT COUNT(*) FROM authenticator_apps a WHERE a.user_id = @user_id) AS apps,
       (SELECT COUNT(*) FROM recovery_codes r WHERE r.user_id = @user_id) AS recovery_codes;
