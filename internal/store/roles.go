package store

import (
	"context"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Permission returns the permission with a name.
func (s *Store) Permission(ctx context.Context, name string) (*core.Permission, error) {
	return s.permissions.get(ctx, s, name, func(ctx context.Context) (*core.Permission, error) {
		row, err := s.read.Permission(ctx, name)
		return one(row, err, "permission", permissionOf)
	})
}

// Permissions returns all permissions by name. It is not cached.
func (s *Store) Permissions(ctx context.Context) ([]*core.Permission, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Permission, error) {
		rows, err := s.read.Permissions(ctx)
		return each(rows, err, "permissions", permissionOf)
	})
}

// Conditions returns all conditions by name. It is not cached.
func (s *Store) Conditions(ctx context.Context) ([]*core.Condition, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Condition, error) {
		rows, err := s.read.Conditions(ctx)
		return each(rows, err, "conditions", conditionOf)
	})
}

// Role returns the role with an id.
func (s *Store) Role(ctx context.Context, id string) (*core.Role, error) {
	return s.roles.get(ctx, s, id, func(ctx context.Context) (*core.Role, error) { return role(ctx, s.read, id) })
}

// RoleByCode returns the role that a code means in an organisation: its own, or
// else the platform's.
func (s *Store) RoleByCode(ctx context.Context, organisationID, code string) (*core.Role, error) {
	return s.rolesByCode.get(ctx, s, pair{organisationID, code}, func(ctx context.Context) (*core.Role, error) {
		return roleByCode(ctx, s.read, organisationID, code)
	})
}

// Roles returns all roles by number. It is not cached.
func (s *Store) Roles(ctx context.Context) ([]*core.Role, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Role, error) {
		rows, err := s.read.Roles(ctx)
		return each(rows, err, "roles", roleOf)
	})
}

// Role reads within the transaction.
func (tx *Tx) Role(id string) (*core.Role, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Role, error) { return role(ctx, q, id) })
}

// RoleByCode reads within the transaction.
func (tx *Tx) RoleByCode(organisationID, code string) (*core.Role, error) {
	return find(tx, func(ctx context.Context, q *queries.Queries) (*core.Role, error) {
		return roleByCode(ctx, q, organisationID, code)
	})
}

// PutPermission inserts or replaces a permission.
func (tx *Tx) PutPermission(p *core.Permission) error {
	return tx.change("permission", func(ctx context.Context, q *queries.Queries) error {
		return q.PutPermission(ctx, queries.PutPermissionParams{Name: p.Name, RequiresAny: encode(p.RequiresAny)})
	})
}

// PutCondition inserts or replaces a condition.
func (tx *Tx) PutCondition(c *core.Condition) error {
	return tx.change("condition", func(ctx context.Context, q *queries.Queries) error {
		return q.PutCondition(ctx, queries.PutConditionParams{Name: c.Name, Expression: c.When})
	})
}

// DeleteCondition deletes a condition. A permission that requires it is then met
// by its others alone.
func (tx *Tx) DeleteCondition(name string) error {
	deleted, err := tx.changed("condition", func(ctx context.Context, q *queries.Queries) (int64, error) {
		return q.DeleteCondition(ctx, name)
	})
	if err == nil && deleted == 0 {
		err = fmt.Errorf("condition: %w", core.ErrNotFound)
	}
	return err
}

// PutRole inserts or replaces a role.
func (tx *Tx) PutRole(r *core.Role) error {
	tx.fillID(&r.ID, core.PrefixRole)
	return tx.change("role", func(ctx context.Context, q *queries.Queries) error {
		number, err := q.PutRole(ctx, queries.PutRoleParams{
			ID: r.ID, Number: r.Number, OrganisationID: r.OrganisationID, Code: r.Code, Name: r.Name,
			Grants: encodeMap(r.Grants), Permissions: encode(r.Permissions), Assigns: encode(r.Assigns), Owner: r.Owner,
		})
		if err != nil {
			return err
		}
		fill(tx, &r.Number, number)
		return nil
	})
}

func role(ctx context.Context, q *queries.Queries, id string) (*core.Role, error) {
	row, err := q.Role(ctx, id)
	return one(row, err, "role", roleOf)
}

func roleByCode(ctx context.Context, q *queries.Queries, organisationID, code string) (*core.Role, error) {
	row, err := q.RoleByCode(ctx, queries.RoleByCodeParams{OrganisationID: organisationID, Code: code})
	return one(row, err, "role", roleOf)
}

func roleOf(row queries.Role) (*core.Role, error) {
	r := &core.Role{
		ID: row.ID, Number: row.Number, OrganisationID: row.OrganisationID, Code: row.Code, Name: row.Name, Owner: row.Owner,
	}
	var d decoder
	d.into("grants", row.Grants, &r.Grants)
	r.Permissions, r.Assigns = d.list("permissions", row.Permissions), d.list("assigns", row.Assigns)
	return r, d.err
}

func permissionOf(row queries.Permission) (*core.Permission, error) {
	var d decoder
	return &core.Permission{Name: row.Name, RequiresAny: d.list("requires_any", row.RequiresAny)}, d.err
}

func conditionOf(row queries.Condition) (*core.Condition, error) {
	return &core.Condition{Name: row.Name, When: row.Expression}, nil
}
