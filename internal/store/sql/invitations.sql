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
