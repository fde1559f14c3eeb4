package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

const eposURI = "https://partner-services.example/epos-demo/"

func powerEPOS() *wireSystem {
	right := fields{
		"grant_type": "password", "client_id": "epos-partner", "client_secret": "epos-partner-secret", "org_id": "EPOS-DEMO",
		"username": "svc-demo", "password": "svc-demo-password", "scope": "partnerservices offline_access",
	}
	return &wireSystem{
		path: "/authorisation/token", media: "application/x-www-form-urlencoded", right: right,
		secrets: []string{"client_secret", "password", "refresh_token"}, required: "grant_type",
		access: "access_token", refresh: "refresh_token",
		refreshPath: "/authorisation/token",
		refreshing: func(token string) fields {
			return fields{
				"grant_type": "refresh_token", "client_id": "epos-partner", "client_secret": "epos-partner-secret", "refresh_token": token,
			}
		},
		malformed: func(t *testing.T, a wireAnswer) {
			t.Helper()
			a.isError(http.StatusBadRequest, "invalid_request")
		},
		wrong: [][]fields{
			{
				right.with("password", "not-it"), right.with("username", "nobody"), right.with("org_id", "NOWHERE"),
				right.with("org_id", "YOUR_ORG"),
				right.with("username", "manager@epos.example", "password", "till roll paper jam again"),
				right.with("username", "manager@epos.example", "password", "not-it"),
			},
			{right.with("client_secret", "not-it"), right.with("client_id", "nobody"), right.with("client_id", "your-client-id")},
		},
		client: "epos-partner", organisation: "EPOS-DEMO", username: "svc-demo",
	}
}

// isError checks an error of RFC 6749 §5.2.
func (a wireAnswer) isError(status int, code string) {
	a.t.Helper()
	a.is(status)
	if a.member("error") != code {
		a.t.Errorf("the error is not %s: %s", code, a.text)
	}
	if diff := cmp.Diff([]string{"error", "error_description"}, a.members()); diff != "" {
		a.t.Errorf("members (-want +got):\n%s", diff)
	}
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
		a.t.Errorf("header %v", a.header)
	}
}

func TestPE_1_TokenAnswer(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	a := s.ask(t, h, s.right).is(http.StatusOK)
	access, refresh := a.token("access_token"), a.token("refresh_token")
	a.holds(`{"token_type":"Bearer","access_token":"` + access + `","expires_in":28800,"refresh_token":"` + refresh + `",
		"svc":"` + eposURI + `","org_id":"EPOS-DEMO"}`)
	if got := seconds(t, access); got != 28800 {
		t.Errorf("the token lives %d seconds", got)
	}
	basic := s.right.with("client_id", "-", "client_secret", "-")
	s.ask(t, h, basic, "Authorization", "Basic ZXBvcy1wYXJ0bmVyOmVwb3MtcGFydG5lci1zZWNyZXQ=").is(http.StatusOK)
}

func TestPE_1_Errors(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	for name, c := range map[string]struct {
		body   fields
		status int
		code   string
	}{
		"no grant_type":              {s.right.with("grant_type", "-"), 400, "invalid_request"},
		"an unknown grant_type":      {s.right.with("grant_type", "authorization_code"), 400, "unsupported_grant_type"},
		"grant_type in another case": {s.right.with("grant_type", "Password"), 400, "unsupported_grant_type"},
		"wrong client_secret":        {s.right.with("client_secret", "not-it"), 401, "invalid_client"},
		"no client":                  {s.right.with("client_id", "-", "client_secret", "-"), 401, "invalid_client"},
		"no org_id":                  {s.right.with("org_id", "-"), 400, "invalid_request"},
		"no username":                {s.right.with("username", "-"), 400, "invalid_request"},
		"no password":                {s.right.with("password", "-"), 400, "invalid_request"},
		"wrong password":             {s.right.with("password", "not-it"), 400, "invalid_grant"},
		"another organisation":       {s.right.with("org_id", "YOUR_ORG"), 400, "invalid_grant"},
		"a scope it does not have":   {s.right.with("scope", "partnerservices admin"), 400, "invalid_scope"},
		"no refresh_token":           {s.right.with("grant_type", "refresh_token"), 400, "invalid_request"},
		"a made-up refresh_token":    {s.refreshing("abc"), 400, "invalid_grant"},
	} {
		t.Run(name, func(t *testing.T) {
			a := s.ask(t, h, c.body)
			a.isError(c.status, c.code)
			if c.status == http.StatusUnauthorized && !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Basic") {
				t.Error("a 401 without a challenge")
			}
		})
	}
}

func TestPE_2_AnEndUserIsRefused(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	for _, name := range []string{"manager@epos.example", "MANAGER@epos.example"} {
		s.ask(t, h, s.right.with("username", name, "password", "till roll paper jam again")).isError(400, "invalid_grant")
	}
}

