package admin

import (
	"context"
	"slices"

	"claviger/internal/core"
)

// Sections are the parts of the management of an organisation, and what the actor may
// do there: what pages lead to. Operations ask again.
type Sections struct {
	APIKeys, Connections, Clients, ServiceAccounts, Members, Roles, Audit, Usage, Organisation Section
}

// Section says whether a part may be seen, and changed: somewhere in it. Make is of API
// keys, which have a permission for it; elsewhere who may change a part may add to it.
type Section struct{ See, Change, Make bool }

// Sections returns what the actor may do in an organisation. One in which the actor
// has nothing is not there for it (F01).
func (s *Service) Sections(ctx context.Context, actor Actor, organisationID string) (*Sections, error) {
	_, whole, err := s.organisation(ctx, actor, organisationID)
	if err != nil {
		return nil, refusal(err)
	}
	reached, err := s.reached(ctx, actor, organisationID)
	if err != nil {
		return nil, refusal(err)
	}
	somewhere := func(holds func(rights) bool) bool {
		return holds(whole) || slices.ContainsFunc(reached, func(x reachedAccount) bool { return holds(x.rights) })
	}
	section := func(change string, see ...string) Section {
		return Section{See: whole.manages(append(see, change)...), Change: whole.manages(change)}
	}
	connects := somewhere(rights.connects) && !behindPartner(actor)
	return &Sections{
		APIKeys:         Section{See: somewhere(rights.seesKeys), Change: somewhere(rights.changesKeys), Make: somewhere(rights.makesKeys)},
		Connections:     Section{See: connects, Change: connects},
		Clients:         section(permissionClients, permissionReadClients),
		ServiceAccounts: section(permissionServiceAccounts, permissionReadServices),
		Members:         section(permissionMembers, permissionReadMembers),
		Roles:           Section{See: true, Change: whole.manages(permissionRoles)},
		Audit:           section(permissionReadAudit),
		Usage:           section(permissionReadUsage),
		Organisation:    Section{See: true, Change: whole.manages(permissionOrganisation)},
	}, nil
}

func (r rights) makesKeys() bool   { return r.manages(permissionCreateAPIKeys) }
func (r rights) changesKeys() bool { return r.manages(permissionUpdateAPIKeys) }

// KeyAccounts returns the accounts of an organisation for which the actor may make API
// keys, in their order.
func (s *Service) KeyAccounts(ctx context.Context, actor Actor, organisationID string) ([]*core.Account, error) {
	reached, err := s.reached(ctx, actor, organisationID)
	if err != nil {
		return nil, refusal(err)
	}
	var list []*core.Account
	for _, x := range reached {
		if x.rights.makesKeys() {
			list = append(list, x.account)
		}
	}
	return list, nil
}

// RolesToGive returns the roles that the actor may give in an organisation, in the
// whole of it or in one of its accounts.
func (s *Service) RolesToGive(ctx context.Context, actor Actor, organisationID string) ([]*core.Role, error) {
	_, whole, err := s.organisation(ctx, actor, organisationID)
	if err != nil {
		return nil, refusal(err)
	}
	reached, err := s.reached(ctx, actor, organisationID)
	if err != nil {
		return nil, refusal(err)
	}
	seen, err := s.ListRoles(ctx, actor, organisationID)
	return slices.DeleteFunc(seen, func(role *core.Role) bool {
		gives := func(x reachedAccount) bool { return x.rights.mayGive(role) }
		return !whole.mayGive(role) && !slices.ContainsFunc(reached, gives)
	}), err
}

// KeysEndure reports whether keys for a dialect last until they are revoked; others end
// within core.APIKeyMaxAge.
func KeysEndure(dialect string) bool { return dialect == enduringKeys }
