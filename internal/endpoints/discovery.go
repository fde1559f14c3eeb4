package endpoints

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/tokens"
	"claviger/internal/web"
	"claviger/oauth"
)

// Paths of the standard endpoints, below the issuer.
const (
	PathPAR           = "/oauth2/par"
	PathToken         = "/oauth2/token"
	PathUserInfo      = "/oauth2/userinfo"
	PathIntrospection = "/oauth2/introspect"
	PathRevocation    = "/oauth2/revoke"
	PathJWKS          = "/.well-known/jwks.json"
	PathMetadata      = "/.well-known/oauth-authorization-server"
	PathOpenID        = "/.well-known/openid-configuration"
)

// Discovery serves server metadata and the key set. Links come from the
// configured issuer, never from the request (H08).
type Discovery struct {
	Issuer  string
	Locales []string // of the pages
	Ring    *tokens.Ring
}

// metadata announces what works, and nothing else.
func (d *Discovery) metadata() *oauth.Metadata {
	methods := []string{"client_secret_basic", "client_secret_post"}
	m := &oauth.Metadata{
		Issuer:                           d.Issuer,
		TokenEndpoint:                    d.Issuer + PathToken,
		JWKSURI:                          d.Issuer + PathJWKS,
		GrantTypesSupported:              oauth.GrantTypes,
		TokenEndpointAuthMethods:         append(methods[:2:2], "none"),
		IntrospectionEndpoint:            d.Issuer + PathIntrospection,
		IntrospectionEndpointAuthMethods: methods,
		RevocationEndpoint:               d.Issuer + PathRevocation,
		RevocationEndpointAuthMethods:    append(methods[:2:2], "none"),
	}
	d.announceBrowserFlow(m)
	d.announceOpenID(m)
	return m
}

// announceBrowserFlow is the authorization endpoint and what it takes.
func (d *Discovery) announceBrowserFlow(m *oauth.Metadata) {
	m.AuthorizationEndpoint = d.Issuer + web.PathAuthorize
	m.PushedAuthorizationRequestEndpoint = d.Issuer + PathPAR
	m.ResponseTypesSupported = []string{oauth.ResponseTypeCode}
	m.ResponseModesSupported = []string{oauth.ResponseModeQuery, oauth.ResponseModeFormPost}
	m.CodeChallengeMethodsSupported = []string{oauth.ChallengeS256}
	m.AuthorizationResponseIssSupported = true // RFC 9207
	m.UILocalesSupported = d.Locales
	m.DisplayValuesSupported = []string{"page", "popup", "touch"} // one page that fits them all
	m.PromptValuesSupported = []string{oauth.PromptNone, oauth.PromptLogin, oauth.PromptConsent, oauth.PromptSelectAccount}
}

// announceOpenID is OpenID Connect Discovery §3, and the logout specifications.
func (d *Discovery) announceOpenID(m *oauth.Metadata) {
	m.UserInfoEndpoint = d.Issuer + PathUserInfo
	m.EndSessionEndpoint = d.Issuer + web.PathLogout
	m.BackChannelLogoutSupported, m.BackChannelLogoutSessionSupported = true, true
	m.ScopesSupported = []string{
		oauth.ScopeOpenID, oauth.ScopeProfile, oauth.ScopeEmail, oauth.ScopeAddress, oauth.ScopePhone, oauth.ScopeOfflineAccess,
	}
	m.SubjectTypesSupported = []string{"public", "pairwise"}
	m.IDTokenSigningAlgorithms = []string{keys.RS256, keys.ES256, keys.EdDSA}
	m.ClaimsSupported = slices.Concat(tokens.IDTokenClaimNames(), tokens.UserClaimNames())
	m.ClaimTypesSupported = []string{"normal"}
	m.ClaimsParameterSupported = true
	m.ACRValuesSupported = []string{core.ACRPassword, core.ACRTwoFactors}
}

// Metadata serves RFC 8414 metadata; OpenID Connect discovery is the same
// document.
func (d *Discovery) Metadata(w http.ResponseWriter, _ *http.Request) {
	body, err := json.Marshal(d.metadata())
	if err != nil {
		oauth.WriteError(w, oauth.AsError(err))
		return
	}
	writePublic(w, "application/json", body)
}

// JWKS serves the public keys (RFC 7517).
func (d *Discovery) JWKS(w http.ResponseWriter, _ *http.Request) {
	writePublic(w, "application/jwk-set+json", d.Ring.JWKS())
}

// writePublic writes what anybody may read and keep for a few minutes.
func writePublic(w http.ResponseWriter, contentType string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("Access-Control-Allow-Origin", "*")
	_, _ = w.Write(body)
}
