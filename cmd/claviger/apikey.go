package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/oauth"
)

type apiKeyCommand struct {
	Create  apiKeyCreate  `cmd:"" help:"Make an API key and print its secret, once."`
	List    apiKeyList    `cmd:"" help:"List API keys: rights, expiry, last use."`
	Disable apiKeyDisable `cmd:"" help:"Stop an API key at once, and the access tokens made with it wherever they are introspected."`
	Enable  apiKeyEnable  `cmd:"" help:"Let a disabled API key work again."`
	Rotate  apiKeyRotate  `cmd:"" help:"Give an API key a new secret and print it, once; the old one works for a while longer."`
}

const keyLists = "\"claviger apikey list\""

type apiKeyCreate struct {
	place
	Organisation string `required:"" placeholder:"CODE" help:"Organisation that the key belongs to, by its code."`
	Account      string `placeholder:"ID" help:"Account that the key is for, by id or number. Not needed where the organisation has one."`
	Name         string `required:"" placeholder:"NAME" help:"Name of the key, unique in the account."`
	Role         string `placeholder:"CODE" help:"Role whose permissions the key has."`
	Scope        string `placeholder:"\"A B\"" help:"Scopes that the key may ask for, separated by spaces."`
	Expires      moment `placeholder:"WHEN" help:"When the key ends: 2027-01-31, or 90d for that long from now. Without it, as late as is allowed: a year from now, or never where the dialect says so."`
	Dialect      string `placeholder:"NAME" help:"Wire dialect that the key is for. Without it, the standard endpoints alone."`
}

// Run makes the key (SD-2).
func (a *apiKeyCreate) Run(ctx context.Context, c *command) error {
	scopes, ok := oauth.ParseScope(a.Scope)
	if !ok {
		return misused("--scope: \"%s\" holds a character that no scope may have (RFC 6749 §3.3)", a.Scope)
	}
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	if err := checkDialect(instance.Config, a.Dialect); err != nil {
		return err
	}
	organisation, account, err := a.owner(ctx, instance)
	if err != nil {
		return err
	}
	key, secret, err := instance.Admin.CreateAPIKey(ctx, operator, admin.NewAPIKey{
		OrganisationID: organisation.ID, AccountID: account.ID, Name: a.Name, RoleCode: a.Role, Scopes: scopes,
		ExpiresAt: a.Expires.after(c.now()), Dialect: a.Dialect,
	})
	if err != nil {
		return nameTaken(err, "the account "+account.ID+" has an API key of that name already; choose another --name")
	}
	c.fields("id", key.ID, "secret", secret, "name", key.Name, "organisation", organisation.Code, "account", account.ID,
		"role", a.Role, "scope", key.Scopes.String(), "dialect", key.Dialect, "expires", orNever(key.ExpiresAt))
	c.print("\n%s\n", keepSecret)
	return nil
}

const keepSecret = "Keep the secret now: it is not shown again."

// owner finds the organisation, and the account in it.
func (a *apiKeyCreate) owner(ctx context.Context, instance *server.Instance) (*core.Organisation, *core.Account, error) {
	organisation, err := organisationOf(ctx, instance, a.Organisation)
	if err != nil {
		return nil, nil, err
	}
	accounts, err := instance.Store.AccountsOf(ctx, organisation.ID)
	if err != nil {
		return nil, nil, err
	}
	var ids []string
	for _, account := range accounts {
		if a.Account == account.ID || a.Account == strconv.FormatInt(account.Number, 10) || a.Account == "" && len(accounts) == 1 {
			return organisation, account, nil
		}
		ids = append(ids, account.ID)
	}
	switch {
	case len(accounts) == 0:
		return nil, nil, failed("the organisation \"%s\" has no account yet; add one to a file and run \"claviger apply\"", a.Organisation)
	case a.Account == "":
		return nil, nil, misused("the organisation \"%s\" has several accounts; choose one with --account: %s", a.Organisation, strings.Join(ids, ", "))
	}
	return nil, nil, failed("the organisation \"%s\" has no account \"%s\"; it has %s", a.Organisation, a.Account, strings.Join(ids, ", "))
}

type apiKeyDisable struct {
	place
	ID string `arg:"" help:"Id of the key."`
}

// Run stops the key.
func (a *apiKeyDisable) Run(ctx context.Context, c *command) error {
	return c.enableKey(ctx, a.place, a.ID, false)
}

type apiKeyEnable struct {
	place
	ID string `arg:"" help:"Id of the key."`
}

// Run lets the key work again.
func (a *apiKeyEnable) Run(ctx context.Context, c *command) error {
	return c.enableKey(ctx, a.place, a.ID, true)
}

func (c *command) enableKey(ctx context.Context, at place, id string, enabled bool) error {
	instance, err := c.open(ctx, at)
	if err != nil {
		return err
	}
	defer instance.Close()
	key, err := instance.Admin.SetAPIKeyEnabled(ctx, operator, id, enabled)
	if err != nil {
		return unknown(err, "API key", id, keyLists)
	}
	c.print("API key %s (%s) is %s.\n", key.ID, plain(key.Name), keyState(key, c.now()))
	return nil
}

type apiKeyRotate struct {
	place
	ID      string `arg:"" help:"Id of the key."`
	Overlap span   `default:"24h" placeholder:"TIME" help:"How long the old secret still works: ${default} unless you say otherwise, at most 30d. 0s ends it at once: for a secret that has leaked."`
}

// Run gives the key a new secret.
func (a *apiKeyRotate) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	key, secret, err := instance.Admin.RotateAPIKey(ctx, operator, a.ID, time.Duration(a.Overlap))
	if err != nil {
		return unknown(err, "API key", a.ID, keyLists)
	}
	c.fields("id", key.ID, "secret", secret, "name", key.Name)
	c.print("\n%s %s\n", keepSecret, oldSecret(c.now(), time.Duration(a.Overlap)))
	return nil
}

// oldSecret says what becomes of the secret before.
func oldSecret(now time.Time, overlap time.Duration) string {
	if overlap == 0 {
		return "The old one has ended."
	}
	return fmt.Sprintf("The old one works until %s.", stamp(now.Add(overlap)))
}
