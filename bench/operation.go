package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// What an operation is compared with.
const (
	theFloor     = "floor"
	signingFloor = "signing floor"
)

// operation is something that a server is loaded with.
type operation struct {
	name, title string
	against     string  // theFloor, signingFloor, or another operation on the same database
	goal        float64 // at least this ratio, at 128 connections on SQLite; 0: no goal
	prepare     func(ctx context.Context, i *installation, connections int) (request, error)
	check       func(reply) error // nil for what is answered as it should be
}

// operations are measured in this order. The goals are those that this project has
// set itself.
var operations = []operation{
	{"client_credentials", "client_credentials, standard", signingFloor, 0.85, clientCredentials, accessToken("access_token", "")},
	{"dialect", "the same through a dialect (Spendesk: API key by HTTP Basic, the same answer)", "client_credentials", 0.95, dialectToken, accessToken("access_token", "")},
	{"app_token", "an app's token with a refresh token (JPay: JSON, both are JWTs)", signingFloor, 0.70, appToken, accessToken("access", "refresh")},
	{"password", "password grant of a service account, with a refresh token", signingFloor, 0.70, passwordGrant, accessToken("access_token", "refresh_token")},
	{"refresh", "refresh rotation", signingFloor, 0.60, refreshRotation, accessToken("access_token", "refresh_token")},
	{"introspection", "introspection of an access token", theFloor, 0.80, introspection, contains(`"active":true`)},
	{"forward_key", "forward-auth by API key", theFloor, 0.80, forwardKey, known("api_key")},
	{"forward_jwt", "forward-auth by access token", theFloor, 0.80, forwardToken, known("client")},
	{"key_read", "an account read by X-Api-Key (Centrapay)", theFloor, 0.80, keyRead, contains(`{"id":"bench-main"`)},
	{"authorize", "authorization request, up to its redirect to the page", theFloor, 0, authorizeRequest, redirectsTo("/sign-in?flow=")},
	{"sign_in_page", "sign-in page", theFloor, 0, signInPage, contains(`type="password"`)},
}

func clientCredentials(_ context.Context, i *installation, _ int) (request, error) {
	return form("/oauth2/token", "grant_type", "client_credentials", "client_id", "bench-client",
		"client_secret", i.clientSecret, "scope", "read"), nil
}

func dialectToken(_ context.Context, i *installation, _ int) (request, error) {
	return request{method: http.MethodPost, path: "/auth/token", header: map[string]string{
		"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte("bench-app:"+i.appSecret)),
	}}, nil
}

func appToken(_ context.Context, i *installation, _ int) (request, error) {
	return request{
		method: http.MethodPost, path: "/api/v1/auth/app/token",
		header: map[string]string{"Content-Type": "application/json"},
		body:   `{"app_key":"bench-jpay","app_secret":"` + i.clientSecret + `"}`,
	}, nil
}

func passwordGrant(_ context.Context, i *installation, _ int) (request, error) {
	return form("/oauth2/token", "grant_type", "password", "client_id", "bench-password", "client_secret", i.clientSecret,
		"organisation", "bench", "username", "bench-service", "password", i.password, "scope", "read offline_access"), nil
}

// refreshRotation has more tokens than connections, because wrk makes a request
// before it has the answer to another, and throws some away.
func refreshRotation(ctx context.Context, i *installation, connections int) (request, error) {
	r := i.rotation()
	for range connections + 16 {
		token, err := i.signIn(ctx)
		if err != nil {
			return r, err
		}
		r.tokens = append(r.tokens, token)
	}
	return r, nil
}

// rotation has no tokens yet.
func (i *installation) rotation() request {
	r := form("/oauth2/token", "grant_type", "refresh_token", "client_id", "bench-password", "client_secret", i.clientSecret)
	r.body += "&refresh_token="
	return r
}

