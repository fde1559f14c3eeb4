package admin

import (
	"context"
	"errors"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// Connection is a partner that a company of an organisation is connected to, and
// who approved it (SD-10).
type Connection struct {
	Consent    *core.Consent
	Client     *core.Client
	Account    *core.Account
	ApprovedBy *core.User
}

// ListConnections returns the connections of an organisation that are in force,
// oldest first: those of the accounts where the actor may connect.
func (s *Service) ListConnections(ctx context.Context, actor Actor, organisationID string) ([]Connection, error) {
	if organisationID == "" { // never stands for all (F05)
		return nil, missing("organisation_id")
	}
	accounts, err := s.connectable(ctx, actor, organisationID)
	if err != nil {
		return nil, refusal(err)
	}
	consents, err := s.Store.ConnectionsOf(ctx, organisationID)
	if err != nil {
		return nil, err
	}
	connections := []Connection{}
	for _, consent := range consents {
		account, ok := accounts[consent.AccountID]
		if !ok {
			continue
		}
		connection, err := s.connectionOf(ctx, consent, account)
		if err != nil {
			return nil, err
		}
		connections = append(connections, connection)
	}
	return connections, nil
}

// connectable returns the accounts of an organisation that the actor may connect,
// by id. An organisation in which the actor has nothing is not there for it (F01).
func (s *Service) connectable(ctx context.Context, actor Actor, organisationID string) (map[string]*core.Account, error) {
	if _, err := s.Store.Organisation(ctx, organisationID); err != nil {
		return nil, hide(err, "organisation_id")
	}
	all, err := s.Store.AccountsOf(ctx, organisationID)
	if err != nil {
		return nil, err
	}
	whole, err := s.rightsOn(ctx, actor, &core.Account{OrganisationID: organisationID})
	if err != nil {
		return nil, err
	}
	held, accounts := whole.held, map[string]*core.Account{}
	for _, account := range all {
		r, err := s.rightsOn(ctx, actor, account)
		if err != nil {
			return nil, err
		}
		held = held || r.held
		if r.connects() {
			accounts[account.ID] = account
		}
	}
	switch {
	case !held || behindPartner(actor):
		return nil, notFound("organisation_id")
	case len(accounts) == 0 && !whole.connects():
		return nil, denied("organisation_id", "The role does not let you manage connections.")
	}
	return accounts, nil
}

// connects reports whether the holder of r may approve and end connections. An
// owner may not unless the role says so: that is what the company picker asks,
// too.
func (r rights) connects() bool {
	if r.all {
		return true
	}
	for _, role := range r.roles {
		if _, granted := role.Grants[core.PermissionConnect]; granted {
			return true
		}
	}
	return false
}

// behindPartner reports whether the actor acts by a connection itself: a partner
// has no business with the others.
func behindPartner(actor Actor) bool {
	return actor.Authorization != nil && actor.Authorization.Consent != nil
}

func (s *Service) connectionOf(ctx context.Context, consent *core.Consent, account *core.Account) (Connection, error) {
	client, err := s.Store.Client(ctx, consent.ClientID)
	if errors.Is(err, core.ErrNotFound) { // a connection can still be seen and ended
		client, err = &core.Client{ID: consent.ClientID, Name: consent.ClientID}, nil
	}
	if err != nil {
		return Connection{}, err
	}
	user, err := s.Store.User(ctx, consent.UserID)
	if errors.Is(err, core.ErrNotFound) {
		user, err = &core.User{ID: consent.UserID}, nil
	}
	return Connection{Consent: consent, Client: client, Account: account, ApprovedBy: user}, err
}

// EndConnection ends a connection and every token that it gave out: the partner's
// next refresh fails (SD-10). One that has ended stays so, without an error.
func (s *Service) EndConnection(ctx context.Context, actor Actor, consentID string) error {
	return s.change(ctx, func() (func(*store.Tx) error, error) {
		consent, err := s.connection(ctx, actor, consentID)
		if err != nil || !consent.RevokedAt.IsZero() {
			return nil, err
		}
		now := s.now()
		event := actor.event(core.ConsentRevoked, consent.OrganisationID, "consent/"+consent.ID,
			fmt.Sprintf("client %s, account %s", consent.ClientID, consent.AccountID))
		event.Reason = oauth.ReasonConsentRevoked
		if event.ClientID == "" {
			event.ClientID = consent.ClientID
		}
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if _, err := tx.RevokeConsent(consent.ID, now); err != nil {
				return err
			}
			_, err := tx.EndGrantsOfConsent(consent.ID, now, string(oauth.ReasonConsentRevoked))
			return err
		}, nil
	})
}

// connection returns a connection that is the actor's to end. What a person has
// consented to for themselves is none.
func (s *Service) connection(ctx context.Context, actor Actor, id string) (*core.Consent, error) {
	consent, err := s.Store.Consent(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	if consent.OrganisationID == "" || behindPartner(actor) {
		return nil, notFound("id")
	}
	r, err := s.rightsOn(ctx, actor, &core.Account{ID: consent.AccountID, OrganisationID: consent.OrganisationID})
	switch {
	case err != nil:
		return nil, err
	case !r.held:
		return nil, notFound("id")
	case !r.connects():
		return nil, denied("id", "The role does not let you manage connections.")
	}
	return consent, nil
}
