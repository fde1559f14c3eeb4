package main

import (
	"context"

	"claviger/client"
	"claviger/oauth"
)

func clientFields(x *client.OAuthClient) []string {
	return []string{"client_id", x.ID, "name", x.Name, "kind", x.Kind, "state", status(x.Status), "organisation", x.OrganisationID,
		"acts for", words(x.OrganisationIDs), "dialect", x.Dialect, "grant types", words(x.GrantTypes), "scope", words(x.Scopes),
		"products", words(x.Products), "redirect uris", words(x.RedirectURIs), "redirect hosts", words(x.RedirectHosts),
		"post logout uris", words(x.PostLogoutURIs), "origins", words(x.Origins), "company", x.Company, "website", x.Website,
		"contact", x.Contact, "created", stamp(x.CreatedAt)}
}

type clientGet struct {
	reach
	output
	ID string `arg:"" help:"The client_id."`
}

// Run shows the client.
func (a *clientGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.OAuthClient, error) {
		found, err := api.OAuthClient(ctx, a.ID)
		return found, unknown(err, "client", a.ID, clientLists)
	}, clientFields, "")
}

type clientUpdate struct {
	reach
	output
	ID            string   `arg:"" help:"The client_id."`
	Name          *string  `placeholder:"NAME" help:"Another name."`
	Company       *string  `placeholder:"NAME" help:"Another company."`
	Website       *string  `placeholder:"URL" help:"Another website."`
	Contact       *string  `placeholder:"EMAIL" help:"Another contact."`
	Status        *string  `placeholder:"STATE" enum:"active,suspended,disabled" help:"Another state: active, suspended or disabled."`
	Dialect       *string  `placeholder:"NAME" help:"Another wire dialect."`
	Scope         *string  `placeholder:"\"A B\"" help:"The scopes, in place of those that it has."`
	Grant         []string `sep:"none" placeholder:"TYPE" help:"The grant types, in place of those that it has; repeat it for several, --grant= for none. The flags below work in the same way."`
	Product       []string `sep:"none" placeholder:"NAME" help:"The products."`
	RedirectURI   []string `name:"redirect-uri" sep:"none" placeholder:"URI" help:"The redirect URIs."`
	RedirectHost  []string `sep:"none" placeholder:"HOST" help:"The hosts of redirect URIs."`
	PostLogoutURI []string `name:"post-logout-uri" sep:"none" placeholder:"URI" help:"Where the browser may go after signing out."`
	Origin        []string `sep:"none" placeholder:"URL" help:"The browser origins that may call the API."`
}

// Run changes the client.
func (a *clientUpdate) Run(ctx context.Context, c *command) error {
	change := client.OAuthClientChange{
		Name: a.Name, Company: a.Company, Website: a.Website, Contact: a.Contact, Status: newStatus(a.Status), Dialect: a.Dialect,
		GrantTypes: texts(a.Grant), Products: texts(a.Product), RedirectURIs: texts(a.RedirectURI),
		RedirectHosts: texts(a.RedirectHost), PostLogoutURIs: texts(a.PostLogoutURI), Origins: texts(a.Origin),
	}
	if a.Scope != nil {
		scopes, ok := oauth.ParseScope(*a.Scope)
		if !ok {
			return misused("--scope: \"%s\" holds a character that no scope may have (RFC 6749 §3.3)", *a.Scope)
		}
		list := append([]string{}, scopes...)
		change.Scopes = &list
	}
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.OAuthClient, error) {
		changed, err := api.UpdateOAuthClient(ctx, a.ID, client.AnyVersion, change)
		return changed, unknown(err, "client", a.ID, clientLists)
	}, clientFields, "")
}
