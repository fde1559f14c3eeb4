package server

import (
	"context"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/permission"
	"claviger/internal/store"
	"claviger/oauth"
)

// operations are what a dialect route can stand for, beside tokens. Each takes
// an authenticated request and returns the facts for the reply.
type operations struct {
	store *store.Store
	admin *admin.Service
	now   func() time.Time
}

// operationRequest is an authenticated request for an operation. target is the
// account that it is about; nil when it names none.
type operationRequest struct {
	route         *dialect.Route
	input         *dialect.Input
	authorization *core.Authorization
	target        *core.Account
}

type operation func(context.Context, *operationRequest) (*dialect.Facts, error)

// named returns the operation of a dialect route.
func (o *operations) named(name string) (operation, bool) {
	op, ok := map[string]operation{
		"logout":         o.logout,
		"whoami":         o.whoami,
		"accounts":       o.accounts,
		"account":        o.account,
		"memberships":    o.memberships,
		"wallet":         o.wallet,
		"create_account": o.createAccount,
		"read_account":   o.readAccount,
		"update_account": o.updateAccount,
		"create_api_key": o.createAPIKey,
		"list_api_keys":  o.listAPIKeys,
		"update_api_key": o.updateAPIKey,
		"add_member":     o.addMember,
		"list_members":   o.listMembers,
		"remove_member":  o.removeMember,
	}[name]
	return op, ok
}

func (r *operationRequest) actor(ctx context.Context) admin.Actor {
	return admin.Actor{Authorization: r.authorization, Source: oauth.SourceOf(ctx)}
}

// facts are the facts of the authorization, with the target as the account.
func (r *operationRequest) facts() *dialect.Facts {
	facts := dialect.FactsOf(r.authorization)
	if r.target != nil {
		facts.Account = r.target
	}
	return facts
}

// allow decides whether the request may use a permission on its target (CP-8,
// CP-9).
func (o *operations) allow(ctx context.Context, r *operationRequest, name string) error {
	p, err := o.store.Permission(ctx, name)
	if err != nil {
		return err // a route that demands a permission nobody defined is a mistake of ours
	}
	subject, err := o.subject(ctx, r.authorization)
	if err != nil {
		return err
	}
	if !permission.Decide(*subject, *p, r.target).Allowed {
		return oauth.NewError(oauth.ReasonPermissionDenied)
	}
	return nil
}

// subject collects the roles of the caller: an API key's one, or those of a
// user's memberships, only the acting account's where one was named.
func (o *operations) subject(ctx context.Context, a *core.Authorization) (*permission.Subject, error) {
	if a.User == nil {
		return &permission.Subject{Held: keyRole(a)}, nil
	}
	memberships, err := o.store.MembershipsOf(ctx, a.User.ID)
	if err != nil {
		return nil, err
	}
	subject := &permission.Subject{}
	for _, m := range memberships {
		accounts, err := o.activeAccountsOf(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, account := range accounts {
			if account.Type == core.AccountIndividual {
				subject.IndividualFlags = append(subject.IndividualFlags, account.Flags...)
			}
		}
		if len(accounts) == 0 || !actsIn(a, m) {
			continue
		}
		role, err := o.store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		subject.Held = append(subject.Held, permission.Held{OrganisationID: m.OrganisationID, AccountID: m.AccountID, Role: role})
	}
	return subject, nil
}

// actsIn reports whether what the caller does can rest on a membership: on any
// unless the caller acts for one account or organisation.
func actsIn(a *core.Authorization, m *core.Membership) bool {
	if a.Account != nil {
		return m.Covers(a.Account)
	}
	return a.Organisation == nil || m.OrganisationID == a.Organisation.ID
}

func keyRole(a *core.Authorization) []permission.Held {
	if a.Key == nil || a.Role == nil {
		return nil
	}
	return []permission.Held{{OrganisationID: a.Key.OrganisationID, AccountID: a.Key.AccountID, Role: a.Role}}
}
