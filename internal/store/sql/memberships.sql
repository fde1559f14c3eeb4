-- name: PutMembership :one
INSERT INTO memberships (id, user_id, organisation_id, account_id, role_id, created_at)
VALUES (@id, @user_id, @organisation_id, @account_id, @role_id, @created_at)
ON CONFLICT (id) DO UPDATE SET
  user_id = excluded.user_id, organisation_id = excluded.organisation_id,
  account_id = excluded.account_id, role_id = excluded.role_id
RETURNING created_at;

-- name: Membership :one
SELECT * FROM memberships WHERE id = @id;

-- name: MembershipsOf :many
SELECT * FROM memberships WHERE user_id = @user_id ORDER BY id;

-- name: MembersOf :many
SELECT * FROM memberships
WHERE organisation_id = @organisation_id AND (account_id = '' OR account_id = @account_id) ORDER BY id;

-- name: DeleteMembership :execrows
DELETE FROM memberships WHERE id = @id;

-- RemoveMember deletes a membership, unless an account that it covers as owner, or an
-- organisation without accounts, would be left without one who can sign in.
-- name: RemoveMember :execrows
DELETE FROM memberships WHERE memberships.id = @id AND (
  NOT EXISTS (SELECT 1 FROM roles mine WHERE mine.id = memberships.role_id AND mine.owner)
  OR EXISTS (
    SELECT 1 FROM memberships other JOIN roles r ON r.id = other.role_id JOIN users u ON u.id = other.user_id
    WHERE r.owner AND u.status = 'ACTIVE' AND other.id <> memberships.id
      AND other.organisation_id = memberships.organisation_id AND other.account_id = '')
  OR (
    (memberships.account_id <> '' OR EXISTS (SELECT 1 FROM accounts a WHERE a.organisation_id = memberships.organisation_id))
    AND NOT EXISTS (
      SELECT 1 FROM accounts a
      WHERE a.organisation_id = memberships.organisation_id
        AND (memberships.account_id = '' OR a.id = memberships.account_id)
        AND NOT EXISTS (
          SELECT 1 FROM memberships other JOIN roles r ON r.id = other.role_id JOIN users u ON u.id = other.user_id
          WHERE r.owner AND u.status = 'ACTIVE' AND other.id <> memberships.id
            AND other.organisation_id = a.organisation_id AND other.account_id = a.id))));

-- name: MembershipsOfOrganisation :many
SELECT * FROM memberships WHERE organisation_id = @organisation_id ORDER BY id;
