package server

import (
	"context"
	"fmt"
	"slices"

	"claviger/internal/core"
)

// activeAccountsOf returns the accounts that a membership reaches now, in rank
// order. One that is stopped is not among them, nor any of an organisation that is
// (ALL-6).
func (o *operations) activeAccountsOf(ctx context.Context, m *core.Membership) ([]*core.Account, error) {
	organisation, err := o.store.Organisation(ctx, m.OrganisationID)
	if err != nil || organisation.Status != core.Active {
		return nil, err
	}
	accounts, err := o.store.AccountsOf(ctx, m.OrganisationID)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(accounts), func(account *core.Account) bool {
		return account.Status != core.Active || !m.Covers(account)
	}), nil
}

// activeAccount returns an account. One that is stopped, itself or its
// organisation, is core.ErrNotFound as one that does not exist (ALL-6).
func (o *operations) activeAccount(ctx context.Context, id string) (*core.Account, error) {
	account, err := o.store.Account(ctx, id)
	if err != nil {
		return nil, err
	}
	organisation, err := o.store.Organisation(ctx, account.OrganisationID)
	if err != nil {
		return nil, err
	}
	if account.Status != core.Active || organisation.Status != core.Active {
		return nil, fmt.Errorf("account %s is not active: %w", id, core.ErrNotFound)
	}
	return account, nil
}

// individualAccount returns the account of a person alone; nil when there is none.
func (o *operations) individualAccount(ctx context.Context, user *core.User) (*core.Account, error) {
	memberships, err := o.store.MembershipsOf(ctx, user.ID)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		accounts, err := o.activeAccountsOf(ctx, m)
		if err != nil {
			return nil, err
		}
		for _, account := range accounts {
			if account.Type == core.AccountIndividual {
				return account, nil
			}
		}
	}
	return nil, nil
}
