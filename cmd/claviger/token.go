package main

import (
	"context"
	"io"
	"strings"

	"claviger/internal/secret"
	"claviger/internal/server"
)

type tokenCommand struct {
	Inspect tokenInspect `cmd:"" help:"Decode a token or credential and say whether it is alive, and if not, why."`
}

type tokenInspect struct {
	place
	Token string `arg:"" help:"The token, or - to read it from standard input, which keeps it out of the shell's history."`
}

const maxToken = 64 << 10 // bytes

// Run inspects a token. It never prints it.
func (a *tokenInspect) Run(ctx context.Context, c *command) error {
	text, err := a.text(c)
	if err != nil {
		return err
	}
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	i := &inspection{command: c, instance: instance, anyIssuer: a.Data != ""}
	kind, _, _ := strings.Cut(strings.TrimPrefix(text, "clv_"), "_")
	switch {
	case !strings.HasPrefix(text, "clv_") && strings.Count(text, ".") == 2:
		return i.jwt(ctx, text)
	case !strings.HasPrefix(text, "clv_"):
		return failed("this is no token of Claviger: it is neither a JWT (three parts with dots between) nor does it begin with clv_. " +
			"An imported key of another format can't be told from other text")
	case secret.Kind(kind) == secret.RefreshToken:
		return i.refreshToken(ctx, text)
	}
	return i.credential(secret.Kind(kind), text)
}

func (a *tokenInspect) text(c *command) (string, error) {
	text := a.Token
	if text == "-" {
		read, err := io.ReadAll(io.LimitReader(c.in, maxToken))
		if err != nil {
			return "", err
		}
		text = string(read)
	}
	text = strings.TrimSpace(text)
	if scheme, rest, ok := strings.Cut(text, " "); ok && strings.EqualFold(scheme, "Bearer") {
		text = strings.TrimSpace(rest)
	}
	if text == "" {
		return "", misused("there is no token to inspect")
	}
	return text, nil
}

// inspection prints what is known about one token.
type inspection struct {
	*command
	instance  *server.Instance
	anyIssuer bool // the issuer is not known: the database was named without a configuration
}

// credential is a secret that is presented whole.
func (i *inspection) credential(kind secret.Kind, text string) error {
	names := map[secret.Kind]string{secret.ClientSecret: "client secret", secret.APIKey: "API key"}
	name, known := names[kind]
	if !known {
		return failed("this begins like a credential of Claviger, but there is no such kind as \"%s\"", string(kind))
	}
	_, whole := secret.WellFormed(text)
	i.fields("kind", name, "checksum", checksumText(whole))
	if whole {
		i.print("\nWhether it works can't be seen from here: only a hash of it is stored. \"claviger %s list\" shows what there is.\n",
			map[secret.Kind]string{secret.ClientSecret: "client", secret.APIKey: "apikey"}[kind])
	}
	return nil
}

func checksumText(right bool) string {
	if right {
		return "right"
	}
	return "wrong: it was mistyped or cut, or never came from Claviger"
}
