package tokens

import (
	"context"
	"errors"
	"time"

	"claviger/internal/core"
	"claviger/oauth"
)

// maxSkew is how far ahead of ours the clock of a node may be (C07).
const maxSkew = 60 * time.Second

// Verifier proves access tokens of this issuer and says what they are good for
// now.
type Verifier struct {
	URL       string // iss
	Ring      *Ring
	Directory *Directory
	Now       func() time.Time
}

// Verify checks signature, type, issuer and times of an access token (RFC 9068
// §4). It does not check the audience, which depends on who asks, nor the
// present state: see Alive. Errors are *oauth.Error, ReasonTokenInvalid or
// ReasonTokenExpired.
func (v *Verifier) Verify(ctx context.Context, token string) (*Claims, error) {
	now := v.Now()
	claims, err := v.Ring.claimsOf(ctx, token, now)
	switch {
	case err != nil:
		return nil, tokenInvalid(err)
	case claims.Issuer != v.URL:
		return nil, tokenInvalid(errors.New("another issuer")) // C12
	case claims.Subject == "" || claims.Audience == "" || claims.GrantID == "":
		return nil, tokenInvalid(errors.New("a required claim is missing"))
	case claims.IssuedAt <= 0 || claims.IssuedAt > now.Add(maxSkew).Unix():
		return nil, tokenInvalid(errors.New("iat is missing or in the future"))
	case now.Unix() >= claims.ExpiresAt:
		return nil, oauth.NewError(oauth.ReasonTokenExpired)
	}
	return claims, nil
}

// Alive returns the authorization behind verified claims as it is now, or why
// it is no longer one: its grant has ended, or a party is gone or stopped. Its
// scope is what is left of the token's (D05).
// Every failure is an invalid_token error.
func (v *Verifier) Alive(ctx context.Context, c *Claims) (*core.Authorization, error) {
	restored, err := v.Directory.Store.RestoredAt(ctx)
	if err != nil {
		return nil, err
	}
	if c.IssuedAt < restored.Unix() { // R26: its end may be among what was lost
		return nil, oauth.NewError(oauth.ReasonTokenRevoked)
	}
	grant, err := v.Directory.Store.GrantState(ctx, c.GrantID)
	if err != nil {
		return nil, err
	}
	parties := c.Parties() // without a grant: a token without refresh token that nobody has revoked
	if grant != nil && !grant.EndedAt.IsZero() {
		return nil, oauth.NewError(oauth.ReasonTokenRevoked)
	}
	if grant != nil {
		parties = PartiesOf(grant) // the token may name its person by a pairwise subject
	}
	a, err := v.Directory.Load(ctx, parties)
	if err != nil {
		return nil, asTokenError(err)
	}
	if reason, stopped := a.Stopped(v.Now()); stopped {
		return nil, oauth.NewError(oauth.ReasonCredentialInactive).Because(errors.New(string(reason)))
	}
	a.GrantID, a.Scope, a.Channel = c.GrantID, c.Scopes().Intersect(a.Registered()), c.Channel
	if grant != nil {
		a.Authentication = grant.Authentication
	}
	if uri, ok := serviceOf(a, c.Audience); ok {
		a.Service = core.Service{Name: c.Audience, URI: uri}
	}
	return a, nil
}

func serviceOf(a *core.Authorization, audience string) (string, bool) {
	if a.Organisation == nil {
		return "", false
	}
	uri, ok := a.Organisation.Services[audience]
	return uri, ok
}

func tokenInvalid(cause error) *oauth.Error {
	return oauth.NewError(oauth.ReasonTokenInvalid).Because(cause)
}

// asTokenError keeps the cause of an ended party and answers as for any dead
// token; other failures pass.
func asTokenError(err error) error {
	var e *oauth.Error
	if errors.As(err, &e) && e.Status < 500 {
		return oauth.NewError(oauth.ReasonTokenRevoked).Because(err)
	}
	return err
}
