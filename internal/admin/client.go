package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewClient is what a client is made from (PE-6). ID empty: a generated one.
type NewClient struct {
	ID                   string
	OrganisationID       string // empty: a partner, or the platform's own
	OrganisationIDs      []string
	Name                 string
	Kind                 string // empty: confidential
	Dialect              string
	GrantTypes           []string
	Scopes               oauth.Scope
	Products             []string
	RedirectURIs         []string
	RedirectHosts        []string
	PostLogoutURIs       []string
	Origins              []string
	Company              string
	Website              string
	Contact              string
	RefreshWithoutSecret bool
	Browser              core.Browser
}

// CreateClient makes a client and returns it with its secret, which is not to be
// had again; a public client has none. Only the platform makes clients: the
// command line and operators.
func (s *Service) CreateClient(ctx context.Context, actor Actor, n NewClient) (*core.Client, string, error) {
	plain := ""
	if n.Kind != core.Public {
		plain = secret.Generate(secret.ClientSecret, s.Rand)
	}
	var client *core.Client
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var err error
		if client, err = s.planClient(ctx, actor, n); err != nil {
			return nil, err
		}
		detail := fmt.Sprintf("name %q, company %q, contact %q", client.Name, client.Company, client.Contact)
		event := actor.event(core.CredentialCreated, client.OrganisationID, "client/"+client.ID, detail)
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutClient(client); err != nil {
				return err
			}
			if plain != "" {
				if err := addSecret(tx, s.storedSecret(client.ID, plain, false)); err != nil {
					return err
				}
			}
			return actor.keep(tx, Made[core.Client]{client, plain})
		}, nil
	})
	if err != nil {
		return nil, "", err
	}
	return client, plain, nil
}

func (s *Service) planClient(ctx context.Context, actor Actor, n NewClient) (*core.Client, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	client := &core.Client{
		ID: n.ID, OrganisationID: n.OrganisationID, Name: n.Name, Kind: n.Kind, Status: core.Active, Dialect: n.Dialect,
		GrantTypes: n.GrantTypes, Scopes: n.Scopes, Products: n.Products, RedirectURIs: n.RedirectURIs,
		RedirectHosts: n.RedirectHosts, PostLogoutURIs: n.PostLogoutURIs, Origins: n.Origins, Company: n.Company,
		Website: n.Website, Contact: n.Contact, OrganisationIDs: n.OrganisationIDs,
		RefreshWithoutSecret: n.RefreshWithoutSecret, Browser: n.Browser, CreatedAt: s.now(),
	}
	if client.Kind == "" {
		client.Kind = core.Confidential
	}
	if err := checkOnboarding(client); err != nil {
		return nil, err
	}
	if err := checkClient(client); err != nil {
		return nil, err
	}
	for _, id := range append([]string{n.OrganisationID}, n.OrganisationIDs...) {
		if _, err := s.Store.Organisation(ctx, id); id != "" && err != nil {
			return nil, err
		}
	}
	if client.ID == "" {
		client.ID = s.newID(core.PrefixClient)
		return client, nil
	}
	return client, s.clientIDFree(ctx, client.ID)
}

// checkOnboarding asks for who is behind a client (PE-6).
func checkOnboarding(client *core.Client) error {
	switch {
	case client.Company == "":
		return missing("company")
	case client.Website == "":
		return missing("website")
	case client.Contact == "":
		return missing("contact")
	}
	return nil
}

// clientIDFree refuses a chosen id that is taken, and one that could be taken for
// the subject of a token (RFC 9700 §4.15, F09).
func (s *Service) clientIDFree(ctx context.Context, id string) error {
	if err := checkChosenID("id", id); err != nil {
		return err
	}
	for _, taken := range []func() error{
		func() error { _, err := s.Store.Client(ctx, id); return err },
		func() error { _, err := s.Store.APIKey(ctx, id); return err },
		func() error { _, err := s.Store.User(ctx, id); return err },
	} {
		if err := taken(); err == nil {
			return oauth.NewError(oauth.ReasonNameTaken).At("id")
		} else if !errors.Is(err, core.ErrNotFound) {
			return err
		}
	}
	return nil
}

// RotateClientSecret gives a client a new secret and returns it. The old ones
// work for overlap more, at most 30 days (SP-9).
func (s *Service) RotateClientSecret(ctx context.Context, actor Actor, id string, overlap time.Duration) (*core.Client, string, error) {
	if err := checkOverlap(overlap); err != nil {
		return nil, "", err
	}
	plain := secret.Generate(secret.ClientSecret, s.Rand)
	var client *core.Client
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var err error
		if client, err = s.client(ctx, actor, id); err != nil {
			return nil, err
		}
		if client.Kind == core.Public {
			return nil, invalid("id", "A public client has no secret.")
		}
		old, err := s.Store.Secrets(ctx, id)
		if err != nil {
			return nil, err
		}
		event := actor.event(core.CredentialRotated, client.OrganisationID, "client/"+id, rotation(client.Name, overlap))
		return s.rotate(old, s.storedSecret(id, plain, false), overlap, event, func(tx *store.Tx) error {
			return actor.keep(tx, Made[core.Client]{client, plain})
		}), nil
	})
	if err != nil {
		return nil, "", err
	}
	return client, plain, nil
}

// checkStatus refuses an organisation's own people what is the platform's: suspending
// something of theirs, and any other status for what it has suspended.
func (s *Service) checkStatus(ctx context.Context, actor Actor, before core.Status, after *core.Status) error {
	if after == nil || *after == before || (before != core.Suspended && *after != core.Suspended) {
		return nil
	}
	err := s.platformOnly(ctx, actor)
	if oauth.RefusalOf(err) != nil {
		err = denied("status", "Only the platform suspends, and lets go on what it has suspended.")
	}
	return err
}

// statusEvent is the type of a change of a credential: setting it going or stopping it
// has its own, by whatever face it is done.
func statusEvent(before, after bool) core.EventType {
	switch {
	case before == after:
		return core.CredentialUpdated
	case after:
		return core.CredentialEnabled
	}
	return core.CredentialDisabled
}

// client returns a copy of a client that is the actor's to change: one of an
// organisation that the actor is a member of. One of no organisation, a partner's,
// is the platform's: nobody is a member of none.
func (s *Service) client(ctx context.Context, actor Actor, id string) (*core.Client, error) {
	stored, err := s.Store.Client(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	// The client of an organisation is not that of one of its accounts, so a role
	// in a single account does not reach it.
	r, err := s.rightsOn(ctx, actor, &core.Account{OrganisationID: stored.OrganisationID})
	if err == nil && r.held && !r.manages(permissionClients) {
		err = denied("id", "The role does not let you manage clients.")
	}
	if err == nil && !r.held {
		err = notFound("id")
	}
	client := *stored
	return &client, err
}

// platformOnly lets through the command line and operators.
func (s *Service) platformOnly(ctx context.Context, actor Actor) error {
	r, err := s.rightsOn(ctx, actor, &core.Account{})
	if err == nil && !r.all {
		err = oauth.NewError(oauth.ReasonPermissionDenied)
	}
	return err
}
