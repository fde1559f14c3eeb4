package grants_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/server/servertest"
)

// answer is an answer of the token endpoint.
type answer struct {
	Status           int
	Header           http.Header
	AccessToken      string `json:"access_token"`
	RefreshToken     string `json:"refresh_token"`
	IDToken          string `json:"id_token"`
	ExpiresIn        int64  `json:"expires_in"`
	Scope            string `json:"scope"`
	Error            string `json:"error"`
	ErrorDescription string `json:"error_description"`
}

// party is a client that the test made, with an organisation and a service
// account to act for.
type party struct {
	h      *servertest.Harness
	id     string
	secret string
}

// newParty makes a client of the demo organisation EPOS-DEMO without a dialect.
func newParty(t *testing.T, h *servertest.Harness, adjust ...func(*admin.NewClient)) *party {
	t.Helper()
	organisation, err := h.Store.OrganisationByCode(t.Context(), "EPOS-DEMO")
	if err != nil {
		t.Fatal(err)
	}
	spec := admin.NewClient{
		Name: "Test", OrganisationID: organisation.ID,
		Company: "Test", Website: "https://test.example", Contact: "dev@test.example",
		GrantTypes: []string{"client_credentials", "password", "refresh_token"},
		Scopes:     []string{"read", "write", "offline_access"},
	}
	for _, change := range adjust {
		change(&spec)
	}
	client, secret, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, spec)
	if err != nil {
		t.Fatal(err)
	}
	return &party{h: h, id: client.ID, secret: secret}
}

// on returns the same party at another node.
func (p *party) on(h *servertest.Harness) *party { return &party{h: h, id: p.id, secret: p.secret} }

// post sends a form to a path with the client's credentials by HTTP Basic.
func (p *party) post(t *testing.T, path string, form url.Values) *http.Response {
	t.Helper()
	r := formRequest(path, form)
	if p.secret != "" {
		r.SetBasicAuth(url.QueryEscape(p.id), url.QueryEscape(p.secret))
	}
	return p.h.Do(r)
}

func formRequest(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return r
}

// token asks the token endpoint.
func (p *party) token(t *testing.T, pairs ...string) answer {
	t.Helper()
	return read(t, p.post(t, "/oauth2/token", values(pairs...)))
}

func values(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

func read(t *testing.T, r *http.Response) answer {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{Status: r.StatusCode, Header: r.Header}
	if err := json.Unmarshal(body, &a); err != nil {
		t.Fatalf("%d %s: %v", r.StatusCode, body, err)
	}
	return a
}

// signIn gets a first pair of tokens for the demo service account.
func (p *party) signIn(t *testing.T, scope string) answer {
	t.Helper()
	a := p.token(t, "grant_type", "password", "username", "svc-demo", "password", "svc-demo-password",
		"organisation", "EPOS-DEMO", "scope", scope)
	if a.Status != http.StatusOK || a.AccessToken == "" {
		t.Fatalf("sign-in: %+v", a)
	}
	return a
}

func (p *party) refresh(t *testing.T, token string, more ...string) answer {
	t.Helper()
	return p.token(t, append([]string{"grant_type", "refresh_token", "refresh_token", token}, more...)...)
}

// active asks the introspection endpoint.
func (p *party) active(t *testing.T, token string) bool {
	t.Helper()
	return introspect(t, p, token)["active"] == true
}

func introspect(t *testing.T, p *party, token string) map[string]any {
	t.Helper()
	response := p.post(t, "/oauth2/introspect", values("token", token))
	var body map[string]any
	if err := json.NewDecoder(response.Body).Decode(&body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("introspection: %d %v", response.StatusCode, err)
	}
	return body
}

func wantRefused(t *testing.T, a answer, status int, code string) {
	t.Helper()
	if a.Status != status || a.Error != code || a.AccessToken != "" {
		t.Errorf("got %d %q, want %d %q", a.Status, a.Error, status, code)
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" { // B27
		t.Errorf("Cache-Control of an error is %q", got)
	}
}

func wantTokens(t *testing.T, a answer) {
	t.Helper()
	if a.Status != http.StatusOK || a.AccessToken == "" {
		t.Errorf("got %d %q (%s), want tokens", a.Status, a.Error, a.ErrorDescription)
	}
}
