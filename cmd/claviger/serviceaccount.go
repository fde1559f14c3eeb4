package main

import (
	"context"
	"iter"
	"strings"
	"time"

	"claviger/client"
)

type serviceCommand struct {
	List          serviceList   `cmd:"" help:"List the service accounts of an organisation."`
	Get           serviceGet    `cmd:"" help:"Show a service account."`
	Create        serviceCreate `cmd:"" help:"Make a service account and print its password, once."`
	Update        serviceUpdate `cmd:"" help:"Change, disable or enable a service account."`
	ResetPassword serviceReset  `cmd:"" help:"Give a service account a new password and print it, once."`
}

const serviceLists = "\"claviger service-account list\""

type serviceList struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
}

// Run lists the service accounts.
func (a *serviceList) Run(ctx context.Context, c *command) error {
	find := func(api *client.Client, id string) iter.Seq2[client.ServiceAccount, error] {
		return api.ServiceAccounts(ctx, id)
	}
	return list(ctx, c, a.reach, a.output, listOf(ctx, a.Organisation, find),
		"The organisation has no service accounts; \"claviger service-account create\" makes one.",
		[]string{"USERNAME", "ID", "NAME", "EMAIL", "STATE", "CREATED"},
		func(u client.ServiceAccount) []string {
			return []string{u.Username, u.ID, u.FullName, u.Email, status(u.Status), stamp(u.CreatedAt)}
		})
}

func serviceFields(u *client.ServiceAccount) []string {
	return []string{"id", u.ID, "username", u.Username, "password", u.Password, "organisation", u.OrganisationID, "name", u.FullName,
		"email", u.Email, "phone", u.Phone, "state", status(u.Status), "created", stamp(u.CreatedAt)}
}

type serviceGet struct {
	reach
	output
	ID string `arg:"" help:"Id of the service account."`
}

// Run shows the service account.
func (a *serviceGet) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.ServiceAccount, error) {
		account, err := api.ServiceAccount(ctx, a.ID)
		return account, unknown(err, "service account", a.ID, serviceLists)
	}, serviceFields, "")
}

type serviceCreate struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation, by its code or id."`
	Username     string `required:"" placeholder:"NAME" help:"Its username, unique in the organisation."`
	FullName     string `placeholder:"NAME" help:"Its name, for people."`
	Email        string `placeholder:"EMAIL" help:"Its email address."`
	Phone        string `placeholder:"NUMBER" help:"Its phone number."`
	Role         string `placeholder:"CODE" help:"Role that it has. Without it, it may do nothing that a permission guards."`
	Account      string `placeholder:"ID" help:"Account where it has the role. Without it, the whole organisation."`
}

// Run makes the service account (PE-7).
func (a *serviceCreate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, makeIn(ctx, a.Organisation, func(api *client.Client, id string) (*client.ServiceAccount, error) {
		return api.CreateServiceAccount(ctx, id, client.NewServiceAccount{
			Username: a.Username, FullName: a.FullName, Email: a.Email, Phone: a.Phone, Role: a.Role, AccountID: a.Account,
		})
	}), serviceFields, keepPassword)
}

const keepPassword = "Keep the password now: it is not shown again."

type serviceUpdate struct {
	reach
	output
	ID       string  `arg:"" help:"Id of the service account."`
	FullName *string `placeholder:"NAME" help:"Another name."`
	Email    *string `placeholder:"EMAIL" help:"Another email address."`
	Phone    *string `placeholder:"NUMBER" help:"Another phone number."`
	Status   *string `placeholder:"STATE" enum:"active,suspended,disabled" help:"Another state: active, suspended or disabled."`
}

// Run changes the service account.
func (a *serviceUpdate) Run(ctx context.Context, c *command) error {
	return show(ctx, c, a.reach, a.output, func(api *client.Client) (*client.ServiceAccount, error) {
		account, err := api.UpdateServiceAccount(ctx, a.ID, client.AnyVersion, client.ServiceAccountChange{
			FullName: a.FullName, Email: a.Email, Phone: a.Phone, Status: newStatus(a.Status),
		})
		return account, unknown(err, "service account", a.ID, serviceLists)
	}, serviceFields, "")
}

type serviceReset struct {
	reach
	output
	Organisation string `required:"" placeholder:"CODE" help:"Organisation of the service account, by its code."`
	Username     string `arg:"" help:"Its username, e-mail address or phone number."`
	Overlap      span   `default:"0s" placeholder:"TIME" help:"How long the old password still works, at most 30d. Without it, not at all."`
}

// Run resets the password (SP-9).
func (a *serviceReset) Run(ctx context.Context, c *command) error {
	if err := a.Overlap.check(); err != nil {
		return err
	}
	return show(ctx, c, a.reach, a.output, makeIn(ctx, a.Organisation, func(api *client.Client, id string) (*client.ServiceAccount, error) {
		for account, err := range api.ServiceAccounts(ctx, id) {
			if err != nil {
				return nil, err
			}
			if a.Username == account.Username || strings.EqualFold(a.Username, account.Email) || a.Username == account.Phone || a.Username == account.ID {
				return api.ResetServiceAccount(ctx, account.ID, time.Duration(a.Overlap))
			}
		}
		return nil, failed("organisation %s has no service account \"%s\"", a.Organisation, a.Username)
	}), func(u *client.ServiceAccount) []string {
		return []string{"username", u.Username, "password", u.Password, "organisation", a.Organisation}
	}, keepSecret)
}
