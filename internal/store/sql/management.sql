-- name: InsertInvitation :exec
INSERT INTO invitations (id, organisation_id, account_id, role_id, email, digest, invited_by, created_at, expires_at, ended_at, accepted_by)
VALUES (@id, @organisation_id, @account_id, @role_id, @email, @digest, @invited_by, @created_at, @expires_at, 0, '');

-- name: Invitation :one
SELECT * FROM invitations WHERE id = @id;

-- name: InvitationByDigest :one
SELECT * FROM invitations WHERE digest = @digest;

-- name: OpenInvitations :many
SELECT * FROM invitations WHERE organisation_id = @organisation_id AND ended_at = 0 AND expires_at > @now ORDER BY id;

-- EndInvitation ends one that is open: of two callers, one does.
-- name: EndInvitation :execrows
UPDATE invitations SET ended_at = @at, accepted_by = @accepted_by WHERE id = @id AND ended_at = 0 AND expires_at > @at;

-- name: InsertAnswer :exec
INSERT INTO answers (id, request, sealed, expires_at) VALUES (@id, @request, @sealed, @expires_at);

-- name: Answer :one
SELECT * FROM answers WHERE id = @id AND expires_at > @now;

-- name: DeleteAnswer :exec
DELETE FROM answers WHERE id = @id AND expires_at <= @now;

-- name: AddUsage :exec
INSERT INTO usage_counts (day, organisation_id, client_id, dialect, grant_type, outcome, reason, requests)
VALUES (@day, @organisation_id, @client_id, @dialect, @grant_type, @outcome, @reason, @requests)
ON CONFLICT (organisation_id, day, client_id, dialect, grant_type, outcome, reason)
DO UPDATE SET requests = usage_counts.requests + excluded.requests;

-- name: UsageOfOrganisation :many
SELECT * FROM usage_counts WHERE organisation_id = @organisation_id AND day >= @from_day AND day <= @to_day
ORDER BY day, client_id, dialect, grant_type, outcome, reason;

-- Usage sums over organisations.
-- name: Usage :many
SELECT day, client_id, dialect, grant_type, outcome, reason, CAST(SUM(requests) AS BIGINT) AS requests
FROM usage_counts WHERE day >= @from_day AND day <= @to_day
GROUP BY day, client_id, dialect, grant_type, outcome, reason
ORDER BY day, client_id, dialect, grant_type, outcome, reason;

-- name: OrganisationsAfter :many
SELECT * FROM organisations WHERE id > @after ORDER BY id LIMIT @most;

-- name: OrganisationsBefore :many
SELECT * FROM organisations WHERE (CAST(@before AS TEXT) = '' OR id < @before) ORDER BY id DESC LIMIT @most;

-- name: ClientsAfter :many
SELECT * FROM clients WHERE id > @after ORDER BY id LIMIT @most;

-- name: ClientsBefore :many
SELECT * FROM clients WHERE (CAST(@before AS TEXT) = '' OR id < @before) ORDER BY id DESC LIMIT @most;

-- name: ClientsOfOrganisation :many
SELECT * FROM clients WHERE organisation_id = @organisation_id ORDER BY id;

-- name: ServiceAccountsOf :many
SELECT * FROM users WHERE organisation_id = @organisation_id AND organisation_id <> '' ORDER BY id;

-- name: MembershipsOfOrganisation :many
SELECT * FROM memberships WHERE organisation_id = @organisation_id ORDER BY id;

-- RoleUses counts what still has a role.
-- name: RoleUses :one
SELECT CAST((SELECT COUNT(*) FROM memberships m WHERE m.role_id = @id)
          + (SELECT COUNT(*) FROM api_keys k WHERE k.role_id = @id)
          + (SELECT COUNT(*) FROM invitations i WHERE i.role_id = @id AND i.ended_at = 0 AND i.expires_at > @now) AS BIGINT) AS uses;

-- name: DeleteRole :execrows
DELETE FROM roles WHERE id = @id;
