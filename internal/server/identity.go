package server

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/endpoints"
	"claviger/internal/permission"
	"claviger/oauth"
)

// logout ends the grant behind the access token, and so its refresh token (SP-4).
func (o *operations) logout(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	now := o.now()
	err := endpoints.End(ctx, o.store, endpoints.Ending{
		Authorization: r.authorization, Type: core.Logout, Reason: "logout", At: now, Keep: now.Add(forgetEnded),
	})
	return r.facts(), err
}

// whoami returns the subject with its role in the organisation of the token and
// all roles that it holds there (SP-5).
func (o *operations) whoami(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	a := r.authorization
	facts := r.facts()
	if a.User == nil || a.Organisation == nil {
		return nil, oauth.NewError(oauth.ReasonPermissionDenied)
	}
	memberships, err := o.store.MembershipsOf(ctx, a.User.ID)
	if err != nil {
		return nil, err
	}
	var roles []dialect.Row
	for _, m := range memberships {
		if m.OrganisationID != a.Organisation.ID {
			continue
		}
		role, err := o.store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		roles = append(roles, dialect.Row{Role: role})
	}
	facts.Lists = map[string][]dialect.Row{"roles": roles}
	return facts, nil
}

// accounts returns the ACTIVE accounts of the subject in the organisation of the
// token, in rank order (SP-6).
func (o *operations) accounts(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	accounts, err := o.activeAccounts(ctx, r.authorization)
	if err != nil {
		return nil, err
	}
	var rows []dialect.Row
	for _, account := range accounts {
		rows = append(rows, dialect.Row{Account: account})
	}
	facts := r.facts()
	facts.Lists = map[string][]dialect.Row{"accounts": rows}
	return facts, nil
}

// account returns one of them; anybody else's does not exist (SP-6).
func (o *operations) account(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	accounts, err := o.activeAccounts(ctx, r.authorization)
	if err != nil {
		return nil, err
	}
	facts := r.facts()
	for _, account := range accounts {
		if account.Number == r.input.AccountNumber || (r.input.Account != "" && account.ID == r.input.Account) {
			facts.Account = account
			return facts, nil
		}
	}
	return nil, oauth.NewError(oauth.ReasonNotFound)
}

func (o *operations) activeAccounts(ctx context.Context, a *core.Authorization) ([]*core.Account, error) {
	if a.User == nil || a.Organisation == nil {
		return nil, oauth.NewError(oauth.ReasonPermissionDenied)
	}
	accounts, err := o.store.AccountsOf(ctx, a.Organisation.ID)
	if err != nil {
		return nil, err
	}
	memberships, err := o.store.MembershipsOf(ctx, a.User.ID)
	if err != nil {
		return nil, err
	}
	var active []*core.Account
	for _, account := range accounts {
		if account.Status == core.Active && covered(account, memberships) {
			active = append(active, account)
		}
	}
	return active, nil
}

func covered(account *core.Account, memberships []*core.Membership) bool {
	for _, m := range memberships {
		if m.Covers(account) {
			return true
		}
	}
	return false
}

// memberships returns what the subject belongs to: an API key its one account, a
// user all of theirs (CP-2).
func (o *operations) memberships(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	a := r.authorization
	facts := r.facts()
	if a.User == nil {
		facts.Lists = map[string][]dialect.Row{"memberships": {{Account: a.Account, Role: a.Role}}}
		return facts, nil
	}
	memberships, err := o.store.MembershipsOf(ctx, a.User.ID)
	if err != nil {
		return nil, err
	}
	var rows []dialect.Row
	for _, m := range memberships {
		if a.Consent != nil && !permission.ActsIn(a, m) {
			continue // a partner sees what it was connected to
		}
		role, err := o.store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		accounts, err := o.decider.Accounts(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, account := range accounts {
			rows = append(rows, dialect.Row{Account: account, Role: role, Membership: m})
		}
	}
	facts.Lists = map[string][]dialect.Row{"memberships": rows}
	return facts, nil
}

// wallet returns the account that the token is for, or the first one of its
// organisation (SD-9).
func (o *operations) wallet(ctx context.Context, r *operationRequest) (*dialect.Facts, error) {
	facts := r.facts()
	if facts.Account != nil {
		return facts, nil
	}
	if facts.Organisation == nil {
		return nil, oauth.NewError(oauth.ReasonNotFound)
	}
	accounts, err := o.store.AccountsOf(ctx, facts.Organisation.ID)
	if err != nil {
		return nil, err
	}
	for _, account := range accounts {
		if account.Status == core.Active {
			facts.Account = account
			return facts, nil
		}
	}
	return nil, oauth.NewError(oauth.ReasonNotFound).Because(errors.New("the organisation has no active account"))
}
