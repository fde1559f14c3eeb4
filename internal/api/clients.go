package api

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// ClientSettings are what a client may do, and who is behind it.
type ClientSettings struct {
	Name                 string   `json:"name"`
	Dialect              string   `json:"dialect,omitempty"`
	GrantTypes           []string `json:"grant_types,omitempty" nullable:"false"`
	Scopes               []string `json:"scopes,omitempty" nullable:"false"`
	Products             []string `json:"products,omitempty" nullable:"false"`
	RedirectURIs         []string `json:"redirect_uris,omitempty" nullable:"false"`
	RedirectHosts        []string `json:"redirect_hosts,omitempty" nullable:"false"`
	PostLogoutURIs       []string `json:"post_logout_uris,omitempty" nullable:"false"`
	Origins              []string `json:"origins,omitempty" nullable:"false"`
	OrganisationIDs      []string `json:"organisation_ids,omitempty" nullable:"false" doc:"Organisations that it may act for, beside its owner."`
	Company              string   `json:"company,omitempty"`
	Website              string   `json:"website,omitempty"`
	Contact              string   `json:"contact,omitempty"`
	RefreshWithoutSecret bool     `json:"refresh_without_secret,omitempty"`
}

// OAuthClient is a client.
type OAuthClient struct {
	ID             string `json:"id" doc:"The client_id."`
	OrganisationID string `json:"organisation_id,omitempty" doc:"Its owner; none: a partner, or the platform's own."`
	Kind           string `json:"kind" enum:"confidential,public"`
	Status         string `json:"status" enum:"ACTIVE,SUSPENDED,DISABLED"`
	ClientSettings
	CreatedAt time.Time `json:"created_at"`
	Secret    string    `json:"secret,omitempty" doc:"When it is made or rotated, and never again."`
}

func clientOf(c *core.Client) OAuthClient {
	return OAuthClient{
		ID: c.ID, OrganisationID: c.OrganisationID, Kind: c.Kind, Status: string(c.Status), CreatedAt: c.CreatedAt,
		ClientSettings: ClientSettings{
			Name: c.Name, Dialect: c.Dialect, GrantTypes: c.GrantTypes, Scopes: c.Scopes, Products: c.Products, RedirectURIs: c.RedirectURIs,
			RedirectHosts: c.RedirectHosts, PostLogoutURIs: c.PostLogoutURIs, Origins: c.Origins, OrganisationIDs: c.OrganisationIDs,
			Company: c.Company, Website: c.Website, Contact: c.Contact, RefreshWithoutSecret: c.RefreshWithoutSecret,
		},
	}
}

func newClientOf(made admin.Made[core.Client]) OAuthClient {
	client := clientOf(made.Thing)
	client.Secret = made.Secret
	return client
}

// ClientCreate is what a client is made from: a partner's, with who is behind it.
type ClientCreate struct {
	ID             string `json:"id,omitempty" doc:"A chosen client_id; empty: a generated one."`
	OrganisationID string `json:"organisation_id,omitempty"`
	Kind           string `json:"kind,omitempty" enum:"confidential,public"`
	ClientSettings
}

// ClientUpdate says what is to be different.
type ClientUpdate struct {
	Name                 *string      `json:"name,omitempty"`
	Company              *string      `json:"company,omitempty"`
	Website              *string      `json:"website,omitempty"`
	Contact              *string      `json:"contact,omitempty"`
	Status               *core.Status `json:"status,omitempty" enum:"ACTIVE,SUSPENDED,DISABLED"`
	Dialect              *string      `json:"dialect,omitempty"`
	GrantTypes           *[]string    `json:"grant_types,omitempty" nullable:"false"`
	Scopes               *[]string    `json:"scopes,omitempty" nullable:"false"`
	Products             *[]string    `json:"products,omitempty" nullable:"false"`
	RedirectURIs         *[]string    `json:"redirect_uris,omitempty" nullable:"false"`
	RedirectHosts        *[]string    `json:"redirect_hosts,omitempty" nullable:"false"`
	PostLogoutURIs       *[]string    `json:"post_logout_uris,omitempty" nullable:"false"`
	Origins              *[]string    `json:"origins,omitempty" nullable:"false"`
	OrganisationIDs      *[]string    `json:"organisation_ids,omitempty" nullable:"false"`
	RefreshWithoutSecret *bool        `json:"refresh_without_secret,omitempty"`
}

