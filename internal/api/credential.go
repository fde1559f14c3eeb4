package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/oauth"
)

// maxBody is the most that a request body may hold, in bytes.
const maxBody = 64 << 10

// callerKey finds the authorization of a request in its context.
type callerKey struct{}

// ServeHTTP authenticates a request, and has it answered.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	authorization, err := a.authenticate(r)
	if err != nil {
		a.Fail(w, r, oauth.Failed(a.Log, r, err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	r = r.WithContext(context.WithValue(r.Context(), callerKey{}, authorization))
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	a.mux.ServeHTTP(w, r)
}

// authenticate proves the one credential of a request, and that its scope lets it do
// this.
func (a *API) authenticate(r *http.Request) (*core.Authorization, error) {
	if err := a.limit(r, nil); err != nil {
		return nil, err
	}
	authorization, err := a.credential(r)
	if err != nil {
		return nil, err
	}
	if err := a.limit(r, authorization); err != nil {
		return nil, err
	}
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if !authorization.Scope.Has(ScopeAdmin) && !(reads && authorization.Scope.Has(ScopeRead)) {
		e := oauth.NewError(oauth.ReasonScopeInsufficient)
		return nil, e.With("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+ScopeAdmin+`"`)
	}
	if authorization.User == nil && authorization.Key == nil {
		return nil, oauth.NewError(oauth.ReasonPermissionDenied).Describe("A client by itself manages nothing: act as a person, a service account or an API key.")
	}
	return authorization, nil
}

func (a *API) limit(r *http.Request, authorization *core.Authorization) error {
	if a.Limit == nil {
		return nil
	}
	return a.Limit(oauth.SourceOf(r.Context()).IP, authorization)
}

func (a *API) credential(r *http.Request) (*core.Authorization, error) {
	bearers, presented := r.Header.Values("Authorization"), r.Header.Values("X-Api-Key")
	switch {
	case len(bearers)+len(presented) > 1:
		return nil, oauth.NewError(oauth.ReasonSeveralCredentials)
	case len(presented) == 1 && presented[0] != "":
		return a.Authenticator.APIKey(r.Context(), presented[0], "", oauth.SourceOf(r.Context()).IP)
	case len(bearers) == 1:
		scheme, token, found := strings.Cut(bearers[0], " ")
		if found && strings.EqualFold(scheme, "Bearer") && token != "" {
			return a.bearer(r.Context(), token)
		}
	}
	return nil, oauth.NewError(oauth.ReasonAuthenticationMissing).With("WWW-Authenticate", "Bearer")
}

// bearer proves an access token for this server, of whatever dialect.
func (a *API) bearer(ctx context.Context, token string) (*core.Authorization, error) {
	claims, err := a.Authenticator.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	if claims.Audience != a.Authenticator.Audience {
		return nil, oauth.NewError(oauth.ReasonTokenInvalid).Because(errors.New("the token is for another audience"))
	}
	return a.Authenticator.Verifier.Alive(ctx, claims)
}

// actor is who asks, as the operations know them.
func actor(ctx context.Context) admin.Actor {
	authorization, _ := ctx.Value(callerKey{}).(*core.Authorization)
	name, _ := ctx.Value(trustedKey{}).(string)
	return admin.Actor{Authorization: authorization, Name: name, Source: oauth.SourceOf(ctx)}
}
