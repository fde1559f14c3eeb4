-- name: PutOrganisation :one
INSERT INTO organisations (id, number, code, name, status, email, phone, verified, services, created_at)
VALUES (@id, COALESCE(NULLIF(CAST(@number AS BIGINT), 0), (SELECT COALESCE(MAX(o.number), 0) + 1 FROM organisations o)),
        @code, @name, @status, @email, @phone, @verified, @services, @created_at)
ON CONFLICT (id) DO UPDATE SET
  number = COALESCE(NULLIF(CAST(@number AS BIGINT), 0), organisations.number),
  code = excluded.code, name = excluded.name, status = excluded.status, email = excluded.email,
  phone = excluded.phone, verified = excluded.verified, services = excluded.services
RETURNING number, created_at;

-- name: Organisation :one
SELECT * FROM organisations WHERE id = @id;

-- name: OrganisationByCode :one
SELECT * FROM organisations WHERE code = @code;

-- name: Organisations :many
SELECT * FROM organisations ORDER BY number;

-- name: OrganisationsAfter :many
SELECT * FROM organisations
WHERE id > @after AND (LOWER(name) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(code) LIKE CAST(@words AS TEXT) ESCAPE '!')
ORDER BY id LIMIT @most;

-- name: OrganisationsBefore :many
SELECT * FROM organisations
WHERE (CAST(@before AS TEXT) = '' OR id < @before) AND (LOWER(name) LIKE CAST(@words AS TEXT) ESCAPE '!' OR LOWER(code) LIKE CAST(@words AS TEXT) ESCAPE '!')
ORDER BY id DESC LIMIT @most;