func (u *ClientUpdate) change() admin.ClientChange {
	return admin.ClientChange{
		Name: u.Name, Company: u.Company, Website: u.Website, Contact: u.Contact, Status: u.Status, Dialect: u.Dialect,
		GrantTypes: u.GrantTypes, Scopes: u.Scopes, Products: u.Products, RedirectURIs: u.RedirectURIs, RedirectHosts: u.RedirectHosts,
		PostLogoutURIs: u.PostLogoutURIs, Origins: u.Origins, OrganisationIDs: u.OrganisationIDs, RefreshWithoutSecret: u.RefreshWithoutSecret,
	}
}

func (a *API) clients() {
	const tag = "Clients"
	id := func(c *core.Client) string { return c.ID }
	route(a, http.MethodGet, "/clients", "list-clients", "All clients, for an operator", tag,
		func(ctx context.Context, in *struct {
			Paging
			Sort string `query:"sort" enum:"id,-id" default:"id"`
		}) (*listed[OAuthClient], error) {
			load := func(page store.Page) ([]*core.Client, error) { return a.Admin.ListClients(ctx, actor(ctx), page) }
			return rows(a, in.Paging, "clients "+in.Sort, load, in.Sort == "-id", id, clientOf)
		})
	route(a, http.MethodGet, "/organisations/{organisation_id}/clients", "list-organisation-clients", "The clients of an organisation", tag,
		func(ctx context.Context, in *struct {
			InOrganisation
			Paging
			Sort string `query:"sort" enum:"name,-name,created_at,-created_at" default:"name"`
		}) (*listed[OAuthClient], error) {
			all, err := a.Admin.ListClientsOf(ctx, actor(ctx), in.OrganisationID)
			if err != nil {
				return nil, err
			}
			place, descending := sortBy(in.Sort, id, map[string]func(*core.Client) string{
				"name": func(c *core.Client) string { return c.Name }, "created_at": func(c *core.Client) string { return instant(c.CreatedAt) },
			})
			return pageOf(a, in.Paging, "clients "+in.OrganisationID+" "+in.Sort, all, place, descending, clientOf)
		})
	route(a, http.MethodPost, "/clients", "create-client", "Make a client, such as a partner's; its secret is shown this once", tag, a.createClient)
	route(a, http.MethodGet, "/clients/{id}", "get-client", "A client", tag,
		func(ctx context.Context, in *ByID) (*shown[OAuthClient], error) {
			client, err := a.Admin.GetClient(ctx, actor(ctx), in.ID)
			return show(client, clientOf, err)
		})
	route(a, http.MethodPatch, "/clients/{id}", "update-client", "Change, disable or enable a client", tag,
		func(ctx context.Context, in *struct {
			ByID
			Versioned
			Body ClientUpdate
		}) (*shown[OAuthClient], error) {
			version, err := in.version()
			if err != nil {
				return nil, err
			}
			client, err := a.Admin.UpdateClient(ctx, actor(ctx), in.ID, version, in.Body.change())
			return show(client, clientOf, err)
		})
	route(a, http.MethodPost, "/clients/{id}/rotate", "rotate-client-secret", "Give a client a new secret", tag,
		func(ctx context.Context, in *struct {
			ByID
			Repeatable
			Body Rotation
		}) (*shown[OAuthClient], error) {
			return once(ctx, a, in.Repeatable, "rotate-client-secret", []any{in.ID, in.Body}, func(who admin.Actor) error {
				_, _, err := a.Admin.RotateClientSecret(ctx, who, in.ID, in.Body.overlap())
				return err
			}, newClientOf)
		})
}

func (a *API) createClient(ctx context.Context, in *struct {
	Repeatable
	Body ClientCreate
}) (*shown[OAuthClient], error) {
	b := in.Body
	return once(ctx, a, in.Repeatable, "create-client", b, func(who admin.Actor) error {
		_, _, err := a.Admin.CreateClient(ctx, who, admin.NewClient{
			ID: b.ID, OrganisationID: b.OrganisationID, OrganisationIDs: b.OrganisationIDs, Name: b.Name, Kind: b.Kind, Dialect: b.Dialect,
			GrantTypes: b.GrantTypes, Scopes: oauth.Scope(b.Scopes), Products: b.Products, RedirectURIs: b.RedirectURIs,
			RedirectHosts: b.RedirectHosts, PostLogoutURIs: b.PostLogoutURIs, Origins: b.Origins, Company: b.Company, Website: b.Website,
			Contact: b.Contact, RefreshWithoutSecret: b.RefreshWithoutSecret,
		})
		return err
	}, newClientOf)
}
