package admin

import (
	"context"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store"
)

// AccountChange says what is to be different; nil stays. The name is the
// organisation's own, the others the platform's.
type AccountChange struct {
	Name          *string
	Currency      *string
	Category      *string
	Status        *core.Status
	Flags         *[]string
	Subscriptions *[]string
}

// ListAccounts returns the accounts of an organisation that the actor reaches, in
// their order.
func (s *Service) ListAccounts(ctx context.Context, actor Actor, organisationID string) ([]*core.Account, error) {
	if _, _, err := s.organisation(ctx, actor, organisationID); err != nil {
		return nil, refusal(err)
	}
	reached, err := s.reached(ctx, actor, organisationID)
	list := make([]*core.Account, 0, len(reached))
	for _, x := range reached {
		list = append(list, x.account)
	}
	return list, refusal(err)
}

// GetAccount returns an account that the actor reaches.
func (s *Service) GetAccount(ctx context.Context, actor Actor, id string) (*core.Account, error) {
	account, _, err := s.account(ctx, actor, id)
	return account, refusal(err)
}

// AddAccount makes another account in an organisation, of type org, without members
// of its own.
func (s *Service) AddAccount(ctx context.Context, actor Actor, organisationID string, n NewAccount) (*core.Account, error) {
	n.Type = core.AccountOrg
	if err := checkAccount(n); err != nil {
		return nil, err
	}
	var account *core.Account
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		if _, _, err := s.organisation(ctx, actor, organisationID, permissionAccounts); err != nil {
			return nil, err
		}
		_, account = s.newAccount(n)
		account.OrganisationID = organisationID
		event := actor.event(core.AccountCreated, organisationID, "account/"+account.ID, fmt.Sprintf("name %q, type %s", account.Name, account.Type))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutAccount(account); err != nil {
				return err
			}
			return actor.keep(tx, account)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return account, nil
}

// ChangeAccount changes an account that is as the caller saw it.
func (s *Service) ChangeAccount(ctx context.Context, actor Actor, id, version string, c AccountChange) (*core.Account, error) {
	var changed core.Account
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		stored, held, err := s.account(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		switch {
		case !held.manages(permissionAccounts):
			return nil, denied("id", "The role does not let you change accounts.")
		case !held.all && (c.Currency != nil || c.Category != nil || c.Status != nil || c.Flags != nil || c.Subscriptions != nil):
			return nil, denied("", "Only the platform changes more of an account than its name.")
		}
		if err := checkVersion(version, stored); err != nil {
			return nil, err
		}
		changed = *stored
		var did differences
		set(&did, "name", &changed.Name, c.Name)
		set(&did, "currency", &changed.Currency, c.Currency)
		set(&did, "category", &changed.Category, c.Category)
		set(&did, "status", &changed.Status, c.Status)
		setList(&did, "flags", &changed.Flags, c.Flags)
		setList(&did, "subscriptions", &changed.Subscriptions, c.Subscriptions)
		if err := checkChangedAccount(&changed); err != nil || len(did) == 0 {
			return nil, err
		}
		event := actor.event(core.AccountUpdated, changed.OrganisationID, "account/"+id, did.detail())
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutAccount(&changed)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &changed, nil
}

func checkChangedAccount(account *core.Account) error {
	if err := checkAccount(NewAccount{Name: account.Name, Type: account.Type, Currency: account.Currency}); err != nil {
		return err
	}
	for param, values := range map[string][]string{"flags": account.Flags, "subscriptions": account.Subscriptions} {
		for _, value := range values {
			if problem := codeProblem(value); problem != "" {
				return invalid(param, "A value "+problem+".")
			}
		}
	}
	return checkFields(field{"category", account.Category, codeProblem}, field{"status", string(account.Status), statusProblem})
}
