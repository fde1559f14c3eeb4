package admin

import (
	"context"
	"errors"
	"maps"
	"slices"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewRole is what a role is made from. Without an organisation it is the platform's.
type NewRole struct {
	OrganisationID string
	Code           string
	Name           string
	Own            []string // permissions on the accounts of a membership
	Global         []string // permissions on everybody's
	Assigns        []string // codes of roles that a holder may give
	Owner          bool
}

// RoleChange says what is to be different; nil stays.
type RoleChange struct {
	Name    *string
	Own     *[]string
	Global  *[]string
	Assigns *[]string
}

// ListRoles returns the roles that an organisation sees: the platform's, and its own.
// Without an organisation, those of the platform.
func (s *Service) ListRoles(ctx context.Context, actor Actor, organisationID string) ([]*core.Role, error) {
	if organisationID == "" {
		if err := s.platformOnly(ctx, actor); err != nil {
			return nil, err
		}
	} else if _, _, err := s.organisation(ctx, actor, organisationID); err != nil {
		return nil, refusal(err)
	}
	all, err := s.Store.Roles(ctx)
	return slices.DeleteFunc(slices.Clone(all), func(r *core.Role) bool {
		return r.OrganisationID != "" && r.OrganisationID != organisationID
	}), err
}

// GetRole returns a role that the actor sees.
func (s *Service) GetRole(ctx context.Context, actor Actor, id string) (*core.Role, error) {
	role, err := s.Store.Role(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	if role.OrganisationID == "" {
		return role, nil
	}
	if _, _, err := s.organisation(ctx, actor, role.OrganisationID); err != nil {
		return nil, hide(err, "id")
	}
	return role, nil
}

// ListPermissions returns the catalogue: what roles can grant.
func (s *Service) ListPermissions(ctx context.Context) ([]*core.Permission, error) {
	return s.Store.Permissions(ctx)
}

// mayManageRoles returns the actor's rights over the roles of an organisation, or of
// the platform.
func (s *Service) mayManageRoles(ctx context.Context, actor Actor, organisationID string) (rights, error) {
	if organisationID == "" {
		return rights{all: true, held: true}, s.platformOnly(ctx, actor)
	}
	_, whole, err := s.organisation(ctx, actor, organisationID, permissionRoles)
	return whole, err
}

// CreateRole makes a role. It grants nothing that its maker does not hold (F03).
func (s *Service) CreateRole(ctx context.Context, actor Actor, n NewRole) (*core.Role, error) {
	role := &core.Role{}
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		held, err := s.mayManageRoles(ctx, actor, n.OrganisationID)
		if err != nil {
			return nil, err
		}
		*role = core.Role{
			ID: s.newID(core.PrefixRole), OrganisationID: n.OrganisationID, Code: n.Code, Name: n.Name, Assigns: n.Assigns, Owner: n.Owner,
		}
		if role.Grants, role.Permissions, err = s.grantsOf(ctx, n.Own, n.Global); err != nil {
			return nil, err
		}
		if err := s.checkRole(ctx, role, held); err != nil {
			return nil, err
		}
		if err := s.roleCodeFree(ctx, role); err != nil {
			return nil, err
		}
		event := actor.event(core.RoleCreated, role.OrganisationID, "role/"+role.ID, "code "+role.Code+describeRole(role))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutRole(role); err != nil {
				return err
			}
			return actor.keep(tx, role)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return role, nil
}

func describeRole(role *core.Role) string {
	text := ", grants " + showGrants(role.Permissions, role.Grants) + ", assigns " + showList(role.Assigns)
	if role.Owner {
		text += ", owner"
	}
	return text
}

// grantsOf returns grants and their order; each permission must be in the catalogue.
func (s *Service) grantsOf(ctx context.Context, own, global []string) (map[string]core.PermissionScope, []string, error) {
	grants, names := map[string]core.PermissionScope{}, []string{}
	for _, list := range []struct {
		param string
		names []string
		scope core.PermissionScope
	}{{"own", own, core.OwnAccount}, {"global", global, core.EveryAccount}} {
		for _, name := range list.names {
			if _, twice := grants[name]; twice {
				return nil, nil, invalid(list.param, "A permission is granted twice.")
			}
			_, err := s.Store.Permission(ctx, name)
			if errors.Is(err, core.ErrNotFound) {
				return nil, nil, invalid(list.param, "There is no such permission.")
			}
			if err != nil {
				return nil, nil, err
			}
			grants[name] = list.scope
			names = append(names, name)
		}
	}
	return grants, names, nil
}

// checkRole refuses a role that is not right, and one with more than its maker holds.
// That a holder may assign a role of this code, or has this very role, does not count:
// it says what they may give as it is, not what they may make of it.
func (s *Service) checkRole(ctx context.Context, role *core.Role, held rights) error {
	switch {
	case role.Name == "":
		return missing("name")
	case role.Code == "":
		return missing("code")
	}
	if err := checkFields(field{"name", role.Name, nameProblem}, field{"code", role.Code, codeProblem}); err != nil {
		return err
	}
	for _, code := range role.Assigns {
		if _, err := s.role(ctx, role.OrganisationID, code); err != nil && code != role.Code {
			return invalid("assigns", "There is no such role.").Because(err)
		}
	}
	content := *role
	content.ID, content.Code = "", ""
	if !held.mayGive(&content) {
		return denied("", "A role cannot grant more than you hold yourself.")
	}
	return nil
}

// roleCodeFree keeps the codes of the platform's roles to those: a role of an
// organisation with such a code would be given in their place.
func (s *Service) roleCodeFree(ctx context.Context, role *core.Role) error {
	all, err := s.Store.Roles(ctx)
	for _, other := range all {
		clash := other.OrganisationID == role.OrganisationID || other.OrganisationID == "" || role.OrganisationID == ""
		if other.Code == role.Code && clash && other.ID != role.ID {
			return oauth.NewError(oauth.ReasonNameTaken).At("code")
		}
	}
	return err
}

// changeableRole returns a role that the actor may change, with the rights over it: one
// of an organisation, if it grants nothing that the actor does not hold.
func (s *Service) changeableRole(ctx context.Context, actor Actor, id, version string) (*core.Role, rights, error) {
	role, err := s.GetRole(ctx, actor, id)
	if err != nil {
		return nil, rights{}, err
	}
	held, err := s.mayManageRoles(ctx, actor, role.OrganisationID)
	if err != nil {
		return nil, rights{}, err
	}
	if !held.mayGive(role) {
		return nil, rights{}, denied("id", "You cannot change a role with more rights than your own.")
	}
	return role, held, checkVersion(version, role)
}

// UpdateRole changes a role that is as the caller saw it, for everybody who has it.
func (s *Service) UpdateRole(ctx context.Context, actor Actor, id, version string, c RoleChange) (*core.Role, error) {
	var changed core.Role
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		stored, held, err := s.changeableRole(ctx, actor, id, version)
		if err != nil {
			return nil, err
		}
		changed = *stored
		var did differences
		set(&did, "name", &changed.Name, c.Name)
		setList(&did, "assigns", &changed.Assigns, c.Assigns)
		if c.Own != nil || c.Global != nil {
			own, global := grantedOn(stored, core.OwnAccount), grantedOn(stored, core.EveryAccount)
			if c.Own != nil {
				own = *c.Own
			}
			if c.Global != nil {
				global = *c.Global
			}
			if changed.Grants, changed.Permissions, err = s.grantsOf(ctx, own, global); err != nil {
				return nil, err
			}
			if !maps.Equal(changed.Grants, stored.Grants) {
				did = append(did, "grants "+showGrants(stored.Permissions, stored.Grants)+" -> "+showGrants(changed.Permissions, changed.Grants))
			}
		}
		if err := s.checkRole(ctx, &changed, held); err != nil || len(did) == 0 {
			return nil, err
		}
		event := actor.event(core.RoleUpdated, changed.OrganisationID, "role/"+id, "code "+changed.Code+": "+did.detail())
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutRole(&changed)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &changed, nil
}

// grantedOn returns the permissions that a role grants on a scope, in their order.
func grantedOn(role *core.Role, scope core.PermissionScope) []string {
	return slices.DeleteFunc(slices.Clone(role.Permissions), func(name string) bool { return role.Grants[name] != scope })
}

// DeleteRole deletes a role that is as the caller saw it, unless something still has
// it: ReasonInUse.
func (s *Service) DeleteRole(ctx context.Context, actor Actor, id, version string) error {
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		role, _, err := s.changeableRole(ctx, actor, id, version)
		if err != nil {
			return nil, err
		}
		now := s.now()
		event := actor.event(core.RoleDeleted, role.OrganisationID, "role/"+id, "code "+role.Code+describeRole(role))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			err := tx.DeleteRole(id, now)
			if errors.Is(err, core.ErrConflict) {
				err = oauth.NewError(oauth.ReasonInUse).Because(err)
			}
			return err
		}, nil
	})
	return err
}
