package endpoints

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"claviger/internal/tokens"
	"claviger/oauth"
)

// Paths of the standard endpoints, below the issuer.
const (
	PathAuthorize     = "/oauth2/authorize"
	PathPAR           = "/oauth2/par"
	PathToken         = "/oauth2/token"
	PathUserInfo      = "/oauth2/userinfo"
	PathLogout        = "/oauth2/logout"
	PathIntrospection = "/oauth2/introspect"
	PathRevocation    = "/oauth2/revoke"
	PathJWKS          = "/.well-known/jwks.json"
	PathMetadata      = "/.well-known/oauth-authorization-server"
	PathOpenID        = "/.well-known/openid-configuration"
)

// Discovery serves server metadata and the key set. Links come from the
// configured issuer, never from the request (H08).
type Discovery struct {
	Issuer string
	Ring   *tokens.Ring
}

// metadata announces what works, and nothing else.
func (d *Discovery) metadata() *oauth.Metadata {
	methods := []string{"client_secret_basic", "client_secret_post"}
	return &oauth.Metadata{
		Issuer:                           d.Issuer,
		TokenEndpoint:                    d.Issuer + PathToken,
		JWKSURI:                          d.Issuer + PathJWKS,
		ResponseTypesSupported:           []string{},
		GrantTypesSupported:              []string{oauth.GrantClientCredentials, oauth.GrantPassword, oauth.GrantRefreshToken},
		TokenEndpointAuthMethods:         append(methods[:2:2], "none"),
		IntrospectionEndpoint:            d.Issuer + PathIntrospection,
		IntrospectionEndpointAuthMethods: methods,
		RevocationEndpoint:               d.Issuer + PathRevocation,
		RevocationEndpointAuthMethods:    append(methods[:2:2], "none"),
	}
}

// Metadata serves RFC 8414 metadata; OpenID Connect discovery is the same
// document, for as long as there is no sign-in to announce.
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
