package admin

import (
	"context"
	"errors"
	"slices"

	"claviger/internal/core"
	"claviger/oauth"
)

// rights are what the actor may hand on in one account.
type rights struct {
	all   bool // the command line, or an operator of the platform
	held  bool // the account is one of the actor's
	roles []*core.Role
}

// rightsOn reads the actor's rights anew from the store: what the actor had when
// its credential was checked does not count (D06). Grants on everyone's accounts
// do not either: they let one use an account, not hand out access to it.
func (s *Service) rightsOn(ctx context.Context, actor Actor, account *core.Account) (rights, error) {
	a := actor.Authorization
	switch {
	case a == nil:
		if actor.Name == "" {
			return rights{}, errors.New("admin: an actor without authorization must have a name")
		}
		return rights{all: true, held: true}, nil
	case a.User != nil:
		return s.rightsOfUser(ctx, a, account)
	case a.Key != nil:
		return s.rightsOfKey(ctx, a.Key.ID, account)
	}
	return rights{}, nil
}

func (s *Service) rightsOfUser(ctx context.Context, a *core.Authorization, account *core.Account) (rights, error) {
	user, err := s.Store.User(ctx, a.User.ID)
	if err != nil || user.Status != core.Active {
		return rights{}, err
	}
	if c := a.Consent; c != nil { // a partner acts where it was approved, and there alone (SD-8)
		if c.OrganisationID != account.OrganisationID || (c.AccountID != "" && c.AccountID != account.ID) {
			return rights{}, nil
		}
	} else if user.Operator {
		return rights{all: true, held: true}, nil
	}
	if runs, err := s.runs(ctx, account.OrganisationID); err != nil || !runs {
		return rights{}, err
	}
	memberships, err := s.Store.MembershipsOf(ctx, user.ID)
	if err != nil {
		return rights{}, err
	}
	var r rights
	for _, m := range memberships {
		if !m.Covers(account) {
			continue
		}
		role, err := s.Store.Role(ctx, m.RoleID)
		if err != nil {
			return rights{}, err
		}
		r.held, r.roles = true, append(r.roles, role)
	}
	return r, nil
}

// runs reports whether the platform lets an organisation work. In one that it has
// stopped nobody of its own has rights (ALL-6), or they could let themselves in again.
func (s *Service) runs(ctx context.Context, organisationID string) (bool, error) {
	if organisationID == "" {
		return true, nil
	}
	organisation, err := s.Store.Organisation(ctx, organisationID)
	return err == nil && organisation.Status == core.Active, err
}

func (s *Service) rightsOfKey(ctx context.Context, id string, account *core.Account) (rights, error) {
	key, err := s.Store.APIKey(ctx, id)
	if err != nil || !key.ActiveAt(s.now()) {
		return rights{}, err
	}
	if key.OrganisationID != account.OrganisationID || key.AccountID != account.ID {
		return rights{}, nil
	}
	if runs, err := s.runs(ctx, key.OrganisationID); err != nil || !runs {
		return rights{}, err
	}
	if key.RoleID == "" {
		return rights{held: true}, nil
	}
	role, err := s.Store.Role(ctx, key.RoleID)
	return rights{held: true, roles: []*core.Role{role}}, err
}

// Permissions to manage an organisation: each begins with what it is about. A role
// that may change something may see it, and an owner may all of it.
const (
	permissionOrganisation    = "organisation:update"
	permissionAccounts        = "accounts:update"
	permissionMembers         = "members:update"
	permissionReadMembers     = "members:read"
	permissionRoles           = "roles:update"
	permissionClients         = "clients:update"
	permissionReadClients     = "clients:read"
	permissionServiceAccounts = "service-accounts:update"
	permissionReadServices    = "service-accounts:read"
	permissionCreateAPIKeys   = "api-keys:create"
	permissionUpdateAPIKeys   = "api-keys:update"
	permissionReadAPIKeys     = "api-keys:read"
	permissionReadAudit       = "audit:read"
	permissionReadUsage       = "usage:read"
)

