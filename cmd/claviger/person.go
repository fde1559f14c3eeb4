package main

import (
	"context"

	"claviger/client"
)

type personCommand struct {
	ResetFactors personResetFactors `cmd:"" help:"Take away all passkeys, the authenticator app and the recovery codes of a person who has lost them, and sign them out everywhere. Make sure first who asks."`
}

type personResetFactors struct {
	reach
	Person string `arg:"" help:"Email address, phone number or id of the person."`
}

// Run resets the factors.
func (a *personResetFactors) Run(ctx context.Context, c *command) error {
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.ResetFactors(ctx, a.Person), "person", a.Person, memberLists)
	}, "The second factors of "+a.Person+" are gone; a password is enough to sign in until others are set up.")
}
