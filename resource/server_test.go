package resource_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger"
	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/permission/permissiontest"
	"claviger/internal/server/servertest"
	"claviger/oauth"
	"claviger/resource"
	"claviger/test/testlog"
)

// server is a real server with the demo data, and an API client of it.
type server struct {
	*servertest.Harness
	id, secret string
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{Harness: servertest.New(t)}
	client, secret, err := s.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, admin.NewClient{
		Name: "API", Company: "Test", Website: "https://test.example", Contact: "dev@test.example",
		GrantTypes: []string{"client_credentials"}, Scopes: []string{"introspect"},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.id, s.secret = client.ID, secret
	return s
}

// RoundTrip hands a client's request to the server.
func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	var body io.Reader
	if r.Body != nil {
		body = r.Body
	}
	sent := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), body)
	sent.Header = r.Header
	return s.Do(sent), nil
}

func (s *server) verifier(t testing.TB, change ...func(*resource.Config)) *resource.Verifier {
	t.Helper()
	c := resource.Config{
		Issuer: "http://" + servertest.Host, Audience: "http://" + servertest.Host, ClientID: s.id, ClientSecret: s.secret,
		HTTPClient: &http.Client{Transport: s}, Log: testlog.Logger(t), Now: s.Clock.Now,
	}
	for _, f := range change {
		f(&c)
	}
	v, err := resource.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// grant asks the token endpoint.
func (s *server) grant(t testing.TB, id, secret string, form url.Values) (token string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(id, secret)
	var answer map[string]any
	response := s.Do(r)
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %v", id, response.StatusCode, answer, err)
	}
	return answer["access_token"].(string)
}

func clientCredentials(more ...string) url.Values {
	form := url.Values{"grant_type": {"client_credentials"}}
	for n := 0; n+1 < len(more); n += 2 {
		form.Set(more[n], more[n+1])
	}
	return form
}

func TestTokensOfEverySystem(t *testing.T) {
	s := newServer(t)
	v := s.verifier(t)
	owner, user := s.Person("owner@acme.example"), s.Person("user@centrapay.example")
	for name, c := range map[string]struct {
		token string
		want  resource.Caller
	}{
		"JPay": {s.grant(t, "your_app_key", "your_app_secret", clientCredentials()),
			resource.Caller{SubjectType: "client", Subject: "your_app_key", ClientID: "your_app_key", Products: []string{"collections", "payouts"}}},
		"Spendesk, a key's token": {s.grant(t, "my_id", "my_secret", clientCredentials()),
			resource.Caller{SubjectType: "api_key", Subject: "my_id", ClientID: "my_id", AccountID: "acme-fr",
				Scopes: oauth.Scope{"wallet-summary:read", "settlement:read", "payable:read"}}},
		"Spendesk, a partner": {s.SignIn(servertest.SignIn{Client: "spendesk-partner", Email: owner.Email, Account: "acme-uk", Scope: "payable:read"}).AccessToken,
			resource.Caller{SubjectType: "person", Subject: owner.ID, ClientID: "spendesk-partner", AccountID: "acme-uk", Scopes: oauth.Scope{"payable:read"}}},
		"ScratchPower": {s.grant(t, "your-client-id", "your-client-secret", url.Values{"grant_type": {"password"},
			"username": {"integration-user"}, "password": {"your-password"}, "organisation": {"YOUR_ORG"}, "scope": {"read"}}),
			resource.Caller{SubjectType: "service_account", ClientID: "your-client-id", Scopes: oauth.Scope{"read"}}},
		"Centrapay": {s.UserToken(user.Email, "openid"),
			resource.Caller{SubjectType: "person", Subject: user.ID, ClientID: "centrapay-web", Scopes: oauth.Scope{"openid"}}},
	} {
		who, err := v.Verify(t.Context(), c.token)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if who.Kind != resource.AccessToken || who.SubjectType != c.want.SubjectType || c.want.Subject != "" && who.Subject != c.want.Subject ||
			who.ClientID != c.want.ClientID || who.AccountID != c.want.AccountID || who.Scopes.String() != c.want.Scopes.String() ||
			strings.Join(who.Products, " ") != strings.Join(c.want.Products, " ") {
			t.Errorf("%s: %+v", name, who)
		}
	}
}

