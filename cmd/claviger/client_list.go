package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/oauth"
)

type clientList struct {
	place
	Organisation string `placeholder:"CODE" help:"Only the clients that this organisation owns."`
	JSON         bool   `name:"json" help:"Print JSON."`
}

// listedClient is a client as --json prints it.
type listedClient struct {
	ID           string      `json:"client_id"`
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`
	Status       core.Status `json:"status"`
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
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	clients, err := a.collect(ctx, instance)
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
			x.ID, x.Name, x.Organisation, x.Dialect, x.Kind, strings.ToLower(string(x.Status)),
			strings.Join(x.GrantTypes, " "), x.Scopes.String(),
		})
	}
	c.table([]string{"CLIENT ID", "NAME", "ORGANISATION", "DIALECT", "KIND", "STATE", "GRANT TYPES", "SCOPES"}, rows)
	return nil
}

func (a *clientList) collect(ctx context.Context, instance *server.Instance) ([]listedClient, error) {
	organisations, err := organisationsOf(ctx, instance, a.Organisation)
	if err != nil {
		return nil, err
	}
	clients, err := instance.Store.Clients(ctx)
	if err != nil {
		return nil, err
	}
	listed := []listedClient{}
	for _, x := range clients {
		owner := slices.IndexFunc(organisations, func(o *core.Organisation) bool { return o.ID == x.OrganisationID })
		if owner < 0 && a.Organisation != "" {
			continue
		}
		entry := listedClient{
			ID: x.ID, Name: x.Name, Kind: x.Kind, Status: x.Status, Dialect: x.Dialect, GrantTypes: x.GrantTypes,
			Scopes: x.Scopes, Company: x.Company, Website: x.Website, Contact: x.Contact, CreatedAt: x.CreatedAt,
		}
		if owner >= 0 {
			entry.Organisation = organisations[owner].Code
		}
		listed = append(listed, entry)
	}
	return listed, nil
}

func clientState(client *core.Client) string { return strings.ToLower(string(client.Status)) }