func TestPE_3_TheTokenIsForOneServiceAlone(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	access := s.ask(t, h, s.right).token("access_token")
	if got := wireClaims(t, access)["aud"]; got != "partnerservices" {
		t.Errorf("aud %v", got)
	}
	for _, path := range []string{"/v1/auth/me", "/v1/accounts", "/api/account-memberships", "/wallet-summaries"} {
		wireSend(t, h, http.MethodGet, path, "", spBearer(access)...).is(http.StatusUnauthorized)
	}
	for _, scope := range []string{"-", "", "offline_access"} {
		s.ask(t, h, s.right.with("scope", scope)).isError(400, "invalid_scope")
	}
	changeOrganisation(t, h, "EPOS-DEMO", func(o *core.Organisation) { o.Services["stock"] = "https://stock.example/" })
	changeClient(t, h, "epos-partner", func(c *core.Client) { c.Scopes = append(c.Scopes, "stock") })
	s.ask(t, h, s.right.with("scope", "partnerservices stock")).isError(400, "invalid_scope")
	if got := wireClaims(t, s.ask(t, h, s.right.with("scope", "stock")).token("access_token"))["aud"]; got != "stock" {
		t.Errorf("aud %v", got)
	}
}

// The audience alone is enough for a refusal: the token here is of the same
// system as the API.
func TestPE_3_AnotherAPIRefusesTheAudience(t *testing.T) {
	s, h := scratchPower(), servertest.New(t)
	own := s.ask(t, h, s.right).token("access_token")
	spGet(t, h, "/v1/auth/me", own).is(http.StatusOK)
	changeOrganisation(t, h, "YOUR_ORG", func(o *core.Organisation) { o.Services = map[string]string{"read": "https://read.example/"} })
	foreign := s.ask(t, h, s.right).token("access_token")
	if got := wireClaims(t, foreign)["aud"]; got != "read" {
		t.Fatalf("aud %v", got)
	}
	spGet(t, h, "/v1/auth/me", foreign).is(http.StatusUnauthorized)
}

func TestPE_3_ClientCredentials(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	own := fields{
		"grant_type": "client_credentials", "client_id": "epos-partner", "client_secret": "epos-partner-secret",
		"org_id": "EPOS-DEMO", "scope": "partnerservices",
	}
	a := s.ask(t, h, own).is(http.StatusOK)
	a.holds(`{"token_type":"Bearer","access_token":"` + a.token("access_token") + `","expires_in":28800,"svc":"` + eposURI + `","org_id":"EPOS-DEMO"}`)
	claims := wireClaims(t, a.token("access_token"))
	if claims["aud"] != "partnerservices" || claims["sub"] != "epos-partner" || claims["svc"] != eposURI || claims["org_id"] != "EPOS-DEMO" {
		t.Errorf("the claims are %v", claims)
	}
	s.ask(t, h, own.with("org_id", "YOUR_ORG")).isError(400, "invalid_grant")
	s.ask(t, h, own.with("org_id", "NOWHERE")).isError(400, "invalid_grant")
	s.ask(t, h, own.with("org_id", "-")).isError(400, "invalid_scope") // of no organisation, so of no service
	s.ask(t, h, own.with("scope", "-")).isError(400, "invalid_scope")
}

func TestPE_4_Refresh(t *testing.T) {
	h := servertest.New(t)
	peRefresh(t, h, h)
}

// peRefresh takes two nodes, or one twice.
func peRefresh(t *testing.T, one, two *servertest.Harness) {
	s := powerEPOS()
	if got := s.ask(t, one, s.right.with("scope", "partnerservices")).is(http.StatusOK).member("refresh_token"); got != nil {
		t.Errorf("without offline_access there is a refresh token: %v", got)
	}
	first := s.ask(t, one, s.right).token("refresh_token")
	a := s.renew(t, two, first).is(http.StatusOK)
	second := a.token("refresh_token")
	a.holds(`{"token_type":"Bearer","access_token":"` + a.token("access_token") + `","expires_in":28800,"refresh_token":"` + second + `",
		"svc":"` + eposURI + `","org_id":"EPOS-DEMO"}`)
	if first == second {
		t.Error("the refresh token is the same one again")
	}
	if claims := wireClaims(t, a.token("access_token")); claims["aud"] != "partnerservices" {
		t.Errorf("aud %v", claims["aud"])
	}
	s.renew(t, one, first).isError(400, "invalid_grant")
	s.renew(t, two, second).isError(400, "invalid_grant")
}

func TestPE_4_RefreshNeedsTheClient(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	token := s.ask(t, h, s.right).token("refresh_token")
	s.ask(t, h, s.refreshing(token).with("client_secret", "-")).isError(401, "invalid_client")
	s.ask(t, h, s.refreshing(token).with("client_id", "-", "client_secret", "-")).isError(401, "invalid_client")
	s.ask(t, h, s.refreshing(token).with("scope", "partnerservices everything")).isError(400, "invalid_scope")
	s.renew(t, h, token).is(http.StatusOK)
}

