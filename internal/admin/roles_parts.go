package admin

import (
	"context"
	"slices"

	"claviger/internal/core"
)

// RoleParts returns what a role that the actor makes in an organisation can be made of:
// permissions that they hold in the whole of it, and roles that they may let its
// holders give. More than one of their roles together is refused all the same.
func (s *Service) RoleParts(ctx context.Context, actor Actor, organisationID string) ([]*core.Permission, []*core.Role, error) {
	_, whole, err := s.organisation(ctx, actor, organisationID, permissionRoles)
	if err != nil {
		return nil, nil, refusal(err)
	}
	catalogue, err := s.Store.Permissions(ctx)
	if err != nil {
		return nil, nil, err
	}
	roles, err := s.ListRoles(ctx, actor, organisationID)
	if err != nil || whole.all {
		return slices.Clone(catalogue), roles, err
	}
	var permissions []*core.Permission
	for _, permission := range catalogue {
		if slices.ContainsFunc(whole.roles, func(own *core.Role) bool { return own.Grants[permission.Name] != "" }) {
			permissions = append(permissions, permission)
		}
	}
	roles = slices.DeleteFunc(roles, func(role *core.Role) bool {
		return !slices.ContainsFunc(whole.roles, func(own *core.Role) bool { return slices.Contains(own.Assigns, role.Code) })
	})
	return permissions, roles, nil
}
