package main

import (
	"context"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/oauth"
)

type clientCommand struct {
	Create       clientCreate  `cmd:"" help:"Register a client and print its secret, once."`
	RotateSecret clientRotate  `cmd:"" help:"Give a client a new secret and print it, once; the old one works for a while longer."`
	List         clientList    `cmd:"" help:"List clients."`
	Disable      clientDisable `cmd:"" help:"Stop a client at once: no new tokens, and its tokens are inactive at introspection."`
	Enable       clientEnable  `cmd:"" help:"Let a disabled client work again."`
}

const clientLists = "\"claviger client list\""

type clientCreate struct {
	place
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
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	wanted, err := a.wanted(ctx, instance)
	if err != nil {
		return err
	}
	client, secret, err := instance.Admin.CreateClient(ctx, operator, *wanted)
	if err != nil {
		return nameTaken(err, "the id "+a.ID+" is in use already; choose another --id")
	}
	c.fields("client_id", client.ID, "client_secret", secret, "name", client.Name, "kind", client.Kind,
		"organisation", a.Organisation, "dialect", client.Dialect, "grant types", strings.Join(client.GrantTypes, " "),
		"scope", client.Scopes.String())
	if secret != "" {
		c.print("\n%s\n", keepSecret)
	}
	return nil
}

// wanted is the client that the flags describe.
func (a *clientCreate) wanted(ctx context.Context, instance *server.Instance) (*admin.NewClient, error) {
	scopes, ok := oauth.ParseScope(a.Scope)
	if !ok {
		return nil, misused("--scope: \"%s\" holds a character that no scope may have (RFC 6749 §3.3)", a.Scope)
	}
	if err := checkDialect(instance.Config, a.Dialect); err != nil {
		return nil, err
	}
	wanted := &admin.NewClient{
		ID: a.ID, Name: a.Name, Dialect: a.Dialect, GrantTypes: a.Grant, Scopes: scopes, Products: a.Product,
		RedirectURIs: a.RedirectURI, RedirectHosts: a.RedirectHost, PostLogoutURIs: a.PostLogoutURI, Origins: a.Origin,
		Company: a.Company, Website: a.Website, Contact: a.Contact, RefreshWithoutSecret: a.NoSecret,
		Browser: a.registration(),
	}
	if a.Public {
		wanted.Kind = core.Public
	}
	if a.Organisation != "" {
		organisation, err := organisationOf(ctx, instance, a.Organisation)
		if err != nil {
			return nil, err
		}
		wanted.OrganisationID = organisation.ID
	}
	for _, code := range a.ActsFor {
		organisation, err := organisationOf(ctx, instance, code)
		if err != nil {
			return nil, err
		}
		wanted.OrganisationIDs = append(wanted.OrganisationIDs, organisation.ID)
	}
	return wanted, nil
}

type clientRotate struct {
	place
	ID      string `arg:"" help:"The client_id."`
	Overlap span   `default:"24h" placeholder:"TIME" help:"How long the old secret still works: ${default} unless you say otherwise, at most 30d. 0s ends it at once: for a secret that has leaked."`
}

// Run gives the client a new secret (SP-9).
func (a *clientRotate) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	client, secret, err := instance.Admin.RotateClientSecret(ctx, operator, a.ID, time.Duration(a.Overlap))
	if err != nil {
		return unknown(err, "client", a.ID, clientLists)
	}
	c.fields("client_id", client.ID, "client_secret", secret, "name", client.Name)
	c.print("\n%s %s\n", keepSecret, oldSecret(c.now(), time.Duration(a.Overlap)))
	return nil
}

type clientDisable struct {
	place
	ID string `arg:"" help:"The client_id."`
}

// Run stops the client.
func (a *clientDisable) Run(ctx context.Context, c *command) error {
	return c.setClientStatus(ctx, a.place, a.ID, core.Disabled)
}

type clientEnable struct {
	place
	ID string `arg:"" help:"The client_id."`
}

// Run lets the client work again.
func (a *clientEnable) Run(ctx context.Context, c *command) error {
	return c.setClientStatus(ctx, a.place, a.ID, core.Active)
}

func (c *command) setClientStatus(ctx context.Context, at place, id string, status core.Status) error {
	instance, err := c.open(ctx, at)
	if err != nil {
		return err
	}
	defer instance.Close()
	client, err := instance.Admin.SetClientStatus(ctx, operator, id, status)
	if err != nil {
		return unknown(err, "client", id, clientLists)
	}
	c.print("Client %s (%s) is %s.\n", plain(client.ID), plain(client.Name), clientState(client))
	return nil
}
