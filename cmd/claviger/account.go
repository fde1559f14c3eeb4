package main

import (
	"context"
	"iter"
	"strconv"

	"claviger/client"
)

type accountCommand struct {
	List   accountList   `cmd:"" help:"List the accounts of an organisation."`
	Get    accountGet    `cmd:"" help:"Show an account."`
	Create accountCreate `cmd:"" help:"Make another account in an organisation."`
	Update accountUpdate `cmd:"" help:"Change an account."`
}

const accountLists = "\"claviger account list\""

type accountList struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
}

// Run lists the accounts.
func (a *accountList) Run(ctx context.Context, c *command) error {
	find := func(api *client.Client, id string) iter.Seq2[client.Account, error] { return api.Accounts(ctx, id) }
	return list(ctx, c, a.reach, a.output, listOf(ctx, a.Organisation, find),
		"The organisation has no accounts; \"claviger account create\" makes one.",
		[]string{"ID", "NUMBER", "NAME", "TYPE", "CURRENCY", "STATE", "TEST", "FLAGS"},
		func(x client.Account) []string {
			return []string{x.ID, strconv.FormatInt(x.Number, 10), x.Name, x.Type, x.Currency, status(x.Status), yesNo(x.Test), words(x.Flags)}
		})
}

func accountFields(x *client.Account) []string {
	return []string{"id", x.ID, "number", strconv.FormatInt(x.Number, 10), "organisation", x.OrganisationID, "name", x.Name,
		"type", x.Type, "currency", x.Currency, "category", x.Category, "state", status(x.Status), "flags", words(x.Flags),
		"subscriptions", words(x.Subscriptions), "test", yesNo(x.Test), "created", stamp(x.CreatedAt)}
}

type accountGet struct {
	reach
	output
	ID string `arg:"" help:"Id of the account."`
}

// Run shows the account.
func (a *accountGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Account, error) {
		account, err := api.Account(ctx, a.ID)
		return account, unknown(err, "account", a.ID, accountLists)
	}, accountFields, "")
}

type accountCreate struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
	Name         string `required:"" placeholder:"NAME" help:"Name of the account."`
	Currency     string `placeholder:"CODE" help:"Its currency, such as EUR."`
	Test         bool   `help:"Make it a test account."`
}

// Run makes the account.
func (a *accountCreate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, makeIn(ctx, a.Organisation, func(api *client.Client, id string) (*client.Account, error) {
		return api.CreateAccount(ctx, id, client.NewAccount{Name: a.Name, Currency: a.Currency, Test: a.Test})
	}), accountFields, "")
}

type accountUpdate struct {
	reach
	output
	ID           string   `arg:"" help:"Id of the account."`
	Name         *string  `placeholder:"NAME" help:"Another name."`
	Currency     *string  `placeholder:"CODE" help:"Another currency."`
	Category     *string  `placeholder:"NAME" help:"Another category."`
	Status       *string  `placeholder:"STATE" enum:"active,suspended,disabled" help:"Another state: active, suspended or disabled."`
	Flag         []string `sep:"none" placeholder:"NAME" help:"The flags, in place of those that it has; repeat it for several, --flag= for none."`
	Subscription []string `sep:"none" placeholder:"NAME" help:"The subscriptions, in the same way."`
}

// Run changes the account.
func (a *accountUpdate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.Account, error) {
		account, err := api.UpdateAccount(ctx, a.ID, client.AnyVersion, client.AccountChange{
			Name: a.Name, Currency: a.Currency, Category: a.Category, Status: newStatus(a.Status),
			Flags: texts(a.Flag), Subscriptions: texts(a.Subscription),
		})
		return account, unknown(err, "account", a.ID, accountLists)
	}, accountFields, "")
}
