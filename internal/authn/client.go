package authn

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/oauth"
)

// Caller is the client of a request, or the API key in its place. Both fields
// nil: there is none.
type Caller struct {
	Client *core.Client
	Key    *core.APIKey
}

// MayUse reports whether the caller may use a grant type. An API key gives
// access tokens and nothing else (SD-1).
func (c Caller) MayUse(grantType string) bool {
	if c.Key != nil {
		return grantType == oauth.GrantClientCredentials
	}
	return c.Client != nil && c.Client.MayUse(grantType)
}

// Scopes returns all that the caller may ask for.
func (c Caller) Scopes() oauth.Scope {
	return (&core.Authorization{Client: c.Client, Key: c.Key}).Registered()
}

// ID returns the client_id.
func (c Caller) ID() string {
	return (&core.Authorization{Client: c.Client, Key: c.Key}).ClientID()
}

// Dialect returns the wire format of the caller.
func (c Caller) Dialect() string {
	return (&core.Authorization{Client: c.Client, Key: c.Key}).Dialect()
}

// LookUp finds the client or API key of a client_id for a route of a dialect
// (empty: a standard endpoint, open to all). One that does not exist, or speaks
// another dialect, is an empty Caller: it goes on to fail as a wrong secret does.
func (a *Authenticator) LookUp(ctx context.Context, clientID, dialect string) (Caller, error) {
	var found Caller
	var err error
	found.Client, found.Key, err = a.Store.ClientOrKey(ctx, clientID)
	if errors.Is(err, core.ErrNotFound) {
		return Caller{}, nil
	}
	if err != nil {
		return Caller{}, err
	}
	if dialect != "" && found.Dialect() != dialect {
		return Caller{}, nil
	}
	return found, nil
}

// ProveClient verifies the client secret (RFC 6749 §2.3.1). Whatever is wrong
// with the credentials, the answer and its time are the same (ALL-7); that the
// caller is stopped is told only after they proved right (JP-2).
func (a *Authenticator) ProveClient(ctx context.Context, c Caller, clientID, clientSecret, ip string) error {
	attempt := Attempt{Identity: "client:" + clientID, Presented: clientSecret, IP: ip}
	switch {
	case c.Client != nil && c.Client.Kind == core.Confidential:
		attempt.Owner = c.Client.ID
	case c.Key != nil:
		attempt.Owner = c.Key.ID
	}
	if err := a.Prove(ctx, attempt, oauth.NewError(oauth.ReasonClientCredentials)); err != nil {
		return err
	}
	if c.Key != nil {
		if err := a.usedFrom(ctx, c.Key, ip, oauth.ReasonClientCredentials); err != nil {
			return err
		}
	}
	return a.Active(c)
}

// Active refuses a caller that is stopped. A dead API key is not told from a
// wrong one.
func (a *Authenticator) Active(c Caller) error {
	if c.Client != nil && c.Client.Status != core.Active {
		return oauth.NewError(oauth.ReasonClientInactive)
	}
	if c.Key != nil && !c.Key.ActiveAt(a.Now()) {
		return oauth.NewError(oauth.ReasonClientCredentials).Because(errors.New("the API key is disabled or expired"))
	}
	return nil
}