// signIn returns the refresh token of a new sign-in.
func (i *installation) signIn(ctx context.Context) (string, error) {
	var issued struct {
		RefreshToken string `json:"refresh_token"`
	}
	r, _ := passwordGrant(ctx, i, 0)
	err := i.wire.fetch(ctx, r, &issued, accessToken("access_token", "refresh_token"))
	return issued.RefreshToken, err
}

// token returns an access token of the client.
func (i *installation) token(ctx context.Context) (string, error) {
	var issued struct {
		AccessToken string `json:"access_token"`
	}
	r, _ := clientCredentials(ctx, i, 0)
	err := i.wire.fetch(ctx, r, &issued, accessToken("access_token", ""))
	return issued.AccessToken, err
}

func introspection(ctx context.Context, i *installation, _ int) (request, error) {
	token, err := i.token(ctx)
	return i.introspect(token), err
}

func (i *installation) introspect(token string) request {
	return form("/oauth2/introspect", "client_id", "bench-api", "client_secret", i.clientSecret, "token", token)
}

func forwardKey(_ context.Context, i *installation, _ int) (request, error) {
	return get("/forward-auth/known", "X-Api-Key", i.keySecret), nil
}

func forwardToken(ctx context.Context, i *installation, _ int) (request, error) {
	token, err := i.token(ctx)
	return get("/forward-auth/standard", "Authorization", "Bearer "+token), err
}

func keyRead(_ context.Context, i *installation, _ int) (request, error) {
	return get("/api/accounts/bench-main", "X-Api-Key", i.keySecret), nil
}

func authorizeRequest(context.Context, *installation, int) (request, error) {
	return get("/oauth2/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {"bench-browser"}, "redirect_uri": {"http://127.0.0.1/callback"},
		"scope": {"openid"}, "state": {"af0ifjsldkj"}, "code_challenge_method": {"S256"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
	}.Encode()), nil
}

// signInPage is the page that an authorization request ends on.
func signInPage(ctx context.Context, i *installation, _ int) (request, error) {
	first, _ := authorizeRequest(ctx, i, 0)
	answer, err := i.wire.send(ctx, first)
	if err != nil {
		return request{}, err
	}
	place, err := url.Parse(answer.header.Get("Location"))
	if err != nil || place.Path == "" {
		return request{}, wrong(answer, "a redirect")
	}
	var cookies []string
	for _, line := range answer.header.Values("Set-Cookie") {
		cookie, _, _ := strings.Cut(line, ";")
		cookies = append(cookies, cookie)
	}
	return get(place.RequestURI(), "Cookie", strings.Join(cookies, "; ")), nil
}

// accessToken wants a JWT in one member of the answer, and a refresh token in
// another where there is to be one.
func accessToken(access, refresh string) func(reply) error {
	return func(answer reply) error {
		var members map[string]any
		if answer.status != http.StatusOK || json.Unmarshal([]byte(answer.body), &members) != nil {
			return wrong(answer, "a token")
		}
		token, _ := members[access].(string)
		if strings.Count(token, ".") != 2 {
			return wrong(answer, "a JWT")
		}
		given, _ := members[refresh].(string)
		if _, other := members["refresh_token"]; (given == "") != (refresh == "") || refresh == "" && other {
			return errors.New("a refresh token is where none should be, or the reverse")
		}
		return nil
	}
}

func contains(text string) func(reply) error {
	return func(answer reply) error {
		if answer.status != http.StatusOK || !strings.Contains(answer.body, text) {
			return wrong(answer, text)
		}
		return nil
	}
}

// known wants forward-auth to let a caller of a kind through.
func known(kind string) func(reply) error {
	return func(answer reply) error {
		if got := answer.header.Get("X-Claviger-Subject-Type"); answer.status != http.StatusOK || got != kind {
			return fmt.Errorf("answered %d for %q, not 200 for %q", answer.status, got, kind)
		}
		return nil
	}
}

func redirectsTo(part string) func(reply) error {
	return func(answer reply) error {
		if !strings.Contains(answer.header.Get("Location"), part) || answer.status/100 != 3 {
			return wrong(answer, "a redirect to "+part)
		}
		return nil
	}
}
