package grants

import (
	"context"
	"errors"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/oauth"
)

// limitSource comes before anything is looked up: it costs a stranger a request, and
// the server next to nothing.
func (x *Exchange) limitSource(_ context.Context, r *request) error {
	return x.Authenticator.Limits.Source(r.Source.IP)
}

// limitCaller comes when the client has proved to be that, so that nobody uses up
// the budget of another.
func (x *Exchange) limitCaller(_ context.Context, r *request) error {
	return x.Authenticator.Limits.Caller(r.caller.Client, r.caller.Key)
}

// authenticateClient is client authentication (RFC 6749 §2.3, §3.2.1).
func (x *Exchange) authenticateClient(ctx context.Context, r *request) error {
	if r.ClientID == "" && r.ClientSecret == "" && r.GrantType == oauth.GrantRefreshToken {
		return x.clientOfRefreshToken(ctx, r)
	}
	if r.IdentifyBySecret {
		found, err := x.Authenticator.CallerBySecret(ctx, r.ClientSecret, r.Dialect, r.Source.IP)
		r.caller = found
		return err
	}
	found, err := x.Authenticator.LookUp(ctx, r.ClientID, r.Dialect)
	if err != nil {
		return err
	}
	r.named = found
	if r.ClientSecret == "" && needsNoSecret(found.Client, r) {
		err = x.Authenticator.Active(found)
	} else {
		err = x.Authenticator.ProveClient(ctx, found, r.ClientID, r.ClientSecret, r.Source.IP)
	}
	if err != nil {
		return err
	}
	r.caller = found
	return nil
}

// needsNoSecret is true for public clients that redeem what they were given, and
// at refresh for clients that are registered so (JP-3, SD-6). It is a property of
// the client, so that no codec can skip authentication.
func needsNoSecret(c *core.Client, r *request) bool {
	switch {
	case c == nil:
		return false
	case r.GrantType == oauth.GrantRefreshToken:
		return c.Kind == core.Public || c.RefreshWithoutSecret
	}
	return r.GrantType == oauth.GrantAuthorizationCode && c.Kind == core.Public
}

// checkOrigin refuses a page that the client is not registered for (H10).
func (x *Exchange) checkOrigin(_ context.Context, r *request) error { return r.caller.From(r.Origin) }

// clientOfRefreshToken takes the client from the refresh token where the client
// need not name itself.
func (x *Exchange) clientOfRefreshToken(ctx context.Context, r *request) error {
	if err := x.presentRefreshToken(ctx, r); err != nil {
		return err
	}
	invalid := oauth.NewError(oauth.ReasonRefreshTokenInvalid)
	client, err := x.Store.Client(ctx, r.rotation.grant.ClientID)
	if errors.Is(err, core.ErrNotFound) {
		return invalid.Because(err)
	}
	if err != nil {
		return err
	}
	if r.Dialect != "" && client.Dialect != r.Dialect {
		return invalid.Because(errors.New("a token of another dialect"))
	}
	if !needsNoSecret(client, r) {
		return oauth.NewError(oauth.ReasonClientCredentials).Because(errors.New("the client must authenticate"))
	}
	r.caller = authn.Caller{Client: client}
	return x.Authenticator.Active(r.caller)
}
