package admin

import (
	"context"
	"errors"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// ClientChange says what is to be different; nil stays. Name, who is behind it and
// the status are the organisation's own, what the client may do is the platform's.
type ClientChange struct {
	Name                 *string
	Company              *string
	Website              *string
	Contact              *string
	Status               *core.Status
	Dialect              *string
	GrantTypes           *[]string
	Scopes               *[]string
	Products             *[]string
	RedirectURIs         *[]string
	RedirectHosts        *[]string
	PostLogoutURIs       *[]string
	Origins              *[]string
	OrganisationIDs      *[]string
	RefreshWithoutSecret *bool
	Browser              *core.Browser
}

// powers reports whether the change is about what the client may do.
func (c *ClientChange) powers() bool {
	lists := []*[]string{c.GrantTypes, c.Scopes, c.Products, c.RedirectURIs, c.RedirectHosts, c.PostLogoutURIs, c.Origins, c.OrganisationIDs}
	for _, list := range lists {
		if list != nil {
			return true
		}
	}
	return c.Dialect != nil || c.RefreshWithoutSecret != nil || c.Browser != nil
}

// ListClients returns a page of all clients. Only the platform sees them all.
func (s *Service) ListClients(ctx context.Context, actor Actor, page store.Page) ([]*core.Client, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	return s.Store.ClientPage(ctx, page)
}

// ListClientsOf returns the clients that an organisation owns, oldest first.
func (s *Service) ListClientsOf(ctx context.Context, actor Actor, organisationID string) ([]*core.Client, error) {
	if _, _, err := s.organisation(ctx, actor, organisationID, permissionReadClients, permissionClients); err != nil {
		return nil, refusal(err)
	}
	return s.Store.ClientsOf(ctx, organisationID)
}

// GetClient returns a client that the actor may see.
func (s *Service) GetClient(ctx context.Context, actor Actor, id string) (*core.Client, error) {
	client, err := s.Store.Client(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	r, err := s.rightsOn(ctx, actor, &core.Account{OrganisationID: client.OrganisationID})
	switch {
	case err != nil:
		return nil, err
	case !r.held:
		return nil, notFound("id")
	case !r.manages(permissionReadClients, permissionClients):
		return nil, denied("id", "The role does not let you see clients.")
	}
	return client, nil
}

// UpdateClient changes a client that is as the caller saw it. What it may do, only
// the platform changes.
func (s *Service) UpdateClient(ctx context.Context, actor Actor, id, version string, c ClientChange) (*core.Client, error) {
	var client *core.Client
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var err error
		if client, err = s.client(ctx, actor, id); err != nil {
			return nil, err
		}
		if err := checkVersion(version, client); err != nil {
			return nil, err
		}
		if c.powers() && s.platformOnly(ctx, actor) != nil {
			return nil, denied("", "Only the platform changes what a client may do.")
		}
		before := client.Status
		if err := s.checkStatus(ctx, actor, before, c.Status); err != nil {
			return nil, err
		}
		did, err := s.changeClient(ctx, client, c)
		if err != nil || len(did) == 0 {
			return nil, err
		}
		event := actor.event(statusEvent(before == core.Active, client.Status == core.Active), client.OrganisationID, "client/"+id, did.detail())
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutClient(client)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return client, nil
}

func (s *Service) changeClient(ctx context.Context, client *core.Client, c ClientChange) (differences, error) {
	var did differences
	set(&did, "name", &client.Name, c.Name)
	set(&did, "company", &client.Company, c.Company)
	set(&did, "website", &client.Website, c.Website)
	set(&did, "contact", &client.Contact, c.Contact)
	set(&did, "status", &client.Status, c.Status)
	set(&did, "dialect", &client.Dialect, c.Dialect)
	set(&did, "refresh_without_secret", &client.RefreshWithoutSecret, c.RefreshWithoutSecret)
	setList(&did, "grant_types", &client.GrantTypes, c.GrantTypes)
	setList(&did, "scopes", &client.Scopes, c.Scopes)
	setList(&did, "products", &client.Products, c.Products)
	setList(&did, "redirect_uris", &client.RedirectURIs, c.RedirectURIs)
	setList(&did, "redirect_hosts", &client.RedirectHosts, c.RedirectHosts)
	setList(&did, "post_logout_uris", &client.PostLogoutURIs, c.PostLogoutURIs)
	setList(&did, "origins", &client.Origins, c.Origins)
	setList(&did, "organisation_ids", &client.OrganisationIDs, c.OrganisationIDs)
	if before := Version(&client.Browser); c.Browser != nil && before != Version(c.Browser) {
		did = append(did, showBrowser(client.Browser, *c.Browser))
		client.Browser = *c.Browser
	}
	if client.Status != "" && !client.Status.Valid() {
		return nil, invalid("status", "The status "+statusProblem(string(client.Status))+".")
	}
	if client.OrganisationID == "" { // a partner, or the platform's own: who is behind it stays known (PE-6)
		if err := checkOnboarding(client); err != nil && (c.Company != nil || c.Website != nil || c.Contact != nil) {
			return nil, err
		}
	}
	if err := checkClient(client); err != nil {
		return nil, err
	}
	return did, s.organisationsExist(ctx, client.OrganisationIDs)
}

func (s *Service) organisationsExist(ctx context.Context, ids []string) error {
	for _, id := range ids {
		_, err := s.Store.Organisation(ctx, id)
		if errors.Is(err, core.ErrNotFound) {
			return oauth.NewError(oauth.ReasonInvalidValue).At("organisation_ids").Describe("There is no such organisation.")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func showBrowser(before, after core.Browser) string {
	return fmt.Sprintf("browser %s -> %s", show(fmt.Sprintf("%+v", before)), show(fmt.Sprintf("%+v", after)))
}
