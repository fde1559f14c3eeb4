package main

import (
	"context"
	"errors"
	"time"

	"claviger/internal/core"
)

type serviceCommand struct {
	ResetPassword serviceReset `cmd:"" help:"Give a service account a new password and print it, once."`
}

type serviceReset struct {
	place
	Organisation string `required:"" placeholder:"CODE" help:"Organisation of the service account, by its code."`
	Username     string `arg:"" help:"Its username, e-mail address or phone number."`
	Overlap      span   `default:"0s" placeholder:"TIME" help:"How long the old password still works, at most 30d. Without it, not at all."`
}

// Run resets the password (SP-9).
func (a *serviceReset) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	organisation, err := organisationOf(ctx, instance, a.Organisation)
	if err != nil {
		return err
	}
	user, err := instance.Store.ServiceAccount(ctx, organisation.ID, a.Username)
	if errors.Is(err, core.ErrNotFound) {
		return failed("organisation %s has no service account \"%s\"", a.Organisation, a.Username)
	}
	if err != nil {
		return err
	}
	user, password, err := instance.Admin.ResetPassword(ctx, operator, user.ID, time.Duration(a.Overlap))
	if err != nil {
		return err
	}
	c.fields("username", user.Username, "password", password, "organisation", a.Organisation)
	c.print("\n%s\n", keepSecret)
	return nil
}
