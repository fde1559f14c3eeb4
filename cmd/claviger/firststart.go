package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/server"
	"claviger/oauth"
)

// firstStart sees to it that a platform without an operator gets one: whom the
// configuration names, else whoever opens the link that is printed.
func (c *command) firstStart(ctx context.Context, instance *server.Instance, log *slog.Logger) error {
	has, err := instance.Admin.HasOperator(ctx)
	if err != nil || has {
		return err
	}
	if instance.Config.Operator.Email != "" {
		return c.configuredOperator(ctx, instance, log)
	}
	link, until, err := c.operatorLink(ctx, instance, admin.Actor{Name: "first start"})
	if err != nil {
		return err
	}
	c.print("There is no operator yet. Whoever opens this link becomes the operator; it works once, until %s:\n  %s\n", stamp(until), link)
	log.Warn("there is no operator yet: a link to become one is on the standard output; \"claviger operator invite\" prints another")
	return c.outErr
}

func (c *command) operatorLink(ctx context.Context, instance *server.Instance, by admin.Actor) (link string, until time.Time, err error) {
	plain, until, err := instance.Admin.InviteOperator(ctx, by)
	return admin.OperatorLink(instance.Config.Issuer, plain), until, err
}

// configuredOperator makes the account of the operator that the configuration names.
func (c *command) configuredOperator(ctx context.Context, instance *server.Instance, log *slog.Logger) error {
	password, err := operatorPassword(instance.Config.Operator)
	if err != nil {
		return err
	}
	made, err := instance.Admin.EnsureOperator(ctx, admin.Actor{Name: "first start"}, admin.NewOperator{
		Email: instance.Config.Operator.Email, FullName: instance.Config.Operator.Email, Password: password,
	})
	if refused := oauth.RefusalOf(err); refused != nil {
		return failed("the operator of the configuration is refused: %s", refused.Description)
	}
	if err == nil && made {
		log.Info("the operator of the configuration is made", "email", instance.Config.Operator.Email)
	}
	return err
}

// operatorPassword reads the password of the operator. One that is public, because it is
// in the demo data, is refused (F10); authn.CheckPassword refuses what is common.
func operatorPassword(o config.Operator) (string, error) {
	password := o.Password.Reveal()
	if o.PasswordFile != "" {
		if password != "" {
			return "", failed("operator.password and operator.password_file are both set; keep one of them")
		}
		text, err := os.ReadFile(o.PasswordFile)
		if err != nil {
			return "", fmt.Errorf("operator.password_file: %w", err)
		}
		password = strings.TrimRight(string(text), "\r\n")
	}
	files, err := demoFiles()
	if err != nil {
		return "", err
	}
	for _, file := range files {
		if password != "" && strings.Contains(string(file.Data), ": "+password+"\n") {
			return "", failed("the password of the operator is one that everybody can read in the demo data; choose another")
		}
	}
	return password, nil
}

type operatorCommand struct {
	Invite operatorInvite `cmd:"" help:"Print a link that makes the account of an operator of the platform. It works once, for 24 hours; the first that is used ends the others."`
}

type operatorInvite struct{ place }

// Run prints the link, and nothing else, on the standard output.
func (a *operatorInvite) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	link, _, err := c.operatorLink(ctx, instance, operator)
	if err != nil {
		return err
	}
	c.print("%s\n", link)
	return nil
}
