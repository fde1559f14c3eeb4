package permission

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Act makes a user act for one account; without membership there it is
// ReasonNotMember, and for an account that does not exist alike (CP-11). What is
// for one account or organisation anyway, as an API key is, acts for no other.
func (d *Decider) Act(ctx context.Context, a *core.Authorization, accountID string) error {
	if a.Account != nil && a.Account.ID == accountID {
		return nil
	}
	refused := oauth.NewError(oauth.ReasonNotMember)
	if a.User == nil || a.Account != nil {
		return refused
	}
	account, err := d.Store.Account(ctx, accountID)
	if errors.Is(err, core.ErrNotFound) {
		return refused
	}
	if err != nil {
		return err
	}
	if a.Organisation != nil && a.Organisation.ID != account.OrganisationID {
		return refused
	}
	organisation, err := d.Store.Organisation(ctx, account.OrganisationID)
	if err != nil {
		return err
	}
	a.Account, a.Organisation, a.Role = account, organisation, nil
	err = (&tokens.Directory{Store: d.Store}).Role(ctx, a)
	var gone *oauth.Error
	if errors.As(err, &gone) && gone.Reason == oauth.ReasonMembershipEnded {
		return refused
	}
	if err != nil {
		return err
	}
	if a.Role == nil { // a service account, which needs none to sign in
		return refused
	}
	if reason, stopped := a.Stopped(d.Now()); stopped {
		return refused.Because(errors.New(string(reason)))
	}
	return nil
}

// Acting returns the account that a caller acts for: the one of the credential or
// the one that was named, else the individual account of a person who has named
// none. nil where there is no account.
func (d *Decider) Acting(ctx context.Context, a *core.Authorization) (*core.Account, error) {
	if a.Account == nil && a.Organisation == nil {
		return d.Individual(ctx, a.User)
	}
	return a.Account, nil
}
