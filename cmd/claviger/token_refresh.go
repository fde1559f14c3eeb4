package main

import (
	"context"
	"errors"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// refreshToken prints an opaque refresh token.
func (i *inspection) refreshToken(ctx context.Context, text string) error {
	token, err := secret.ParseToken(secret.RefreshToken, text)
	i.fields("kind", "refresh token", "checksum", checksumText(err == nil))
	if err != nil {
		return nil
	}
	return i.family(ctx, token)
}

// refreshJWT prints a refresh token in JWT form, which only this server reads.
func (i *inspection) refreshJWT(ctx context.Context, text string, decoded *unproven) error {
	i.show("refresh token, a JWT", decoded)
	token, err := i.instance.OpenRefresh(text)
	if err != nil {
		i.print("Dead: its signature is not right; it was altered, forged, or made under another master key.\n")
		return nil
	}
	return i.family(ctx, token)
}

// family prints the grant that a refresh token belongs to, and what the server
// would say to it.
func (i *inspection) family(ctx context.Context, token secret.Token) error {
	row, grant, err := i.instance.Store.Family(ctx, token.Selector)
	if errors.Is(err, core.ErrNotFound) {
		i.print("Dead: this database does not know it. It is of another one, or expired so long ago that it was removed.\n")
		return nil
	}
	if err != nil {
		return err
	}
	if !token.Equal(row.Hash) {
		i.print("Dead: there is such a token, but with another secret; this one is forged.\n")
		return nil
	}
	byID, err := codes(ctx, i.instance)
	if err != nil {
		return err
	}
	i.fields("grant", grant.ID, "client", grant.ClientID, "user", grant.UserID, "organisation", byID[grant.OrganisationID],
		"scope", grant.Scope.String(), "service", grant.Service, "issued", stamp(row.IssuedAt), "expires", stamp(row.ExpiresAt),
		"grant began", stamp(grant.CreatedAt), "grant ends", stamp(grant.ExpiresAt))
	verdict, err := i.refreshState(ctx, row, grant)
	if err == nil {
		i.print("%s\n", plain(verdict))
	}
	return err
}

// refreshState says in words what the server thinks of a refresh token.
func (i *inspection) refreshState(ctx context.Context, row *core.RefreshToken, grant *core.Grant) (string, error) {
	now := i.now()
	switch {
	case !grant.EndedAt.IsZero():
		return endedText(grant), nil
	case !row.ConsumedAt.IsZero():
		return fmt.Sprintf("Dead: it was used at %s, and another took its place; the authorization itself goes on.", stamp(row.ConsumedAt)), nil
	case !now.Before(row.ExpiresAt):
		return fmt.Sprintf("Dead: it expired at %s.", stamp(row.ExpiresAt)), nil
	}
	a, err := (&tokens.Directory{Store: i.instance.Store}).Load(ctx, tokens.PartiesOf(grant))
	var refused *oauth.Error
	switch {
	case errors.As(err, &refused) && refused.Reason == oauth.ReasonMembershipEnded:
		return "Dead: " + sentence(oauth.ReasonMembershipEnded), nil
	case errors.As(err, &refused) && refused.Status < 500:
		return "Dead: the client, user, organisation or consent behind it no longer exists.", nil
	case err != nil:
		return "", err
	}
	if reason, stopped := a.Stopped(now); stopped {
		return "Dead: " + sentence(reason), nil
	}
	return i.aliveUntil(row.ExpiresAt), nil
}
