package grants_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

func TestClientCredentials(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newParty(t, h)
		a := p.token(t, "grant_type", "client_credentials")
		wantTokens(t, a)
		if a.Scope != "read write" || a.RefreshToken != "" || a.ExpiresIn != 3600 {
			t.Errorf("got %+v", a)
		}
		claims := claimsOf(t, a.AccessToken)
		if claims["sub"] != p.id || claims["client_id"] != p.id || claims["iss"] != "http://"+servertest.Host || claims["scope"] != "read write" {
			t.Errorf("claims %v", claims) // RFC 9068 §2.2
		}
		wantEvent(t, h, core.TokenIssued)
	})
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func TestB07_ATokenOfAnotherKindIsRefused(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	a := p.signIn(t, "read offline_access")
	wantRefused(t, p.refresh(t, a.AccessToken), 400, "invalid_grant")
	jwt := httptest.NewRequest(http.MethodPost, "/api/v1/auth/app/token",
		strings.NewReader(`{"app_key":"your_app_key_here","app_secret":"your_app_secret_here"}`))
	jwt.Header.Set("Content-Type", "application/json")
	var pair struct{ Access, Refresh string }
	if err := json.NewDecoder(h.Do(jwt).Body).Decode(&pair); err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"opaque refresh token": a.RefreshToken, "refresh token in JWT form": pair.Refresh} {
		r := httptest.NewRequest(http.MethodGet, "/v1/accounts", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		if got := h.Do(r).StatusCode; got != http.StatusUnauthorized {
			t.Errorf("%s as a bearer: %d", name, got)
		}
	}
}

func TestB18_GrantTypesAreExact(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h, func(c *admin.NewClient) { c.GrantTypes = []string{"client_credentials"} })
	wantRefused(t, p.token(t, "grant_type", "password", "username", "svc-demo", "password", "svc-demo-password",
		"organisation", "EPOS-DEMO"), 400, "unauthorized_client")
	wantRefused(t, p.token(t, "grant_type", "refresh_token", "refresh_token", "x"), 400, "unauthorized_client")
	for _, odd := range []string{"Client_Credentials", "client_credentials ", "CLIENT_CREDENTIALS", "implicit", "urn:x"} {
		wantRefused(t, p.token(t, "grant_type", odd), 400, "unsupported_grant_type")
	}
	wantRefused(t, p.token(t), 400, "invalid_request")
}

func TestB19_ScopesOutsideTheRegistration(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h, func(c *admin.NewClient) { c.Scopes = append(c.Scopes, "introspect") })
	for _, scope := range []string{"admin", "read admin", "introspect", `re"ad`} {
		wantRefused(t, p.token(t, "grant_type", "client_credentials", "scope", scope), 400, "invalid_scope")
	}
	if a := p.token(t, "grant_type", "client_credentials"); strings.Contains(a.Scope, "introspect") {
		t.Errorf("the scope of resource servers is in a token: %q", a.Scope)
	}
}

func TestB20_ClientAuthentication(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	body := url.Values{"grant_type": {"client_credentials"}}
	inBody := url.Values{"grant_type": {"client_credentials"}, "client_id": {p.id}, "client_secret": {p.secret}}
	otherID := url.Values{"grant_type": {"client_credentials"}, "client_id": {"somebody"}}
	for name, c := range map[string]struct {
		path, authorization string
		form                url.Values
		status              int
		code                string
	}{
		"basic":            {"/oauth2/token", basic(p.id, p.secret), body, 200, ""},
		"post":             {"/oauth2/token", "", inBody, 200, ""},
		"encoded":          {"/oauth2/token", basic(strings.Replace(p.id, "_", "%5F", 1), p.secret), body, 200, ""},
		"both":             {"/oauth2/token", basic(p.id, p.secret), inBody, 400, "invalid_request"},
		"differing ids":    {"/oauth2/token", basic(p.id, p.secret), otherID, 400, "invalid_request"},
		"wrong secret":     {"/oauth2/token", basic(p.id, "wrong"), body, 401, "invalid_client"},
		"unknown client":   {"/oauth2/token", basic("nobody", "wrong"), body, 401, "invalid_client"},
		"no secret":        {"/oauth2/token", basic(p.id, ""), body, 401, "invalid_client"},
		"nothing":          {"/oauth2/token", "", body, 401, "invalid_client"},
		"bad percent":      {"/oauth2/token", basic("%zz", "x"), body, 401, "invalid_client"},
		"no colon":         {"/oauth2/token", "Basic " + base64.StdEncoding.EncodeToString([]byte("x")), body, 401, "invalid_client"},
		"not base64":       {"/oauth2/token", "Basic !!!", body, 401, "invalid_client"},
		"another scheme":   {"/oauth2/token", "Bearer x", body, 401, "invalid_client"},
		"secret in query":  {"/oauth2/token?client_secret=x", basic(p.id, p.secret), body, 400, "invalid_request"},
		"escaped in query": {"/oauth2/token?client%5Fsecret=x", basic(p.id, p.secret), body, 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, c.path, strings.NewReader(c.form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if c.authorization != "" {
				r.Header.Set("Authorization", c.authorization)
			}
			a := read(t, h.Do(r))
			if c.status == http.StatusOK {
				wantTokens(t, a)
				return
			}
			wantRefused(t, a, c.status, c.code)
			if c.status == http.StatusUnauthorized && a.Header.Get("WWW-Authenticate") == "" {
				t.Error("401 without a challenge") // RFC 9110 §11.6.1
			}
		})
	}
}

