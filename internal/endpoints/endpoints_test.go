package endpoints_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/server/servertest"
)

func get(t *testing.T, h *servertest.Harness, path string) (*http.Response, string) {
	t.Helper()
	r := h.Do(httptest.NewRequest(http.MethodGet, path, nil))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(body)
}

func TestDiscoveryAnnouncesWhatWorks(t *testing.T) {
	h := servertest.New(t)
	for _, path := range []string{"/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"} {
		response, body := get(t, h, path)
		var metadata map[string]any
		if err := json.Unmarshal([]byte(body), &metadata); err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %d %v", path, response.StatusCode, err)
		}
		if metadata["issuer"] != "http://"+servertest.Host {
			t.Errorf("issuer %v", metadata["issuer"])
		}
		for name, value := range metadata {
			endpoint, isText := value.(string)
			if !isText || name == "issuer" {
				continue
			}
			u, err := url.Parse(endpoint)
			if err != nil {
				t.Fatal(err)
			}
			method := http.MethodPost
			if name == "jwks_uri" || name == "end_session_endpoint" {
				method = http.MethodGet
			}
			if got := h.Do(httptest.NewRequest(method, u.Path, nil)).StatusCode; got == http.StatusNotFound || got == http.StatusMethodNotAllowed {
				t.Errorf("%s is announced and answers %d", name, got)
			}
		}
	}
}

// TestDiscoveryIsWhatClientsRead holds the members that OpenID Connect clients
// decide by (OpenID Connect Discovery §3, RFC 8414 §2).
func TestDiscoveryIsWhatClientsRead(t *testing.T) {
	h := servertest.New(t)
	_, body := get(t, h, "/.well-known/openid-configuration")
	var got map[string]any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	issuer := "http://" + servertest.Host
	for name, want := range map[string]string{
		"issuer":                                         issuer,
		"authorization_endpoint":                         issuer + "/oauth2/authorize",
		"pushed_authorization_request_endpoint":          issuer + "/oauth2/par",
		"userinfo_endpoint":                              issuer + "/oauth2/userinfo",
		"end_session_endpoint":                           issuer + "/oauth2/logout",
		"response_types_supported":                       "[code]",
		"response_modes_supported":                       "[query form_post]",
		"grant_types_supported":                          "[authorization_code client_credentials password refresh_token]",
		"code_challenge_methods_supported":               "[S256]",
		"subject_types_supported":                        "[public pairwise]",
		"id_token_signing_alg_values_supported":          "[RS256 ES256 EdDSA]",
		"scopes_supported":                               "[openid profile email address phone offline_access]",
		"acr_values_supported":                           "[1 2]",
		"claim_types_supported":                          "[normal]",
		"prompt_values_supported":                        "[none login consent select_account]",
		"ui_locales_supported":                           "[en fr]",
		"claims_parameter_supported":                     "true",
		"request_parameter_supported":                    "false",
		"request_uri_parameter_supported":                "false",
		"require_request_uri_registration":               "false",
		"authorization_response_iss_parameter_supported": "true",
		"backchannel_logout_supported":                   "true",
		"backchannel_logout_session_supported":           "true",
	} {
		if text := fmt.Sprint(got[name]); text != want {
			t.Errorf("%s is %s, want %s", name, text, want)
		}
	}
	claims := fmt.Sprint(got["claims_supported"])
	for _, claim := range []string{"sub", "auth_time", "nonce", "at_hash", "sid", "email", "phone_number_verified", "address", "updated_at"} {
		if !strings.Contains(claims, claim) {
			t.Errorf("the claim %s is not announced", claim)
		}
	}
}

func TestALL_3_AccessTokensVerifyOffline(t *testing.T) {
	h := servertest.New(t)
	_, body := get(t, h, "/.well-known/jwks.json")
	p := newCaller(t, h)
	token := p.token(t, h)
	servertest.VerifyOffline(t, body, token)
	for _, private := range []string{`"d"`, `"p"`, `"q"`, `"k"`} {
		if strings.Contains(body, private) {
			t.Errorf("the key set holds the private member %s", private)
		}
	}
}

