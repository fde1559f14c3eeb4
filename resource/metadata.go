package resource

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"claviger/oauth"
)

const pathMetadata = "/.well-known/oauth-protected-resource"

// metadata is RFC 9728 §2.
type metadata struct {
	Resource             string      `json:"resource"`
	AuthorizationServers []string    `json:"authorization_servers"`
	Scopes               oauth.Scope `json:"scopes_supported,omitempty"`
	BearerMethods        []string    `json:"bearer_methods_supported"`
	Name                 string      `json:"resource_name,omitempty"`
}

// MetadataPath is where the protected resource metadata belongs: the well-known
// path, and behind it the path of the Resource (RFC 9728 §3.1).
func (v *Verifier) MetadataPath() string {
	u, err := url.Parse(v.config.Resource)
	if err != nil {
		return pathMetadata
	}
	return pathMetadata + strings.TrimSuffix(u.EscapedPath(), "/")
}

func (v *Verifier) metadataURL() string {
	u, err := url.Parse(v.config.Resource)
	if err != nil || v.config.Resource == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host + v.MetadataPath()
}

// Metadata serves the protected resource metadata (RFC 9728), for MetadataPath.
// It is 404 while the API has no URL.
func (v *Verifier) Metadata() http.Handler {
	if v.config.Resource == "" {
		return http.NotFoundHandler()
	}
	body, err := json.Marshal(metadata{
		Resource: v.config.Resource, AuthorizationServers: []string{v.config.Issuer},
		Scopes: v.config.Scopes, BearerMethods: []string{"header"}, Name: v.config.Name,
	})
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if err != nil { // texts always marshal
			oauth.WriteError(w, oauth.AsError(err))
			return
		}
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Access-Control-Allow-Origin", "*")
		_, _ = w.Write(body) // the client is gone: nobody is left to tell
	})
}
