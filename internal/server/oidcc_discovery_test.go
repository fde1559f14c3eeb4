package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
	"golang.org/x/text/language"

	"claviger/internal/config"
	"claviger/internal/server/servertest"
)

const overTLS = "https://" + servertest.Host

// discovered is the discovery document of a server behind https, which the plans
// demand, and the server.
func discovered(t *testing.T) (*customer, map[string]any) {
	t.Helper()
	c := newCustomer(t, func(settings *config.Config) { settings.Issuer = overTLS })
	answer := c.get("/.well-known/openid-configuration").is(http.StatusOK)
	if media := answer.header.Get("Content-Type"); media != "application/json" {
		t.Errorf("Content-Type %q", media)
	}
	document, _ := answer.decode().(map[string]any)
	for name, value := range document {
		if text, isText := value.(string); strings.HasSuffix(name, "_endpoint") && (!isText || !isHTTPS(text)) {
			t.Errorf("%s: %v", name, value)
		}
	}
	return c, document
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.Fragment == ""
}

// list returns a member of a discovery document that has to be an array of texts
// with something in it (RFC 8414 §3.2).
func list(t *testing.T, document map[string]any, name string) []string {
	t.Helper()
	values, _ := document[name].([]any)
	var texts []string
	for _, value := range values {
		text, ok := value.(string)
		if !ok || text == "" {
			t.Errorf("%s: %v", name, document[name])
		}
		texts = append(texts, text)
	}
	if len(texts) == 0 {
		t.Errorf("%s: %v", name, document[name])
	}
	return texts
}

// TestOIDCC_Config is oidcc-config-certification-test-plan.
func TestOIDCC_Config(t *testing.T) {
	t.Run("oidcc-discovery-endpoint-verification", func(t *testing.T) {
		c, document := discovered(t)
		if document["issuer"] != overTLS {
			t.Errorf("issuer %v", document["issuer"])
		}
		for _, name := range []string{"authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri"} {
			if text, _ := document[name].(string); !isHTTPS(text) || !strings.HasPrefix(text, overTLS+"/") {
				t.Errorf("%s: %v", name, document[name])
			}
		}
		for name, wanted := range map[string]string{
			"response_types_supported": "code", "subject_types_supported": "public", "id_token_signing_alg_values_supported": "RS256",
			"grant_types_supported": "authorization_code", "scopes_supported": "openid", "code_challenge_methods_supported": "S256",
			"claims_supported": "sub", "response_modes_supported": "form_post", "display_values_supported": "page",
		} {
			if !slices.Contains(list(t, document, name), wanted) {
				t.Errorf("%s: %v", name, document[name])
			}
		}
		methods := list(t, document, "token_endpoint_auth_methods_supported")
		if !slices.Contains(methods, "client_secret_basic") || !slices.Contains(methods, "client_secret_post") {
			t.Errorf("client authentication %v", methods)
		}
		if document["claims_parameter_supported"] != true {
			t.Error("claims_parameter_supported is not there")
		}
		verifyTexts(t, document)
		verifyKeys(t, c.get(strings.TrimPrefix(document["jwks_uri"].(string), overTLS)).is(http.StatusOK).text)
	})
}

// verifyTexts checks that scopes and languages are written as they must be (RFC
// 6749 §3.3, RFC 5646 §2.1.1).
func verifyTexts(t *testing.T, document map[string]any) {
	t.Helper()
	for _, scope := range list(t, document, "scopes_supported") {
		if strings.ContainsFunc(scope, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			t.Errorf("scope %q", scope)
		}
	}
	for _, locale := range list(t, document, "ui_locales_supported") {
		if tag, err := language.Parse(locale); err != nil || tag.String() != locale {
			t.Errorf("language %q: %v, %v", locale, tag, err)
		}
	}
	for _, kind := range list(t, document, "subject_types_supported") {
		if kind != "public" && kind != "pairwise" {
			t.Errorf("subject type %q", kind)
		}
	}
}

var unpadded = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// verifyKeys checks a published key set: public keys, each with an id of its own.
func verifyKeys(t *testing.T, text string) {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(text), &set); err != nil || len(set.Keys) == 0 {
		t.Fatalf("%v: %s", err, text)
	}
	ids := map[string]bool{}
	for _, key := range set.Keys {
		if !key.Valid() || !key.IsPublic() || key.KeyID == "" || ids[key.KeyID] || key.Use != "sig" {
			t.Errorf("key %q for %q", key.KeyID, key.Use)
		}
		ids[key.KeyID] = true
	}
	var raw struct{ Keys []map[string]any }
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		t.Fatal(err)
	}
	for _, key := range raw.Keys {
		for _, private := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			if key[private] != nil {
				t.Errorf("%v has %s", key["kid"], private)
			}
		}
		for _, public := range []string{"n", "e", "x", "y"} { // RFC 7518 §2: without padding
			if text, has := key[public].(string); has && !unpadded.MatchString(text) {
				t.Errorf("%v has %s %q", key["kid"], public, text)
			}
		}
	}
}