// PE-3: a token for one service is refused by any other API.
func TestPE_3_ATokenForOneService(t *testing.T) {
	s := newServer(t)
	token := s.grant(t, "epos-partner", "epos-partner-secret", clientCredentials("scope", "partnerservices", "organisation", "EPOS-DEMO"))
	service := s.verifier(t, func(c *resource.Config) { c.Audience = "partnerservices" })
	if who, err := service.Verify(t.Context(), token); err != nil || who.ClientID != "epos-partner" {
		t.Errorf("the service itself: %+v %v", who, err)
	}
	if _, err := s.verifier(t).Verify(t.Context(), token); reason(err) != oauth.ReasonTokenInvalid {
		t.Errorf("another API: %v", err)
	}
	if _, err := service.Verify(t.Context(), s.UserToken("user@centrapay.example", "openid")); reason(err) != oauth.ReasonTokenInvalid {
		t.Errorf("a token of the platform at the service: %v", err)
	}
	if _, err := service.ProveAPIKey(t.Context(), "centrapay-owner-key"); reason(err) != oauth.ReasonKeyInvalid {
		t.Errorf("a key of the platform at the service: %v", err)
	}
}

// B07: what else the server signs and gives is not taken.
func TestB07_OtherTokensOfTheServer(t *testing.T) {
	s := newServer(t)
	v := s.verifier(t)
	issued := s.SignIn(servertest.SignIn{Client: "spendesk-partner", Email: "owner@acme.example", Account: "acme-fr"})
	idToken := s.SignIn(servertest.SignIn{Client: "centrapay-web", Email: "user@centrapay.example"}).IDToken
	for name, token := range map[string]string{"a refresh token": issued.RefreshToken, "an ID token": idToken, "an API key": "centrapay-owner-key"} {
		if status, _, _ := call(t, v.Require(), request("Authorization", "Bearer "+token)); token != "" && status != 401 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status, _, _ := call(t, v.Require(), request("X-Api-Key", issued.AccessToken)); status != 401 {
		t.Errorf("D03, an access token as a key: %d", status)
	}
}

func TestSD_8_AnExpiredToken(t *testing.T) {
	s := newServer(t)
	guard := s.verifier(t).Require(resource.Scope("payable:read"))
	bearer := "Bearer " + s.grant(t, "my_id", "my_secret", clientCredentials())
	if status, _, body := call(t, guard, request("Authorization", bearer)); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	s.Clock.Advance(24 * time.Hour)
	if status, header, _ := call(t, guard, request("Authorization", bearer)); status != 401 || !strings.Contains(header.Get("WWW-Authenticate"), "expired") {
		t.Errorf("%d %v", status, header)
	}
}

func TestR17_KeyRotation(t *testing.T) {
	s := newServer(t)
	v := s.verifier(t)
	old := s.UserToken("user@centrapay.example", "openid")
	if _, err := v.Verify(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ring.Rotate(t.Context(), "ES256", keys.Rotation{Keep: 24 * time.Hour}, core.Event{}, nil); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(5 * time.Second)
	fresh := s.UserToken("user@centrapay.example", "openid")
	for name, token := range map[string]string{"new": fresh, "old": old} {
		if _, err := v.Verify(t.Context(), token); err != nil {
			t.Errorf("a token of the %s key: %v", name, err)
		}
	}
}

func TestD05_ARevokedTokenAtTheAPI(t *testing.T) {
	s := newServer(t)
	checking := s.verifier(t, func(c *resource.Config) { c.CheckRevocation = true })
	token := s.grant(t, "my_id", "my_secret", clientCredentials())
	if who, err := checking.Verify(t.Context(), token); err != nil || !who.HasScope("payable:read") {
		t.Fatalf("%+v %v", who, err)
	}
	r := httptest.NewRequest(http.MethodPost, "/oauth2/revoke", strings.NewReader(url.Values{"token": {token}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("my_id", "my_secret")
	if got := s.Do(r).StatusCode; got != http.StatusOK {
		t.Fatalf("revocation: %d", got)
	}
	s.Clock.Advance(resource.DefaultStateCache)
	if _, err := checking.Verify(t.Context(), token); reason(err) != oauth.ReasonTokenRevoked {
		t.Errorf("after the revocation: %v", err)
	}
}

// D05: a key that is revoked, and one whose organisation is stopped, is dead at
// the API within StateCache.
func TestD05_ARevokedAPIKeyAtTheAPI(t *testing.T) {
	s := newServer(t)
	v := s.verifier(t)
	key, secret, err := s.Admin.CreateAPIKey(t.Context(), admin.Actor{Name: "test"}, admin.NewAPIKey{
		AccountID: "Jaim1Cu1Q55uooxSens6yk", Name: "Till", RoleCode: "merchant-terminal", Dialect: "centrapay",
	})
	if err != nil {
		t.Fatal(err)
	}
	who, err := v.ProveAPIKey(t.Context(), secret)
	if err != nil || who.Subject != key.ID || who.AccountID != key.AccountID || who.Role != "merchant-terminal" {
		t.Fatalf("%+v %v", who, err)
	}
	if err := s.Admin.RevokeAPIKey(t.Context(), admin.Actor{Name: "test"}, key.ID); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(resource.DefaultStateCache)
	if _, err := v.ProveAPIKey(t.Context(), secret); reason(err) != oauth.ReasonKeyInvalid {
		t.Errorf("a revoked key: %v", err)
	}
	for _, presented := range []string{"my_secret", "your_app_secret", key.ID} {
		if _, err := v.ProveAPIKey(t.Context(), presented); reason(err) != oauth.ReasonKeyInvalid {
			t.Errorf("%s alone: %v", presented, err)
		}
	}
}

// F06: an API without the scope introspect learns nothing, and lets nobody in.
func TestF06_AnAPIThatMayNotAsk(t *testing.T) {
	s := newServer(t)
	stranger := s.verifier(t, func(c *resource.Config) { c.ClientID, c.ClientSecret = "your_app_key", "your_app_secret" })
	if _, err := stranger.ProveAPIKey(t.Context(), "centrapay-owner-key"); reason(err) != oauth.ReasonKeyInvalid {
		t.Errorf("a key: %v", err)
	}
	who := &resource.Caller{SubjectType: "person", Subject: s.Person("owner@acme.example").ID}
	if err := stranger.Permit(t.Context(), who, "connections:approve", "acme-fr"); reason(err) != oauth.ReasonPermissionDenied {
		t.Errorf("a permission: %v", err)
	}
	if err := s.verifier(t).Permit(t.Context(), who, "connections:approve", "acme-fr"); err != nil {
		t.Errorf("asked by one who may: %v", err)
	}
}

// A token that is for one account decides on no other, whatever its person may.
func TestATokenForOneAccountReachesNoOther(t *testing.T) {
	s := newServer(t)
	v := s.verifier(t)
	bearer := "Bearer " + s.SignIn(servertest.SignIn{Client: "spendesk-partner", Email: "owner@acme.example", Account: "acme-fr"}).AccessToken
	for account, want := range map[string]int{"acme-fr": 200, "acme-uk": 403, "acme-labs": 403, "*": 403, "nothing": 403} {
		r := request("Authorization", bearer)
		r.SetPathValue("account", account)
		guard := v.Require(resource.Permission("connections:approve", resource.AccountFromPath("account")))
		if status, _, body := call(t, guard, r); status != want {
			t.Errorf("%s: %d %s", account, status, body)
		}
	}
}

// CP-8, CP-9: the whole published table, through the middleware.
func TestCP_8_CP_9_TheTable(t *testing.T) {
	s := newServer(t)
	permissions, err := claviger.Dialects.ReadFile("dialects/centrapay/permissions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Admin.Apply(t.Context(), admin.Actor{Name: "test"}, []admin.File{
		{Name: "permissions.yaml", Data: permissions}, {Name: "table.yaml", Data: []byte(permissiontest.Configuration())},
	}, admin.Options{Dialects: []string{"centrapay"}})
	if err != nil {
		t.Fatal(err)
	}
	v := s.verifier(t)
	credentials := map[string][]string{}
	for _, subject := range permissiontest.Subjects() {
		if subject.Type == "person" {
			credentials[subject.Name()] = []string{"Authorization", "Bearer " + s.UserToken(subject.Email, "openid")}
		} else {
			credentials[subject.Name()] = []string{"X-Api-Key", subject.Secret}
		}
	}
	cases := make(chan permissiontest.Case)
	var group sync.WaitGroup
	for range 16 { // denials are recorded: those of many share a commit
		group.Go(func() {
			for c := range cases {
				r := request(credentials[c.Subject.Name()]...)
				r.SetPathValue("account", c.Account)
				want := map[bool]int{true: 200, false: 403}[c.Want]
				guard := v.Require(resource.Permission(c.Action, resource.AccountFromPath("account")))
				if status, _, body := call(t, guard, r); status != want {
					t.Errorf("%v: %d %s", c, status, body)
				}
			}
		})
	}
	all := permissiontest.Cases()
	for _, c := range all {
		cases <- c
	}
	close(cases)
	group.Wait()
	t.Logf("%d cases", len(all))
}