// caller is a client with an organisation of the demo.
type caller struct{ id, secret string }

func newCaller(t *testing.T, h *servertest.Harness, scopes ...string) caller {
	t.Helper()
	client, secret, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, admin.NewClient{
		Name: "Test", Company: "Test", Website: "https://test.example", Contact: "dev@test.example",
		GrantTypes: []string{"client_credentials"}, Scopes: append([]string{"read"}, scopes...),
	})
	if err != nil {
		t.Fatal(err)
	}
	return caller{client.ID, secret}
}

func (c caller) post(h *servertest.Harness, path string, form url.Values) *http.Response {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.secret != "" {
		r.SetBasicAuth(c.id, c.secret)
	}
	return h.Do(r)
}

func (c caller) token(t *testing.T, h *servertest.Harness) string {
	t.Helper()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	response := c.post(h, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.AccessToken == "" {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	return answer.AccessToken
}

func (c caller) introspect(t *testing.T, h *servertest.Harness, token string) map[string]any {
	t.Helper()
	response := c.post(h, "/oauth2/introspect", url.Values{"token": {token}})
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	return answer
}

func TestF06_AnotherClientsTokenIsInactive(t *testing.T) {
	h := servertest.New(t)
	owner, stranger, resourceServer := newCaller(t, h), newCaller(t, h), newCaller(t, h, "introspect")
	token := owner.token(t, h)
	for name, c := range map[string]caller{"owner": owner, "resource server": resourceServer} {
		if answer := c.introspect(t, h, token); answer["active"] != true || answer["client_id"] != owner.id || answer["exp"] == nil {
			t.Errorf("%s: %v", name, answer)
		}
	}
	if answer := stranger.introspect(t, h, token); len(answer) != 1 || answer["active"] != false {
		t.Errorf("a stranger is told %v", answer)
	}
	for _, bad := range []string{"x", token + "x", "eyJhbGciOiJub25lIn0.e30.", "clv_rt_x.y"} {
		if answer := resourceServer.introspect(t, h, bad); len(answer) != 1 || answer["active"] != false {
			t.Errorf("%q is told as %v", bad, answer)
		}
	}
	anonymous := caller{}.post(h, "/oauth2/introspect", url.Values{"token": {token}})
	if anonymous.StatusCode != http.StatusUnauthorized {
		t.Errorf("introspection without credentials: %d", anonymous.StatusCode)
	}
}

func TestRevocationEndsTheToken(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		owner, stranger := newCaller(t, h), newCaller(t, h)
		token := owner.token(t, h)
		if got := stranger.post(h, "/oauth2/revoke", url.Values{"token": {token}}).StatusCode; got != http.StatusBadRequest {
			t.Errorf("a stranger revokes: %d", got)
		}
		if owner.introspect(t, h, token)["active"] != true {
			t.Error("the stranger's attempt ended the token")
		}
		for range 2 { // RFC 7009 §2.2: a dead token is answered alike
			if got := owner.post(h, "/oauth2/revoke", url.Values{"token": {token}}).StatusCode; got != http.StatusOK {
				t.Errorf("revocation: %d", got)
			}
		}
		if answer := owner.introspect(t, h, token); answer["active"] != false {
			t.Error("the token outlives its revocation")
		}
		if other := open(); owner.introspect(t, other, token)["active"] != false {
			t.Error("the token is alive on another node")
		}
	})
}

func TestHealth(t *testing.T) {
	h := servertest.New(t)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/metrics": 200} {
		if got, _ := get(t, h, path); got.StatusCode != want {
			t.Errorf("%s: %d", path, got.StatusCode)
		}
	}
	if err := h.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if got, _ := get(t, h, "/readyz"); got.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("R32: ready without a database: %d", got.StatusCode)
	}
	if got, _ := get(t, h, "/healthz"); got.StatusCode != http.StatusOK {
		t.Errorf("R32: liveness depends on the database: %d", got.StatusCode)
	}
}
