package main

import (
	"context"
	"strings"
	"time"

	"claviger/client"
	"claviger/oauth"
)

type clientList struct {
	reach
	Organisation string `placeholder:"CODE" help:"Only the clients that this organisation owns."`
	JSON         bool   `name:"json" help:"Print JSON."`
}

// listedClient is a client as --json prints it.
type listedClient struct {
	ID           string      `json:"client_id"`
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`
	Status       string      `json:"status"`
	Organisation string      `json:"organisation,omitzero"` // code
	Dialect      string      `json:"dialect,omitzero"`
	GrantTypes   []string    `json:"grant_types"`
	Scopes       oauth.Scope `json:"scopes"`
	Company      string      `json:"company,omitzero"`
	Website      string      `json:"website,omitzero"`
	Contact      string      `json:"contact,omitzero"`
	CreatedAt    time.Time   `json:"created_at"`
}

// Run lists the clients.
func (a *clientList) Run(ctx context.Context, c *command) error {
	api, done, err := c.reach(ctx, a.reach)
	if err != nil {
		return err
	}
	defer done()
	clients, err := a.collect(ctx, api)
	if err != nil {
		return err
	}
	if a.JSON {
		return c.json(clients)
	}
	if len(clients) == 0 {
		c.print("There are no clients; \"claviger client create\" registers one.\n")
		return nil
	}
	var rows [][]string
	for _, x := range clients {
		rows = append(rows, []string{
			x.ID, x.Name, x.Organisation, x.Dialect, x.Kind, status(x.Status),
			strings.Join(x.GrantTypes, " "), x.Scopes.String(),
		})
	}
	c.table([]string{"CLIENT ID", "NAME", "ORGANISATION", "DIALECT", "KIND", "STATE", "GRANT TYPES", "SCOPES"}, rows)
	return nil
}

func (a *clientList) collect(ctx context.Context, api *client.Client) ([]listedClient, error) {
	owner, err := optionalOrganisation(ctx, api, a.Organisation)
	if err != nil {
		return nil, err
	}
	listed, codes := []listedClient{}, map[string]string{}
	for x, err := range api.OAuthClients(ctx, owner) {
		if err != nil {
			return nil, err
		}
		code, err := organisationCode(ctx, api, codes, x.OrganisationID)
		if err != nil {
			return nil, err
		}
		listed = append(listed, listedClient{
			ID: x.ID, Name: x.Name, Kind: x.Kind, Status: x.Status, Organisation: code, Dialect: x.Dialect, GrantTypes: x.GrantTypes,
			Scopes: x.Scopes, Company: x.Company, Website: x.Website, Contact: x.Contact, CreatedAt: x.CreatedAt,
		})
	}
	return listed, nil
}
