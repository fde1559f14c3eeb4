package main

import (
	"context"
	"time"

	"claviger/client"
	"claviger/internal/core"
)

func apiKeyFields(now time.Time) func(*client.APIKey) []string {
	return func(key *client.APIKey) []string {
		return []string{"id", key.ID, "name", key.Name, "organisation", key.OrganisationID, "account", key.AccountID,
			"role", key.RoleID, "scope", words(key.Scopes), "dialect", key.Dialect, "state", keyState(key, now),
			"addresses", words(key.AllowedAddresses), "elsewhere", elsewhere(key), "expires", orNever(key.ExpiresAt),
			"last used", orNever(key.LastUsedAt), "from", key.LastUsedFrom, "created", stamp(key.CreatedAt), "created by", key.CreatedBy}
	}
}

// elsewhere says what happens to a key that is used from other addresses.
func elsewhere(key *client.APIKey) string {
	switch {
	case len(key.AllowedAddresses) == 0:
		return ""
	case key.AddressMode == string(core.AddressReport):
		return "reported"
	}
	return "refused"
}

type apiKeyGet struct {
	reach
	output
	ID string `arg:"" help:"Id of the key."`
}

// Run shows the key.
func (a *apiKeyGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.APIKey, error) {
		key, err := api.APIKey(ctx, a.ID)
		return key, unknown(err, "API key", a.ID, keyLists)
	}, apiKeyFields(c.now()), "")
}

type apiKeyUpdate struct {
	reach
	output
	ID         string   `arg:"" help:"Id of the key."`
	Name       *string  `placeholder:"NAME" help:"Another name."`
	Expires    moment   `placeholder:"WHEN" help:"Another end: 2027-01-31, or 90d for that long from now."`
	Address    []string `sep:"none" placeholder:"NETWORK" help:"The addresses and networks that the key is used from, in place of those that it has; repeat it for several, --address= for anywhere."`
	ReportOnly *bool    `negatable:"" help:"Note the use from other addresses in the audit trail, and let it be."`
}

// Run changes the key.
func (a *apiKeyUpdate) Run(ctx context.Context, c *command) error {
	change := client.APIKeyChange{Name: a.Name, AllowedAddresses: texts(a.Address)}
	if at := a.Expires.after(c.now()); !at.IsZero() {
		change.ExpiresAt = &at
	}
	if a.ReportOnly != nil {
		mode := string(core.AddressEnforce)
		if *a.ReportOnly {
			mode = string(core.AddressReport)
		}
		change.AddressMode = &mode
	}
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.APIKey, error) {
		key, err := api.UpdateAPIKey(ctx, a.ID, client.AnyVersion, change)
		return key, unknown(err, "API key", a.ID, keyLists)
	}, apiKeyFields(c.now()), "")
}

type apiKeyRevoke struct {
	reach
	ID string `arg:"" help:"Id of the key."`
}

// Run ends the key.
func (a *apiKeyRevoke) Run(ctx context.Context, c *command) error {
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.RevokeAPIKey(ctx, a.ID), "API key", a.ID, keyLists)
	}, "API key "+a.ID+" has ended.")
}
