package main

import (
	"context"
	"reflect"
	"time"

	"claviger/client"
	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/oauth"
)

type clientCommand struct {
	Create       clientCreate  `cmd:"" help:"Register a client and print its secret, once."`
	RotateSecret clientRotate  `cmd:"" help:"Give a client a new secret and print it, once; the old one works for a while longer."`
	List         clientList    `cmd:"" help:"List clients."`
	Get          clientGet     `cmd:"" help:"Show a client, without its secret."`
	Update       clientUpdate  `cmd:"" help:"Change a client."`
	Disable      clientDisable `cmd:"" help:"Stop a client at once: no new tokens, and its tokens are inactive at introspection."`
	Enable       clientEnable  `cmd:"" help:"Let a disabled client work again."`
}

const clientLists = "\"claviger client list\""

type clientCreate struct {
	reach
	output
	Name          string   `required:"" placeholder:"NAME" help:"Name, as people see it when they are asked for consent."`
	Company       string   `required:"" placeholder:"NAME" help:"Company that develops the client."`
	Website       string   `required:"" placeholder:"URL" help:"Website of that company."`
	Contact       string   `required:"" placeholder:"EMAIL" help:"Primary contact there."`
	ID            string   `name:"id" placeholder:"ID" help:"A client_id of your choice. Without it, one is generated."`
	Dialect       string   `placeholder:"NAME" help:"Wire dialect that the client speaks beside the standard one."`
	Grant         []string `placeholder:"TYPE" help:"Grant type that the client may use: authorization_code, client_credentials, password or refresh_token. Repeat it for several."`
	Scope         string   `placeholder:"\"A B\"" help:"Scopes that the client may ask for, separated by spaces."`
	Product       []string `placeholder:"NAME" help:"Product that the client may use. Repeat it for several."`
	Organisation  string   `placeholder:"CODE" help:"Organisation that owns the client. Leave it out for a partner, which connects to organisations that approve it."`
	ActsFor       []string `placeholder:"CODE" help:"Further organisation that the client may act for by client_credentials. Repeat it for several."`
	RedirectURI   []string `name:"redirect-uri" sep:"none" placeholder:"URI" help:"Exact redirect URI. Repeat it for several."`
	RedirectHost  []string `placeholder:"HOST" help:"Host of redirect URIs: https with any path, or a loopback host. Repeat it for several."`
	PostLogoutURI []string `name:"post-logout-uri" sep:"none" placeholder:"URI" help:"Where the browser may go after signing out. Repeat it for several."`
	Origin        []string `placeholder:"URL" help:"Browser origin that may call the API. Repeat it for several."`
	NoSecret      bool     `name:"refresh-without-secret" help:"Let the client refresh without authenticating, as its wire dialect promises."`
	Public        bool     `help:"A client that can't keep a secret: a browser or an app. It has none, and must use PKCE."`
	browserFlags
}

// Run registers the client (PE-6).
func (a *clientCreate) Run(ctx context.Context, c *command) error {
	if !reflect.ValueOf(a.browserFlags).IsZero() {
		return a.register(ctx, c)
	}
	if err := c.knownDialect(a.reach, a.Dialect); err != nil {
		return err
	}
	note := keepSecret
	if a.Public {
		note = ""
	}
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.OAuthClient, error) {
		wanted, err := a.wanted(ctx, api)
		if err != nil {
			return nil, err
		}
		made, err := api.CreateOAuthClient(ctx, *wanted)
		return made, nameTaken(err, "the id "+a.ID+" is in use already; choose another --id")
	}, func(x *client.OAuthClient) []string { return a.fields(x) }, note)
}

func (a *clientCreate) fields(x *client.OAuthClient) []string {
	return []string{"client_id", x.ID, "client_secret", x.Secret, "name", x.Name, "kind", x.Kind, "organisation", a.Organisation,
		"dialect", x.Dialect, "grant types", words(x.GrantTypes), "scope", words(x.Scopes)}
}

// wanted is the client that the flags describe.
func (a *clientCreate) wanted(ctx context.Context, api *client.Client) (*client.NewOAuthClient, error) {
	scopes, ok := oauth.ParseScope(a.Scope)
	if !ok {
		return nil, misused("--scope: \"%s\" holds a character that no scope may have (RFC 6749 §3.3)", a.Scope)
	}
	wanted := &client.NewOAuthClient{ID: a.ID, OAuthClientSettings: client.OAuthClientSettings{
		Name: a.Name, Dialect: a.Dialect, GrantTypes: a.Grant, Scopes: scopes, Products: a.Product,
		RedirectURIs: a.RedirectURI, RedirectHosts: a.RedirectHost, PostLogoutURIs: a.PostLogoutURI, Origins: a.Origin,
		Company: a.Company, Website: a.Website, Contact: a.Contact, RefreshWithoutSecret: a.NoSecret,
	}}
	if a.Public {
		wanted.Kind = core.Public
	}
	var err error
	if wanted.OrganisationID, err = optionalOrganisation(ctx, api, a.Organisation); err != nil {
		return nil, err
	}
	for _, code := range a.ActsFor {
		id, err := organisationID(ctx, api, code)
		if err != nil {
			return nil, err
		}
		wanted.OrganisationIDs = append(wanted.OrganisationIDs, id)
	}
	return wanted, nil
}

