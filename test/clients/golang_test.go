package clients

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// service is a web server that signs people in, written with golang.org/x/oauth2
// and go-oidc.
type service struct {
	t        *testing.T
	visitor  *visitor
	provider *oidc.Provider
	config   *oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func TestCP_7_Go(t *testing.T) {
	i := newInstallation(t)
	for id, algorithm := range map[string]string{"service-rs256": "RS256", "service-es256": "ES256", "service-eddsa": "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) {
			provider, err := oidc.NewProvider(t.Context(), i.issuer)
			if err != nil {
				t.Fatal(err)
			}
			s := &service{t: t, visitor: i.visitor(t), provider: provider}
			s.config = &oauth2.Config{
				ClientID: id, ClientSecret: i.secret, Endpoint: provider.Endpoint(), RedirectURL: i.site + "/service/callback",
				Scopes: []string{oidc.ScopeOpenID, "profile", "email", oidc.ScopeOfflineAccess},
			}
			s.verifier = provider.Verifier(&oidc.Config{ClientID: id, SupportedSigningAlgs: []string{algorithm}})
			token := s.signIn("first", "sign in", "approve")
			s.signIn("again", "sign in", "approve") // nothing new is asked
			s.userInfo(token, http.StatusOK)
			token = s.refresh(token)
			s.userInfo(token, http.StatusOK)
			s.revoke(token)
			s.userInfo(token, http.StatusUnauthorized)
		})
	}
}

// signIn has the person sign in, who was then asked for this in all.
func (s *service) signIn(nonce string, asked ...string) *oauth2.Token {
	s.t.Helper()
	verifier, state := oauth2.GenerateVerifier(), "state of "+nonce
	_, answer := s.visitor.goes(s.t, s.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier)))
	if answer.Get("state") != state || !slices.Equal(s.visitor.asked, asked) {
		s.t.Fatalf("state %q; the person had to %q", answer.Get("state"), s.visitor.asked)
	}
	token, err := s.config.Exchange(s.t.Context(), answer.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil {
		s.t.Fatal(err)
	}
	text, _ := token.Extra("id_token").(string)
	id, err := s.verifier.Verify(s.t.Context(), text)
	if err != nil {
		s.t.Fatal(err)
	}
	if id.Nonce != nonce || id.Subject == "" {
		s.t.Errorf("nonce %q of subject %q", id.Nonce, id.Subject)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil {
		s.t.Error(err)
	}
	return token
}

// userInfo asks who the token is about.
func (s *service) userInfo(token *oauth2.Token, want int) {
	s.t.Helper()
	info, err := s.provider.UserInfo(s.t.Context(), oauth2.StaticTokenSource(token))
	if want == http.StatusUnauthorized {
		if err == nil || !strings.HasPrefix(err.Error(), "401 ") {
			s.t.Errorf("a revoked token: %v", err)
		}
		return
	}
	if err != nil {
		s.t.Fatal(err)
	}
	var claims struct {
		GivenName string `json:"given_name"`
	}
	if err := info.Claims(&claims); err != nil {
		s.t.Error(err)
	}
	if info.Email != person || !info.EmailVerified || claims.GivenName != "Kiri" {
		s.t.Errorf("userinfo %+v, given name %q", info, claims.GivenName)
	}
}

// refresh is what the library does by itself once the token has expired.
func (s *service) refresh(token *oauth2.Token) *oauth2.Token {
	s.t.Helper()
	expired := *token
	expired.Expiry = time.Now().Add(-time.Minute)
	renewed, err := s.config.TokenSource(s.t.Context(), &expired).Token()
	if err != nil {
		s.t.Fatal(err)
	}
	if renewed.AccessToken == token.AccessToken || renewed.RefreshToken == token.RefreshToken || !renewed.Valid() {
		s.t.Error("the refresh gave a token that was there before")
	}
	return renewed
}

// revoke ends the connection; the libraries leave that to the program.
func (s *service) revoke(token *oauth2.Token) {
	s.t.Helper()
	var metadata struct {
		Revocation string `json:"revocation_endpoint"`
	}
	if err := s.provider.Claims(&metadata); err != nil {
		s.t.Fatal(err)
	}
	body := strings.NewReader(url.Values{"token": {token.RefreshToken}, "token_type_hint": {"refresh_token"}}.Encode())
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, metadata.Revocation, body)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.SetBasicAuth(s.config.ClientID, s.config.ClientSecret)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		s.t.Errorf("revocation: %d", response.StatusCode)
	}
	_, err = s.config.TokenSource(s.t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if refused := new(oauth2.RetrieveError); !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		s.t.Errorf("refresh after revocation: %v", err)
	}
}
