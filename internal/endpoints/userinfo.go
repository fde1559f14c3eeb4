package endpoints

import (
	"context"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/limit"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// UserInfo serves what a client may know about the person who signed in (OpenID
// Connect Core §5.3).
type UserInfo struct {
	Verifier *tokens.Verifier
	Issuer   *tokens.Issuer
	Limits   *limit.Limiter // nil: none
	Audience string         // aud of the tokens that our own API takes
	Log      *slog.Logger
}

// ServeHTTP answers sub and the claims of the token's scope, and those that the
// authorization request asked for by name. Every refusal has a challenge (RFC 6750
// §3).
func (u *UserInfo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	claims, err := u.claims(w, r)
	if err == nil {
		var body []byte
		if body, err = json.Marshal(claims, json.Deterministic(true)); err == nil {
			oauth.WriteJSON(w, http.StatusOK, body)
			return
		}
	}
	e := oauth.Failed(u.Log, r, err)
	if e.Status < http.StatusInternalServerError {
		w.Header().Set("WWW-Authenticate", bearerChallenge(e))
	}
	oauth.WriteError(w, e)
}

func (u *UserInfo) claims(w http.ResponseWriter, r *http.Request) (map[string]any, error) {
	token, err := bearerToken(w, r)
	if err != nil {
		return nil, err
	}
	if err := u.Limits.Source(oauth.SourceOf(r.Context()).IP); err != nil {
		return nil, err
	}
	a, subject, err := u.authorize(r.Context(), token)
	if err != nil {
		return nil, err
	}
	if err := u.Limits.Caller(a.Client, a.Key); err != nil {
		return nil, err
	}
	caller := authn.Caller{Client: a.Client}
	if err := caller.From(authn.OriginOf(r, u.Issuer.URL)); err != nil {
		return nil, err
	}
	var requested map[string]*oauth.ClaimRequest
	if a.Authentication != nil {
		requested = tokens.Askable(a.Client, a.Authentication.Claims.UserInfo)
	}
	claims := tokens.UserClaims(a.User, a.Scope, requested)
	claims["sub"] = subject // §5.3.2: the one of the ID token
	return claims, nil
}

// authorize returns the authorization of an access token for userinfo, and its
// subject.
func (u *UserInfo) authorize(ctx context.Context, token string) (*core.Authorization, string, error) {
	claims, err := u.Verifier.Verify(ctx, token)
	if err != nil {
		return nil, "", err
	}
	if claims.Audience != u.Audience {
		return nil, "", oauth.NewError(oauth.ReasonTokenInvalid).Because(errors.New("the token is for another audience"))
	}
	a, err := u.Verifier.Alive(ctx, claims)
	if err != nil {
		return nil, "", err
	}
	if kind, _ := a.Subject(); kind != core.SubjectPerson || !a.Scope.Has(oauth.ScopeOpenID) {
		return nil, "", oauth.NewError(oauth.ReasonScopeInsufficient)
	}
	return a, claims.Subject, nil
}

// bearerToken returns the access token of a request: in the Authorization header
// or in a form body, never in both and never in the URL (RFC 6750 §2).
func bearerToken(w http.ResponseWriter, r *http.Request) (string, error) {
	if r.URL.Query().Has("access_token") {
		return "", oauth.NewError(oauth.ReasonCredentialInQuery)
	}
	header, err := bearerOfHeader(r.Header.Values("Authorization"))
	if err != nil {
		return "", err
	}
	body := ""
	if media, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); r.Method == http.MethodPost && media == "application/x-www-form-urlencoded" {
		form, err := authn.ReadForm(w, r)
		if err != nil {
			return "", err
		}
		body = form["access_token"]
	}
	switch {
	case header != "" && body != "":
		return "", oauth.NewError(oauth.ReasonSeveralCredentials)
	case header == "" && body == "":
		return "", oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	return header + body, nil
}

func bearerOfHeader(values []string) (string, error) {
	if len(values) == 0 {
		return "", nil
	}
	if len(values) > 1 {
		return "", oauth.NewError(oauth.ReasonSeveralCredentials)
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	return token, nil
}

// bearerChallenge is RFC 6750 §3: no error where nothing was presented.
func bearerChallenge(e *oauth.Error) string {
	challenge := `Bearer realm="userinfo"`
	if e.Reason == oauth.ReasonAuthenticationMissing {
		return challenge
	}
	challenge += `, error="` + string(e.Code) + `"`
	if e.Reason == oauth.ReasonScopeInsufficient {
		challenge += `, scope="` + oauth.ScopeOpenID + `"`
	}
	return challenge
}
