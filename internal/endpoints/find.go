package endpoints

import (
	"context"
	"errors"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// hintAPIKey is the token_type_hint, and the token_type, of API keys. It is ours:
// without it they are not looked for, since they are no tokens (RFC 7662 §2.1).
const hintAPIKey = "api_key"

// foundToken is a live access or refresh token of this issuer, or an API key: with
// neither claims nor refresh.
type foundToken struct {
	authorization *core.Authorization
	claims        *tokens.Claims // of an access token
	refresh       *core.RefreshToken
	grantEnds     time.Time
	subject       string // as the token says it, or would: it may be pairwise
	issuer        string
	audience      string // of an API key: that of the tokens it would give
}

// findHinted is find for a caller that says what the token may be. A hint that is
// wrong costs nothing but time (RFC 7662 §2.1).
func (t *TokenState) findHinted(ctx context.Context, caller authn.Caller, token, hint string) (*foundToken, error) {
	if hint != hintAPIKey {
		return t.find(ctx, token)
	}
	found, err := t.findKey(ctx, caller, token)
	var e *oauth.Error
	if errors.As(err, &e) && e.Reason == oauth.ReasonKeyInvalid {
		return t.find(ctx, token)
	}
	return found, err
}

// findKey resolves an API key of any dialect. Behind a resource server of the
// platform are all who call it, so wrong keys do not use up a budget of its
// address: somebody's guesses would stop everybody else's keys.
func (t *TokenState) findKey(ctx context.Context, caller authn.Caller, presented string) (*foundToken, error) {
	source := oauth.SourceOf(ctx).IP
	if caller.Scopes().Has(oauth.ScopeIntrospect) {
		source = ""
	}
	a, err := t.Authenticator.APIKey(ctx, presented, "", source)
	if err != nil {
		return nil, err
	}
	return &foundToken{authorization: a, subject: a.Key.ID, issuer: t.Issuer.URL, audience: t.Issuer.Audience}, nil
}

// find resolves a token of either kind to the live authorization behind it. A
// dead or unknown one is an *oauth.Error with a status below 500.
func (t *TokenState) find(ctx context.Context, token string) (*foundToken, error) {
	claims, err := t.Verifier.Verify(ctx, token)
	if err == nil {
		a, err := t.Verifier.Alive(ctx, claims)
		if err != nil {
			return nil, err
		}
		return &foundToken{authorization: a, claims: claims, subject: claims.Subject, grantEnds: time.Unix(claims.ExpiresAt, 0)}, nil
	}
	var e *oauth.Error
	if errors.As(err, &e) && (e.Status >= 500 || e.Reason == oauth.ReasonTokenExpired) {
		return nil, err
	}
	return t.findRefresh(ctx, token)
}

func (t *TokenState) findRefresh(ctx context.Context, text string) (*foundToken, error) {
	dead := oauth.NewError(oauth.ReasonTokenInvalid)
	token, err := t.Issuer.OpenRefresh(text)
	if err != nil {
		return nil, dead
	}
	row, grant, err := t.Store.Family(ctx, token.Selector)
	if errors.Is(err, core.ErrNotFound) {
		return nil, dead
	}
	if err != nil {
		return nil, err
	}
	now := t.Now()
	if !token.Equal(row.Hash) || !row.ConsumedAt.IsZero() || !grant.EndedAt.IsZero() || !now.Before(row.ExpiresAt) {
		return nil, dead
	}
	a, err := t.Directory.Load(ctx, tokens.PartiesOf(grant))
	if err != nil {
		return nil, err
	}
	if reason, stopped := a.Stopped(now); stopped {
		return nil, oauth.NewError(reason)
	}
	a.GrantID, a.Scope = grant.ID, grant.Scope
	return &foundToken{
		authorization: a, refresh: row, subject: t.Issuer.Subject(a), grantEnds: grant.ExpiresAt, issuer: t.Issuer.URL,
	}, nil
}

// describe is the introspection response of a live token.
func (f *foundToken) describe() *introspection {
	a := f.authorization
	kind, _ := a.Subject()
	out := &introspection{
		Active: true, Subject: f.subject, SubjectType: kind, ClientID: a.ClientID(), GrantID: a.GrantID, Scope: a.Scope.String(),
	}
	if a.User != nil && !tokens.Anonymous(a) {
		out.Username = a.User.Username
	}
	if a.Organisation != nil {
		out.OrganisationID = a.Organisation.ID
	}
	if a.Account != nil {
		out.AccountID = a.Account.ID
	}
	switch {
	case f.claims != nil:
		out.Issuer, out.Audience, out.TokenType = f.claims.Issuer, f.claims.Audience, oauth.TokenTypeBearer
		out.IssuedAt, out.ExpiresAt, out.ID = f.claims.IssuedAt, f.claims.ExpiresAt, f.claims.ID
	case f.refresh != nil:
		out.Issuer, out.TokenType = f.issuer, "refresh_token"
		out.IssuedAt, out.ExpiresAt = f.refresh.IssuedAt.Unix(), f.refresh.ExpiresAt.Unix()
	default:
		f.describeKey(out)
	}
	return out
}

// describeKey adds what only an API key has.
func (f *foundToken) describeKey(out *introspection) {
	a := f.authorization
	out.Issuer, out.Audience, out.TokenType = f.issuer, f.audience, hintAPIKey
	out.IssuedAt = a.Key.CreatedAt.Unix()
	if !a.Key.ExpiresAt.IsZero() {
		out.ExpiresAt = a.Key.ExpiresAt.Unix()
	}
	if a.Role != nil {
		out.Role = a.Role.Code
	}
}