// Permissions returns the names of the permissions that guard the operations.
func Permissions() []string {
	return []string{
		permissionOrganisation, permissionAccounts, permissionMembers, permissionReadMembers, permissionRoles,
		permissionClients, permissionReadClients, permissionServiceAccounts, permissionReadServices,
		permissionCreateAPIKeys, permissionUpdateAPIKeys, permissionReadAPIKeys, permissionReadAudit, permissionReadUsage,
		core.PermissionConnect,
	}
}

// manages reports whether the holder of r has one of the permissions (F03).
func (r rights) manages(permissions ...string) bool {
	return r.all || slices.ContainsFunc(r.roles, func(own *core.Role) bool {
		return own.Owner || slices.ContainsFunc(permissions, func(permission string) bool {
			_, granted := own.Grants[permission]
			return granted
		})
	})
}

// mayGive reports whether the holder of r may give role to somebody, or take it
// away (D06, F03). A key without a role has no permissions to give.
func (r rights) mayGive(role *core.Role) bool {
	if r.all || (r.held && role == nil) {
		return true
	}
	return slices.ContainsFunc(r.roles, func(own *core.Role) bool {
		return own.ID == role.ID || own.MayAssign(role)
	})
}

// account returns an account that the actor reaches, and its rights there. Any
// other is not there for it (F01); an empty id never stands for all (F05).
func (s *Service) account(ctx context.Context, actor Actor, id string) (*core.Account, rights, error) {
	if id == "" {
		return nil, rights{}, missing("account_id")
	}
	account, err := s.Store.Account(ctx, id)
	if err != nil {
		return nil, rights{}, hide(err, "account_id")
	}
	r, err := s.rightsOn(ctx, actor, account)
	if err == nil && !r.held {
		err = notFound("account_id")
	}
	return account, r, err
}

// organisation returns an organisation with the actor's rights in the whole of it,
// which need one of the permissions; none: being there is enough. One in which the
// actor has nothing, not even in one account, is not there for it (F01).
func (s *Service) organisation(ctx context.Context, actor Actor, id string, permissions ...string) (*core.Organisation, rights, error) {
	if id == "" { // never stands for all (F05)
		return nil, rights{}, missing("organisation_id")
	}
	organisation, err := s.Store.Organisation(ctx, id)
	if err != nil {
		return nil, rights{}, hide(err, "organisation_id")
	}
	whole, err := s.rightsOn(ctx, actor, &core.Account{OrganisationID: id})
	if err != nil {
		return nil, rights{}, err
	}
	if !whole.held {
		reached, err := s.reached(ctx, actor, id)
		if err != nil {
			return nil, rights{}, err
		}
		if len(reached) == 0 {
			return nil, rights{}, notFound("organisation_id")
		}
	}
	if len(permissions) > 0 && !whole.manages(permissions...) {
		return nil, rights{}, denied("organisation_id", "The role does not let you do this in the organisation.")
	}
	return organisation, whole, nil
}

// reachedAccount is an account of the actor's, with the rights there.
type reachedAccount struct {
	account *core.Account
	rights  rights
}

// reached returns the accounts of an organisation that the actor reaches.
func (s *Service) reached(ctx context.Context, actor Actor, organisationID string) ([]reachedAccount, error) {
	accounts, err := s.Store.AccountsOf(ctx, organisationID)
	if err != nil {
		return nil, err
	}
	var list []reachedAccount
	for _, account := range accounts {
		r, err := s.rightsOn(ctx, actor, account)
		if err != nil {
			return nil, err
		}
		if r.held {
			list = append(list, reachedAccount{account, r})
		}
	}
	return list, nil
}

// role returns the role of a code as an organisation sees it.
func (s *Service) role(ctx context.Context, organisationID, code string) (*core.Role, error) {
	role, err := s.Store.RoleByCode(ctx, organisationID, code)
	if errors.Is(err, core.ErrNotFound) {
		return nil, invalid("role", "There is no such role.")
	}
	return role, err
}

func denied(param, text string) *oauth.Error {
	return oauth.NewError(oauth.ReasonPermissionDenied).At(param).Describe(text)
}
