-- name: PutPermission :exec
INSERT INTO permissions (name, requires_any) VALUES (@name, @requires_any)
ON CONFLICT (name) DO UPDATE SET requires_any = excluded.requires_any;

-- name: Permission :one
SELECT * FROM permissions WHERE name = @name;

-- name: Permissions :many
SELECT * FROM permissions ORDER BY name;

-- name: PutRole :one
INSERT INTO roles (id, number, organisation_id, code, name, grants, permissions, assigns, owner)
VALUES (@id, COALESCE(NULLIF(CAST(@number AS BIGINT), 0), (SELECT COALESCE(MAX(r.number), 0) + 1 FROM roles r)),
        @organisation_id, @code, @name, @grants, @permissions, @assigns, @owner)
ON CONFLICT (id) DO UPDATE SET
  number = COALESCE(NULLIF(CAST(@number AS BIGINT), 0), roles.number),
  organisation_id = excluded.organisation_id, code = excluded.code, name = excluded.name,
  grants = excluded.grants, permissions = excluded.permissions, assigns = excluded.assigns, owner = excluded.owner
RETURNING number;

-- name: Role :one
SELECT * FROM roles WHERE id = @id;

-- name: RoleByCode :one
SELECT * FROM roles WHERE (organisation_id = @organisation_id OR organisation_id = '') AND code = @code
ORDER BY CASE WHEN organisation_id = '' THEN 1 ELSE 0 END LIMIT 1;

-- name: Roles :many
SELECT * FROM roles ORDER BY number;

-- name: PutCondition :exec
INSERT INTO conditions (name, expression) VALUES (@name, @expression)
ON CONFLICT (name) DO UPDATE SET expression = excluded.expression;

-- name: DeleteCondition :execrows
DELETE FROM conditions WHERE name = @name;

-- name: Conditions :many
SELECT * FROM conditions ORDER BY name;

-- RoleUses counts what still has a role.
-- name: RoleUses :one
SELECT CAST((SELECT COUNT(*) FROM memberships m WHERE m.role_id = @id)
          + (SELECT COUNT(*) FROM api_keys k WHERE k.role_id = @id)
          + (SELECT COUNT(*) FROM invitations i WHERE i.role_id = @id AND i.ended_at = 0 AND i.expires_at > @now) AS BIGINT) AS uses;

-- name: DeleteRole :execrows
DELETE FROM roles WHERE id = @id;