func TestPE_5_Claims(t *testing.T) {
	h := servertest.New(t)
	peService(t, h)
}

func peService(t *testing.T, h *servertest.Harness) {
	s, id := powerEPOS(), serviceAccount(t, h, "EPOS-DEMO", "svc-demo").ID
	check := func(a wireAnswer, uri string) wireAnswer {
		t.Helper()
		claims := wireClaims(t, a.is(http.StatusOK).token("access_token"))
		for name, want := range map[string]string{"svc": uri, "org_id": "EPOS-DEMO", "sub": id, "user_id": id} {
			if claims[name] != want {
				t.Errorf("the claim %s is %v, not %s", name, claims[name], want)
			}
		}
		if a.member("svc") != uri {
			t.Errorf("svc %v", a.member("svc"))
		}
		return a
	}
	first := check(s.ask(t, h, s.right), eposURI)
	const moved = "https://elsewhere.example/epos/"
	changeOrganisation(t, h, "EPOS-DEMO", func(o *core.Organisation) { o.Services = map[string]string{"partnerservices": moved} })
	check(s.ask(t, h, s.right), moved)
	second := check(s.renew(t, h, first.token("refresh_token")), moved)
	changeOrganisation(t, h, "EPOS-DEMO", func(o *core.Organisation) { o.Services = nil })
	s.ask(t, h, s.right).isError(400, "invalid_scope")
	s.renew(t, h, second.token("refresh_token")).isError(400, "invalid_scope")
}

func TestPE_6_Onboarding(t *testing.T) {
	s, h := powerEPOS(), servertest.New(t)
	organisation, err := h.Store.OrganisationByCode(t.Context(), "EPOS-DEMO")
	if err != nil {
		t.Fatal(err)
	}
	whole := admin.NewClient{
		ID: "new-developer", Name: "New", Dialect: "powerepos", Company: "New Ltd", Website: "https://new.example", Contact: "dev@new.example",
		GrantTypes: []string{oauth.GrantPassword}, Scopes: oauth.Scope{"partnerservices"}, OrganisationIDs: []string{organisation.ID},
	}
	for param, without := range map[string]func(*admin.NewClient){
		"company": func(n *admin.NewClient) { n.Company = "" },
		"website": func(n *admin.NewClient) { n.Website = "" },
		"contact": func(n *admin.NewClient) { n.Contact = "" },
	} {
		n := whole
		without(&n)
		if _, _, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, n); oauth.AsError(err).Param != param {
			t.Errorf("without %s: %v", param, err)
		}
	}
	client, secret, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, whole)
	if err != nil {
		t.Fatal(err)
	}
	if client.Company != "New Ltd" || client.Website != "https://new.example" || client.Contact != "dev@new.example" {
		t.Errorf("made %+v", client)
	}
	s.ask(t, h, s.right.with("client_id", "new-developer", "client_secret", secret, "scope", "partnerservices")).is(http.StatusOK)
	stored, err := h.Store.Secrets(t.Context(), "new-developer")
	if err != nil || len(stored) != 1 || strings.Contains(stored[0].Hash+stored[0].Digest, secret) {
		t.Errorf("the secret can be had again: %v %v", stored, err)
	}
}

func TestPowerEPOS_OnBothEngines(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		one, two := open(), open()
		t.Run("PE_4", func(t *testing.T) { peRefresh(t, one, two) })
		t.Run("PE_5", func(t *testing.T) { peService(t, one) })
	})
}

func TestALL_1_PowerEPOS(t *testing.T) { testNoStore(t, powerEPOS()) }

func TestALL_2_PowerEPOS(t *testing.T) { testRequestID(t, powerEPOS()) }

func TestALL_3_PowerEPOS(t *testing.T) {
	if claims := testOffline(t, powerEPOS()); claims["scope"] != "partnerservices offline_access" {
		t.Errorf("scope %v", claims["scope"])
	}
}

func TestALL_4_PowerEPOS(t *testing.T) { testQuery(t, powerEPOS()) }

func TestALL_5_PowerEPOS(t *testing.T) { testBodies(t, powerEPOS()) }

func TestALL_6_PowerEPOS(t *testing.T) { testDisabled(t, powerEPOS()) }

func TestALL_7_PowerEPOS(t *testing.T) {
	testSameAnswer(t, powerEPOS())
	s, h := powerEPOS(), servertest.New(t)
	for _, name := range []string{"svc-demo", "nobody", "manager@epos.example"} { // the same gate for each
		wrong := s.right.with("username", name, "password", "not-it")
		for range 10 {
			s.ask(t, h, wrong).is(http.StatusBadRequest)
		}
		s.ask(t, h, wrong).is(http.StatusTooManyRequests)
		h.Clock.Advance(time.Minute)
	}
}