func TestB22_AnotherOrganisationsCode(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h) // owned by EPOS-DEMO
	wantRefused(t, p.token(t, "grant_type", "password", "username", "other-user", "password", "other-password",
		"organisation", "OTHER_ORG"), 400, "invalid_grant")
	wantRefused(t, p.token(t, "grant_type", "password", "username", "svc-demo", "password", "svc-demo-password",
		"organisation", "OTHER_ORG"), 400, "invalid_grant")
	wantRefused(t, p.token(t, "grant_type", "client_credentials", "organisation", "OTHER_ORG"), 400, "invalid_grant")
	wantRefused(t, p.token(t, "grant_type", "client_credentials", "organisation", "NO_SUCH"), 400, "invalid_grant")
}

func TestB27_OnlyFormsAtTheStandardEndpoint(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	for name, c := range map[string]struct{ contentType, body, code string }{
		"json":         {"application/json", `{"grant_type":"client_credentials"}`, "invalid_request"},
		"multipart":    {"multipart/form-data; boundary=x", "--x--", "invalid_request"},
		"none":         {"", "grant_type=client_credentials", "invalid_request"},
		"twice":        {"application/x-www-form-urlencoded", "grant_type=client_credentials&grant_type=password", "invalid_request"},
		"bad escape":   {"application/x-www-form-urlencoded", "grant_type=%zz", "invalid_request"},
		"over 64 KiB":  {"application/x-www-form-urlencoded", "grant_type=" + strings.Repeat("x", 65<<10), "invalid_request"},
		"unknown kept": {"application/x-www-form-urlencoded; charset=utf-8", "grant_type=client_credentials&unknown=1", ""},
	} {
		t.Run("ALL_5 "+name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.contentType)
			r.SetBasicAuth(p.id, p.secret)
			a := read(t, h.Do(r))
			if c.code == "" {
				wantTokens(t, a)
				return
			}
			wantRefused(t, a, 400, c.code)
		})
	}
}

func TestALL_7_WrongCredentialsAreOneAnswer(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	answers := map[string]string{}
	for name, party := range map[string]*party{
		"wrong secret":   {h: h, id: p.id, secret: "wrong"},
		"unknown client": {h: h, id: "nobody", secret: "wrong"},
		"imported":       {h: h, id: "spendesk-partner", secret: "wrong"},
		"API key":        {h: h, id: "my_id", secret: "wrong"},
	} {
		response := party.post(t, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
		answers[name] = dump(t, response)
	}
	allEqual(t, answers)
	users := map[string]string{}
	for name, pairs := range map[string][]string{
		"wrong password":       {"svc-demo", "wrong", "EPOS-DEMO"},
		"unknown user":         {"nobody", "wrong", "EPOS-DEMO"},
		"unknown organisation": {"svc-demo", "wrong", "NO_SUCH"},
		"a person":             {"manager@epos.example", "till roll paper jam again", "EPOS-DEMO"}, // PE-2
	} {
		users[name] = dump(t, p.post(t, "/oauth2/token", values("grant_type", "password",
			"username", pairs[0], "password", pairs[1], "organisation", pairs[2])))
	}
	allEqual(t, users)
}

func dump(t *testing.T, r *http.Response) string {
	t.Helper()
	r.Header.Del("X-Request-Id")
	var out bytes.Buffer
	if err := r.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func allEqual(t *testing.T, answers map[string]string) {
	t.Helper()
	var first, name string
	for n, a := range answers {
		if first == "" {
			first, name = a, n
		}
		if a != first {
			t.Errorf("%s is answered\n%s\n%s\n%s", n, a, name, first)
		}
	}
}

func TestF12_NoTokenWithoutItsAuditRecord(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newParty(t, h)
		wantTokens(t, p.token(t, "grant_type", "client_credentials"))
		events, err := h.Store.Events(t.Context(), store.EventFilter{Type: core.TokenIssued, ClientID: p.id, Limit: 10})
		if err != nil || len(events) != 1 {
			t.Fatalf("%d records, %v", len(events), err)
		}
		e := events[0]
		if e.SubjectID != p.id || e.OrganisationID == "" || e.IP == "" || e.RequestID == "" || e.GrantID == "" || e.GrantType != "client_credentials" {
			t.Errorf("the record is incomplete: %+v", e)
		}
		p.token(t, "grant_type", "client_credentials", "scope", "admin")
		refused, err := h.Store.Events(t.Context(), store.EventFilter{Type: core.TokenRefused, ClientID: p.id, Limit: 10})
		if err != nil || len(refused) != 1 || refused[0].Reason != "scope_not_allowed" {
			t.Errorf("refusals %+v, %v", refused, err)
		}
		if err := h.Store.Close(); err != nil {
			t.Fatal(err)
		}
		if a := p.token(t, "grant_type", "client_credentials"); a.Status != http.StatusServiceUnavailable || a.AccessToken != "" {
			t.Errorf("a token without a record: %d", a.Status)
		}
	})
}

func TestD05_ANarrowedRegistrationNarrowsItsTokens(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	token := p.token(t, "grant_type", "client_credentials").AccessToken
	if err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
		client, err := tx.Client(p.id)
		if err != nil {
			return err
		}
		narrowed := *client
		narrowed.Scopes = []string{"read"}
		return tx.PutClient(&narrowed)
	}); err != nil {
		t.Fatal(err)
	}
	var answer struct{ Scope string }
	if err := json.NewDecoder(p.post(t, "/oauth2/introspect", values("token", token)).Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	if answer.Scope != "read" {
		t.Errorf("the token still has %q", answer.Scope)
	}
}