// register makes a client with settings of the browser flow, which the management API
// does not have: on a database alone.
func (a *clientCreate) register(ctx context.Context, c *command) error {
	if a.Server != "" {
		return misused("--server: settings of the browser flow, as --without-pkce and --skip-consent, are made on the database or by a file for \"claviger apply\"")
	}
	api, done, err := c.reach(ctx, a.reach)
	if err != nil {
		return err
	}
	wanted, err := a.wanted(ctx, api)
	done()
	if err != nil {
		return err
	}
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	if err := checkDialect(instance.Config, a.Dialect); err != nil {
		return err
	}
	w := wanted.OAuthClientSettings
	made, secret, err := instance.Admin.CreateClient(ctx, operator, admin.NewClient{
		ID: wanted.ID, OrganisationID: wanted.OrganisationID, OrganisationIDs: w.OrganisationIDs, Name: w.Name, Kind: wanted.Kind,
		Dialect: w.Dialect, GrantTypes: w.GrantTypes, Scopes: w.Scopes, Products: w.Products, RedirectURIs: w.RedirectURIs,
		RedirectHosts: w.RedirectHosts, PostLogoutURIs: w.PostLogoutURIs, Origins: w.Origins, Company: w.Company, Website: w.Website,
		Contact: w.Contact, RefreshWithoutSecret: w.RefreshWithoutSecret, Browser: a.registration(),
	})
	if err != nil {
		return nameTaken(err, "the id "+a.ID+" is in use already; choose another --id")
	}
	shown := &client.OAuthClient{
		ID: made.ID, OrganisationID: made.OrganisationID, Kind: made.Kind, Status: string(made.Status), CreatedAt: made.CreatedAt,
		Secret: secret, OAuthClientSettings: w,
	}
	if a.JSON {
		return c.json(shown)
	}
	c.fields(a.fields(shown)...)
	if secret != "" {
		c.print("\n%s\n", keepSecret)
	}
	return nil
}

type clientRotate struct {
	reach
	output
	ID      string `arg:"" help:"The client_id."`
	Overlap span   `default:"24h" placeholder:"TIME" help:"How long the old secret still works: ${default} unless you say otherwise, at most 30d. 0s ends it at once: for a secret that has leaked."`
}

// Run gives the client a new secret (SP-9).
func (a *clientRotate) Run(ctx context.Context, c *command) error {
	if err := a.Overlap.check(); err != nil {
		return err
	}
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.OAuthClient, error) {
		rotated, err := api.RotateOAuthClient(ctx, a.ID, time.Duration(a.Overlap))
		return rotated, unknown(err, "client", a.ID, clientLists)
	}, func(x *client.OAuthClient) []string {
		return []string{"client_id", x.ID, "client_secret", x.Secret, "name", x.Name}
	}, keepSecret+" "+oldSecret(c.now(), time.Duration(a.Overlap)))
}

type clientDisable struct {
	reach
	output
	ID string `arg:"" help:"The client_id."`
}

// Run stops the client.
func (a *clientDisable) Run(ctx context.Context, c *command) error {
	return c.setClientStatus(ctx, a.reach, a.output, a.ID, core.Disabled)
}

type clientEnable struct {
	reach
	output
	ID string `arg:"" help:"The client_id."`
}

// Run lets the client work again.
func (a *clientEnable) Run(ctx context.Context, c *command) error {
	return c.setClientStatus(ctx, a.reach, a.output, a.ID, core.Active)
}

// setClientStatus sets a client going or stops it.
func (c *command) setClientStatus(ctx context.Context, at reach, as output, id string, wanted core.Status) error {
	api, done, err := c.reach(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	text := string(wanted)
	changed, err := api.UpdateOAuthClient(ctx, id, client.AnyVersion, client.OAuthClientChange{Status: &text})
	if err != nil {
		return unknown(err, "client", id, clientLists)
	}
	if as.JSON {
		return c.json(changed)
	}
	c.print("Client %s (%s) is %s.\n", plain(changed.ID), plain(changed.Name), status(changed.Status))
	return nil
}
