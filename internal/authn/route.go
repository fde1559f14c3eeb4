package authn

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Bearer returns the authorization of an access token for a route of a dialect.
// A token for another audience or of another dialect is refused as any wrong
// token is (PE-3).
func (a *Authenticator) Bearer(ctx context.Context, token, dialect string) (*core.Authorization, error) {
	claims, err := a.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if claims.Audience != a.Audience {
		return nil, oauth.NewError(oauth.ReasonTokenInvalid).Because(errors.New("the token is for another audience"))
	}
	authorization, err := a.Verifier.Alive(ctx, claims)
	if err != nil {
		return nil, err
	}
	if authorization.Dialect() != dialect {
		return nil, oauth.NewError(oauth.ReasonTokenInvalid).Because(errors.New("the token is of another dialect"))
	}
	return authorization, nil
}

// APIKey returns the authorization of an API key that was presented as it is,
// on a route of a dialect (empty: a standard endpoint, open to all). The key is
// found by its keyed digest, so neither its existence nor its bytes can be told
// from the time the answer takes.
func (a *Authenticator) APIKey(ctx context.Context, presented, dialect, ip string) (*core.Authorization, error) {
	key, err := a.proveKey(ctx, presented, dialect, ip)
	if err != nil {
		return nil, err
	}
	authorization, err := a.Directory.Load(ctx, tokens.Parties{
		APIKeyID: key.ID, OrganisationID: key.OrganisationID, AccountID: key.AccountID,
	})
	if err != nil {
		return nil, err
	}
	if reason, stopped := authorization.Stopped(a.Now()); stopped {
		return nil, oauth.NewError(oauth.ReasonCredentialInactive).Because(errors.New(string(reason)))
	}
	authorization.Scope = key.Scopes
	return authorization, nil
}

// CallerBySecret returns the API key of a token request that presents a secret
// without an id. Whatever is wrong is answered as a wrong client secret is.
func (a *Authenticator) CallerBySecret(ctx context.Context, presented, dialect, ip string) (Caller, error) {
	key, err := a.proveKey(ctx, presented, dialect, ip)
	var wrong *oauth.Error
	if errors.As(err, &wrong) && wrong.Reason == oauth.ReasonKeyInvalid {
		return Caller{}, oauth.NewError(oauth.ReasonClientCredentials).Because(err)
	}
	if err != nil {
		return Caller{}, err
	}
	found := Caller{Key: key}
	return found, a.Active(found)
}

// proveKey finds the key of a presented secret, behind the gate.
func (a *Authenticator) proveKey(ctx context.Context, presented, dialect, ip string) (*core.APIKey, error) {
	// The digest is the identity, so that wrong keys of one source use up the
	// budget of that source and nobody else's (D01).
	digest := a.Secrets.Digest(presented)
	try, err := a.Gate.Enter(ctx, "api_key:"+digest, ip)
	if err != nil {
		return nil, err
	}
	key, err := a.keyOf(ctx, digest)
	var wrong *oauth.Error
	switch {
	case errors.As(err, &wrong) && wrong.Reason == oauth.ReasonKeyInvalid:
		try.Fail()
		return nil, err
	case err != nil:
		try.Cancel()
		return nil, err
	}
	try.Succeed()
	if dialect != "" && key.Dialect != dialect {
		return nil, oauth.NewError(oauth.ReasonKeyInvalid).Because(errors.New("the key is of another dialect"))
	}
	return key, a.usedFrom(ctx, key, ip, oauth.ReasonKeyInvalid)
}

func (a *Authenticator) keyOf(ctx context.Context, digest string) (*core.APIKey, error) {
	invalid := oauth.NewError(oauth.ReasonKeyInvalid)
	key, stored, err := a.Store.APIKeyByDigest(ctx, digest)
	if errors.Is(err, core.ErrNotFound) {
		return nil, invalid
	}
	if err != nil {
		return nil, err
	}
	if !stored.ValidAt(a.Now()) {
		return nil, invalid.Because(errors.New("the secret is outside its window"))
	}
	return key, nil
}
