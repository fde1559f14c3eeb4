package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"claviger/client"
	"claviger/internal/core"
	"claviger/oauth"
)

type apiKeyCommand struct {
	Create  apiKeyCreate  `cmd:"" help:"Make an API key and print its secret, once."`
	List    apiKeyList    `cmd:"" help:"List API keys: rights, expiry, last use."`
	Get     apiKeyGet     `cmd:"" help:"Show an API key, without its secret."`
	Update  apiKeyUpdate  `cmd:"" help:"Change the name, expiry or allowed addresses of an API key."`
	Disable apiKeyDisable `cmd:"" help:"Stop an API key at once, and the access tokens made with it wherever they are introspected."`
	Enable  apiKeyEnable  `cmd:"" help:"Let a disabled API key work again."`
	Rotate  apiKeyRotate  `cmd:"" help:"Give an API key a new secret and print it, once; the old one works for a while longer."`
	Revoke  apiKeyRevoke  `cmd:"" help:"End an API key for good."`
}

const keyLists = "\"claviger apikey list\""

type apiKeyCreate struct {
	reach
	output
	Organisation string   `required:"" placeholder:"CODE" help:"Organisation that the key belongs to, by its code."`
	Account      string   `placeholder:"ID" help:"Account that the key is for, by id or number. Not needed where the organisation has one."`
	Name         string   `required:"" placeholder:"NAME" help:"Name of the key, unique in the account."`
	Role         string   `placeholder:"CODE" help:"Role whose permissions the key has."`
	Scope        string   `placeholder:"\"A B\"" help:"Scopes that the key may ask for, separated by spaces."`
	Expires      moment   `placeholder:"WHEN" help:"When the key ends: 2027-01-31, or 90d for that long from now. Without it, as late as is allowed: a year from now, or never where the dialect says so."`
	Dialect      string   `placeholder:"NAME" help:"Wire dialect that the key is for. Without it, the standard endpoints alone."`
	Address      []string `placeholder:"NETWORK" help:"Address or network that the key is used from, such as 192.0.2.0/24. Without it, anywhere. Repeat it for several."`
	ReportOnly   bool     `help:"Note the use from other addresses in the audit trail, and let it be."`
}

// Run makes the key (SD-2).
func (a *apiKeyCreate) Run(ctx context.Context, c *command) error {
	scopes, ok := oauth.ParseScope(a.Scope)
	if !ok {
		return misused("--scope: \"%s\" holds a character that no scope may have (RFC 6749 §3.3)", a.Scope)
	}
	if err := c.knownDialect(a.reach, a.Dialect); err != nil {
		return err
	}
	var code string
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.APIKey, error) {
		organisation, account, err := a.owner(ctx, api)
		if err != nil {
			return nil, err
		}
		code = organisation.Code
		wanted := client.NewAPIKey{
			AccountID: account.ID, Name: a.Name, Role: a.Role, Scopes: scopes, ExpiresAt: a.Expires.after(c.now()),
			Dialect: a.Dialect, AllowedAddresses: a.Address,
		}
		if a.ReportOnly {
			wanted.AddressMode = string(core.AddressReport)
		}
		key, err := api.CreateAPIKey(ctx, organisation.ID, wanted)
		return key, nameTaken(err, "the account "+account.ID+" has an API key of that name already; choose another --name")
	}, func(key *client.APIKey) []string {
		return []string{"id", key.ID, "secret", key.Secret, "name", key.Name, "organisation", code, "account", key.AccountID,
			"role", a.Role, "scope", words(key.Scopes), "dialect", key.Dialect, "addresses", words(key.AllowedAddresses),
			"expires", orNever(key.ExpiresAt)}
	}, keepSecret)
}

// knownDialect refuses the name of a dialect that this installation does not have. A
// server elsewhere has its own.
func (c *command) knownDialect(at reach, name string) error {
	if name == "" || at.Server != "" {
		return nil
	}
	config, err := c.load(at.place)
	if err != nil {
		return err
	}
	return checkDialect(config, name)
}

const keepSecret = "Keep the secret now: it is not shown again."

// owner finds the organisation, and the account in it.
func (a *apiKeyCreate) owner(ctx context.Context, api *client.Client) (*client.Organisation, *client.Account, error) {
	organisation, err := organisationNamed(ctx, api, a.Organisation)
	if err != nil {
		return nil, nil, err
	}
	accounts, err := all(api.Accounts(ctx, organisation.ID))
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, account := range accounts {
		if a.Account == account.ID || a.Account == strconv.FormatInt(account.Number, 10) || a.Account == "" && len(accounts) == 1 {
			return organisation, &account, nil
		}
		ids = append(ids, account.ID)
	}
	switch {
	case len(accounts) == 0:
		return nil, nil, failed("the organisation \"%s\" has no account yet; \"claviger account create --organisation %s --name …\" makes one", a.Organisation, organisation.Code)
	case a.Account == "":
		return nil, nil, misused("the organisation \"%s\" has several accounts; choose one with --account: %s", a.Organisation, strings.Join(ids, ", "))
	}
	return nil, nil, failed("the organisation \"%s\" has no account \"%s\"; it has %s", a.Organisation, a.Account, strings.Join(ids, ", "))
}

type apiKeyDisable struct {
	reach
	output
	ID string `arg:"" help:"Id of the key."`
}

// Run stops the key.
func (a *apiKeyDisable) Run(ctx context.Context, c *command) error {
	return c.enableKey(ctx, a.reach, a.output, a.ID, false)
}

type apiKeyEnable struct {
	reach
	output
	ID string `arg:"" help:"Id of the key."`
}

// Run lets the key work again.
func (a *apiKeyEnable) Run(ctx context.Context, c *command) error {
	return c.enableKey(ctx, a.reach, a.output, a.ID, true)
}

// enableKey sets a key going or stops it.
func (c *command) enableKey(ctx context.Context, at reach, as output, id string, enabled bool) error {
	api, done, err := c.reach(ctx, at)
	if err != nil {
		return err
	}
	defer done()
	key, err := api.UpdateAPIKey(ctx, id, client.AnyVersion, client.APIKeyChange{Enabled: &enabled})
	if err != nil {
		return unknown(err, "API key", id, keyLists)
	}
	if as.JSON {
		return c.json(key)
	}
	c.print("API key %s (%s) is %s.\n", key.ID, plain(key.Name), keyState(key, c.now()))
	return nil
}

type apiKeyRotate struct {
	reach
	output
	ID      string `arg:"" help:"Id of the key."`
	Overlap span   `default:"24h" placeholder:"TIME" help:"How long the old secret still works: ${default} unless you say otherwise, at most 30d. 0s ends it at once: for a secret that has leaked."`
}

// Run gives the key a new secret.
func (a *apiKeyRotate) Run(ctx context.Context, c *command) error {
	if err := a.Overlap.check(); err != nil {
		return err
	}
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.APIKey, error) {
		key, err := api.RotateAPIKey(ctx, a.ID, time.Duration(a.Overlap))
		return key, unknown(err, "API key", a.ID, keyLists)
	}, func(key *client.APIKey) []string {
		return []string{"id", key.ID, "secret", key.Secret, "name", key.Name}
	}, keepSecret+" "+oldSecret(c.now(), time.Duration(a.Overlap)))
}

// oldSecret says what becomes of the secret before.
func oldSecret(now time.Time, overlap time.Duration) string {
	if overlap == 0 {
		return "The old one has ended."
	}
	return fmt.Sprintf("The old one works until %s.", stamp(now.Add(overlap)))
}
