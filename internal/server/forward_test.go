package server_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/permission/permissiontest"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// identity are the headers that tell a backend who asks.
var identity = []string{
	"X-Claviger-Subject", "X-Claviger-Subject-Type", "X-Claviger-Organisation", "X-Claviger-Account", "X-Claviger-Client",
	"X-Claviger-Scopes", "X-Claviger-Roles", "X-Claviger-Products", "X-Claviger-Token",
}

// peer lets the source of the test's requests ask.
func peer(c *config.Config) {
	c.ForwardAuth.TrustedPeers = []netip.Prefix{netip.MustParsePrefix(wireSource + "/32")}
}

func askFor(rules ...config.ForwardRule) func(*config.Config) {
	return func(c *config.Config) { c.ForwardAuth.Rules = append(c.ForwardAuth.Rules, rules...) }
}

// forwardRules are the rules of most tests here.
var forwardRules = askFor(
	config.ForwardRule{Path: "/public/**", Public: true},
	config.ForwardRule{Path: "/known"},
	config.ForwardRule{Path: "/centrapay", Dialect: "centrapay"},
	config.ForwardRule{Path: "/scope", Scope: "settlement:read"},
	config.ForwardRule{Path: "/payouts", Product: "payouts", Dialect: "jpay"},
	config.ForwardRule{Path: "/partnerservices", Audience: "partnerservices"},
	config.ForwardRule{Path: "/accounts/{id}", Permission: "accounts:read", Account: "{id}", Methods: []string{"GET"}},
	config.ForwardRule{Path: "/mine", Permission: "accounts:read", Account: config.ForwardActing},
	config.ForwardRule{Path: "/nobody", Permission: "no:such", Account: config.ForwardActing},
)

// through asks as Traefik does.
func (c *customer) through(method, target string, lines ...string) wireAnswer {
	c.t.Helper()
	return c.get("/forward-auth", append(lines, "X-Forwarded-Method: "+method, "X-Forwarded-Uri: "+target,
		"X-Forwarded-Host: api.example", "X-Forwarded-For: 203.0.113.9", "X-Forwarded-Proto: https")...)
}

// sendIn is through within a context.
func (c *customer) sendIn(ctx context.Context, target, line string) wireAnswer {
	c.t.Helper()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/forward-auth"+target, nil)
	r.RemoteAddr = wireSource + ":40000"
	name, value, _ := strings.Cut(line, ": ")
	r.Header.Set(name, value)
	response := c.Do(r)
	return wireAnswer{c.t, response.StatusCode, response.Header, ""}
}

// tells checks that every identity header is there, and which are not blank.
func (a wireAnswer) tells(want map[string]string) {
	a.t.Helper()
	a.is(http.StatusOK)
	for _, name := range identity {
		values, set := a.header[name]
		if !set || len(values) != 1 || values[0] != want[strings.TrimPrefix(name, "X-Claviger-")] {
			a.t.Errorf("%s is %q, not %q", name, values, want[strings.TrimPrefix(name, "X-Claviger-")])
		}
	}
	if a.text != "" || a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("the answer has %q, %v", a.text, a.header)
	}
}

func TestG02_ForwardAuthTrustsNobodyByDefault(t *testing.T) {
	c := newCustomer(t, forwardRules)
	c.through("GET", "/public/x").is(403)
	c.through("GET", "/known", apiKey(ownerKey)).is(403)
	c.get("/forward-auth/public/x").is(403)
	c = newCustomer(t, forwardRules, peer)
	c.through("GET", "/public/x").is(200)
	c.get("/forward-auth/public/x").is(200)
	c.through("GET", "/public/x", "From-IP: 192.0.2.21").is(403)
	c.get("/forward-auth/public/x", "From-IP: 192.0.2.21").is(403)
	c.through("GET", "/public/x", "From-IP: 192.0.2.21", "X-Forwarded-For: "+wireSource, "X-Real-IP: "+wireSource).is(403)
}

// The address of the caller comes from the proxy that asks, so that a source that
// guesses keys is slowed down by itself.
func TestG02_TheAddressComesFromThePeerThatAsks(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	c.through("GET", "/accounts/"+teaWarehouse, apiKey(testKey), "X-Request-Id: from").is(403)
	if got := events(t, c.Harness, "from"); len(got) != 1 || got[0].IP != "203.0.113.9" {
		t.Errorf("recorded %+v", got)
	}
}

func TestForwardAuthTellsWhoAsks(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	epos, partners := powerEPOS(), jpay()
	ceo := c.Person(user)
	organisation := func(code string) string {
		o, err := c.Store.OrganisationByCode(t.Context(), code)
		if err != nil {
			t.Fatal(err)
		}
		return o.ID
	}
	key, _, err := c.Store.APIKeyByDigest(t.Context(), c.Secrets.Digest(ownerKey))
	if err != nil {
		t.Fatal(err)
	}
	forged := []string{"X-Claviger-Subject: usr_admin", "X-Claviger-Roles: admin", "X-Claviger-Token: forged"}
	c.through("GET", "/public/x", forged...).tells(nil)
	c.through("GET", "/public/x", append(forged, bearer("wrong"))...).tells(nil)
	token := bearer(c.UserToken(user, "openid profile"))
	c.through("GET", "/known", append(forged, token)...).tells(map[string]string{
		"Subject": ceo.ID, "Subject-Type": "person", "Client": "centrapay-web", "Scopes": "openid profile",
	})
	c.through("GET", "/accounts/"+cafe, token).tells(map[string]string{
		"Subject": ceo.ID, "Subject-Type": "person", "Client": "centrapay-web", "Scopes": "openid profile",
		"Account": cafe, "Roles": "account-owner",
	})
	c.through("GET", "/mine", token).tells(map[string]string{
		"Subject": ceo.ID, "Subject-Type": "person", "Client": "centrapay-web", "Scopes": "openid profile",
		"Account": c.individual(user).ID, "Roles": "account-owner",
	})
	c.through("GET", "/mine", apiKey(ownerKey)).tells(map[string]string{
		"Subject": key.ID, "Subject-Type": "api_key", "Client": key.ID, "Organisation": organisation("centrapay-cafe"),
		"Account": cafe, "Roles": "account-owner",
	})
	c.through("POST", "/scope", bearer(c.keyToken())).tells(map[string]string{
		"Subject": "my_id", "Subject-Type": "api_key", "Client": "my_id", "Organisation": organisation("acme-fr"),
		"Account": "acme-fr", "Scopes": keyScope,
	})
	app := partners.ask(t, c.Harness, partners.right).token("access")
	c.through("POST", "/payouts", bearer(app)).tells(map[string]string{
		"Subject": "your_app_key_here", "Subject-Type": "client", "Client": "your_app_key_here",
		"Organisation": organisation("MERCHANT-123"), "Products": "collections payouts",
	})
	service := epos.ask(t, c.Harness, epos.right).token("access_token")
	c.through("GET", "/partnerservices", bearer(service)).tells(map[string]string{
		"Subject": serviceAccount(t, c.Harness, "EPOS-DEMO", "svc-demo").ID, "Subject-Type": "service_account", "Client": "epos-partner",
		"Organisation": organisation("EPOS-DEMO"), "Scopes": "partnerservices offline_access", "Roles": "integration",
	})
}

func TestForwardAuthRefusesInTheShapeOfTheDialect(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	c.through("GET", "/centrapay").is(401).holds(missing)
	c.through("GET", "/centrapay", apiKey("wrong")).is(401).holds(invalid)
	c.through("GET", "/centrapay", bearer(c.keyToken())).is(401).holds(invalid) // of another dialect
	c.through("GET", "/known", apiKey("wrong")).is(401).holds(invalid)          // by the header
	c.through("GET", "/accounts/"+teaWarehouse, apiKey(ownerKey)).is(403).holds(forbidden)
	c.through("GET", "/nowhere", apiKey(ownerKey)).is(403).holds(forbidden)
	c.through("GET", "/nobody", apiKey(ownerKey)).is(403).holds(forbidden)
	partners := jpay()
	app := partners.ask(t, c.Harness, fields{"app_key": "collections_only_key", "app_secret": "collections_only_secret"}).token("access")
	if a := c.through("POST", "/payouts", bearer(app)).is(403); a.member("detail") == nil { // JP-4
		t.Errorf("not as JPay has it: %s", a.text)
	}

	a := c.through("GET", "/known").is(401)
	if a.isError(401, "invalid_token"); a.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%v", a.header)
	}
	a = c.through("GET", "/known", bearer("wrong"))
	if a.isError(401, "invalid_token"); a.header.Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("%v", a.header)
	}
	c.apply("clients: [{id: plain, name: Plain, secret: plain-secret, grant_types: [client_credentials], scopes: read}]")
	plain := c.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", formType, basic("plain", "plain-secret")).token("access_token")
	c.through("GET", "/known", bearer(plain)).is(200)
	a = c.through("GET", "/scope", bearer(plain))
	a.isError(403, "insufficient_scope")
	if got := a.header.Get("WWW-Authenticate"); got != `Bearer error="insufficient_scope", scope="settlement:read"` {
		t.Errorf("WWW-Authenticate: %s", got)
	}
	for name := range a.header {
		if strings.HasPrefix(name, "X-Claviger-") {
			t.Errorf("a refusal says %s", name)
		}
	}
}

// nginx drops the body of a refusal; asked to, the server repeats it in a header.
func TestForwardAuthErrorInAHeader(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	lines := []string{"X-Forwarded-Method: GET", "X-Forwarded-Uri: /centrapay", "X-Forwarded-Host: api.example"}
	a := c.get("/forward-auth?error=header", lines...).is(401).holds(missing)
	if got := a.header.Get("X-Claviger-Error"); got != a.text || a.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("%v", a.header)
	}
	c.get("/forward-auth/centrapay?error=header").is(401) // that is the caller's own query
	if got := c.get("/forward-auth/centrapay?error=header").header.Get("X-Claviger-Error"); got != "" {
		t.Errorf("a caller made the server say %s", got)
	}
	c.get("/forward-auth?error=header", append(lines, apiKey(ownerKey))...).is(200)
}

func TestG08_NoRuleIsADenial(t *testing.T) {
	c := newCustomer(t, peer)
	for _, target := range []string{"/", "/x", "/forward-auth", "/public"} {
		c.through("GET", target).is(401)
		c.through("GET", target, apiKey(ownerKey)).is(403)
	}
	c = newCustomer(t, forwardRules, peer)
	c.through("GET", "/", apiKey(ownerKey)).is(403)
	c.through("DELETE", "/accounts/"+cafe, apiKey(ownerKey)).is(403)
	c.through("GET", "/accounts/"+cafe+"/x", apiKey(ownerKey)).is(403)
	c.through("GET", "/PUBLIC/x").is(401)
	c.through("GET", "/Known", apiKey(ownerKey)).is(403)
}

func TestG01_G05_OddRequestsAreNeverLetThrough(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	for _, target := range []string{
		"/public/../known", "/public/..%2fknown", "/public/%2e%2e/known", "/public//x", "//public/x", "/public/x;/../../known",
		"/public/x#", "/public/%", "/public/%zz", `/public/..\known`, "/public/%5c", "/public/%00", "/public/%252e%252e/known", "/public/%ff",
	} {
		c.through("GET", target, bearer(c.UserToken(user, "openid"))).is(403)
		if !strings.ContainsAny(target, "#") && !strings.Contains(target, "%zz") && !strings.HasSuffix(target, "%") {
			c.get("/forward-auth"+target, apiKey(ownerKey)).is(403)
		}
	}
	for _, target := range []string{"/known?/public/x", "/known?x#/public/", "/known/?public"} {
		if status := c.through("GET", target).status; status == 200 {
			t.Errorf("%s: 200", target)
		}
	}
	for _, agent := range []string{"kube-probe/1.30", "GoogleHC/1.0", "ELB-HealthChecker/2.0", "Mozilla/5.0", ""} {
		c.through("GET", "/known", "User-Agent: "+agent).is(401)
	}
	c.through("OPTIONS", "/known").is(401) // a preflight is no exception
	c.through("GET", "/known?access_token="+c.UserToken(user, "openid")).is(401)
}

func TestD04_OneCredential(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	token := bearer(c.UserToken(user, "openid"))
	c.through("GET", "/known", token, apiKey(ownerKey)).is(401)
	c.through("GET", "/known", token, token).is(401)
	c.through("GET", "/known", apiKey(ownerKey), apiKey(ownerKey)).is(401)
	c.through("GET", "/known", apiKey("")).is(401)
	c.through("GET", "/known", basic("my_id", "my_secret")).is(401)
	c.through("GET", "/known", strings.Replace(token, "Bearer", "bEARER", 1)).is(200)
	c.through("GET", "/known", token+", x").is(401)
}

func TestCP_11_ForwardAuthActsForAnAccount(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	token := bearer(c.UserToken(user, "openid"))
	a := c.through("GET", "/mine", token, actingFor+teaWarehouse).is(200)
	if a.header.Get("X-Claviger-Account") != teaWarehouse || a.header.Get("X-Claviger-Roles") != "account-owner" {
		t.Errorf("%v", a.header)
	}
	c.through("GET", "/accounts/"+cafe, token, actingFor+teaWarehouse).is(403).holds(forbidden)
	c.through("GET", "/mine", token, actingFor+"nowhere").is(403)
	c.through("GET", "/mine", token, actingFor).is(403) // F05
	c.through("GET", "/mine", token, actingFor+"*").is(403)
	c.through("GET", "/mine", token, actingFor+cafe, actingFor+teaWarehouse).is(403)
	c.through("GET", "/mine", bearer(c.UserToken(newcomer, "openid")), actingFor+cafe).is(403)
	c.through("GET", "/mine", apiKey(ownerKey), actingFor+teaWarehouse).is(403)
}

func TestPE_3_ForwardAuthWantsTheAudienceOfTheRule(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	epos := powerEPOS()
	service := epos.ask(t, c.Harness, epos.right).token("access_token")
	c.through("GET", "/partnerservices", bearer(service)).is(200)
	c.through("GET", "/known", bearer(service)).is(401)
	c.through("GET", "/nowhere", bearer(service)).is(401)
	c.through("GET", "/partnerservices", bearer(c.UserToken(user, "openid"))).is(401)
	c.through("GET", "/partnerservices", apiKey(ownerKey)).is(401)
	changeOrganisation(t, c.Harness, "EPOS-DEMO", func(o *core.Organisation) { o.Services = nil })
	c.through("GET", "/partnerservices", bearer(service)).is(401)
}

func TestALL_6_ForwardAuthAsksWhatIsNow(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	token := bearer(c.UserToken(user, "openid"))
	key := apiKey(ownerKey)
	c.through("GET", "/accounts/"+cafe, token).is(200)
	c.through("GET", "/accounts/"+cafe, key).is(200)
	c.apply(`organisations: [{code: centrapay-cafe, accounts: [{id: ` + cafe + `, status: SUSPENDED}]}]`)
	c.through("GET", "/accounts/"+cafe, token).is(403)
	c.through("GET", "/accounts/"+cafe, key).is(401)
	c.apply(`people: [{email: ` + user + `, status: SUSPENDED}]`)
	c.through("GET", "/known", token).is(401)
	other := bearer(c.UserToken(newcomer, "openid"))
	c.through("GET", "/known", other).is(200)
	c.Clock.Advance(time.Hour + time.Second)
	c.through("GET", "/known", other).is(401)
}

func TestForwardAuthIsLimited(t *testing.T) {
	c := newCustomer(t, forwardRules, peer, func(config *config.Config) { config.Limits.AccountRequests = 3 })
	for range 3 {
		c.through("GET", "/known", apiKey(ownerKey)).is(200)
	}
	if got := c.through("GET", "/known", apiKey(ownerKey)).is(429).header.Get("Retry-After"); got == "" {
		t.Error("no Retry-After")
	}
	c.through("GET", "/known", apiKey(testKey)).is(429) // of the same account
	c.through("GET", "/public/x").is(200)
	var last int
	for range 40 { // D01
		last = c.through("GET", "/known", apiKey("guess"), "X-Forwarded-For: 203.0.113.66").status
	}
	if last == 200 {
		t.Error("guesses are let through")
	}
}

func TestForwardAuthRecordsDenials(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	for target, want := range map[string]string{
		"/accounts/" + teaWarehouse + "?secret=" + testlog.Canary: "GET api.example/accounts/" + teaWarehouse + ": denied: role account-owner of api key",
		"/scope":   "GET api.example/scope: denied: api key",
		"/nowhere": "GET api.example/nowhere: denied: there is no rule for it",
	} {
		id := "denied-" + strings.Trim(target[:6], "/")
		c.through("GET", target, apiKey(ownerKey), "X-Request-Id: "+id).is(403)
		list := events(t, c.Harness, id)
		if len(list) != 1 || list[0].Type != core.PermissionDenied || !strings.HasPrefix(list[0].Detail, want) || list[0].SubjectType != "api_key" {
			t.Errorf("%s: recorded %+v", target, list)
		}
	}
	c.through("GET", "/known", apiKey(ownerKey), "X-Request-Id: let-through").is(200)
	if list := events(t, c.Harness, "let-through"); len(list) != 0 {
		t.Errorf("recorded %+v", list)
	}
}

func TestG07_WhateverGoesWrongIsNotA200(t *testing.T) {
	c := newCustomer(t, forwardRules, peer)
	token := bearer(c.UserToken(user, "openid"))
	for _, cookie := range []string{"\x00", "a=b; ;;=", strings.Repeat("x", 20_000), "__Host-clv_session=%zz", "sid=admin"} {
		c.through("GET", "/known", "Cookie: "+cookie).is(401)
	}
	for _, line := range []string{"", "Bearer", "Bearer ", "Bearer a b", "\x00", "Bearer " + strings.Repeat("x", 9000), "Bearer ..", "Negotiate x"} {
		c.through("GET", "/known", "Authorization: "+line).is(401)
	}
	gone := newCustomer(t, forwardRules, peer)
	remembered := bearer(gone.UserToken(user, "openid"))
	gone.through("GET", "/accounts/"+cafe, remembered).is(200)
	gone.through("GET", "/known", apiKey(ownerKey)).is(200)
	if err := gone.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"/known", "/accounts/" + cafe, "/nowhere", "/mine", "/public/x"} {
		for _, line := range []string{apiKey("never seen before"), apiKey(ownerKey), remembered} {
			gone.through("GET", target, line).is(503)
		}
	}
	late, cancel := context.WithCancel(t.Context())
	cancel()
	for _, line := range []string{token, apiKey(ownerKey)} {
		a := c.sendIn(late, "/known", line)
		if a.status != 503 {
			t.Errorf("too late: %d", a.status)
		}
	}
}

// The answer of the whole table, through a proxy.
func TestCP_8_CP_9_TheWholeTableThroughForwardAuth(t *testing.T) {
	_, table := permissiontest.Table()
	path := func(permission, account string) string {
		return "/accounts/" + account + "/" + strings.ReplaceAll(permission, ":", "/")
	}
	var rules []config.ForwardRule
	for _, row := range table {
		rules = append(rules, config.ForwardRule{
			Path: path(row.Permission, "{account}"), Permission: row.Permission, Account: "{account}", Dialect: "centrapay",
		})
	}
	c := newCustomer(t, unlimited, peer, askFor(rules...))
	c.apply(permissiontest.Configuration())
	lines := map[string]string{}
	var group sync.WaitGroup
	places := make(chan struct{}, 16) // a denial waits for the audit trail; several share a commit
	for _, x := range permissiontest.Cases() {
		line, ok := lines[x.Subject.Name()]
		if !ok {
			if line = apiKey(x.Subject.Secret); x.Subject.Type == "person" {
				line = bearer(c.UserToken(x.Subject.Email, "openid"))
			}
			lines[x.Subject.Name()] = line
		}
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			want := 403
			if x.Want {
				want = 200
			}
			if a := c.through("GET", path(x.Action, x.Account), line); a.status != want {
				t.Errorf("%s: %d, not %d", x, a.status, want)
			}
		})
	}
	group.Wait()
}

const backends = "https://backends.example"

func tokensFor(header string) func(*config.Config) {
	return func(c *config.Config) {
		c.ForwardAuth.TokenLifetime, c.ForwardAuth.TokenAudience, c.ForwardAuth.TokenHeader = time.Minute, backends, header
	}
}

func TestBackendsGetATokenInPlaceOfTheCredential(t *testing.T) {
	c := newCustomer(t, forwardRules, peer, tokensFor("X-Claviger-Token"))
	keys := c.get("/.well-known/jwks.json").is(200).text
	credential := c.UserToken(user, "openid profile")
	a := c.through("GET", "/mine", bearer(credential), actingFor+cafe).is(200)
	token := a.header.Get("X-Claviger-Token")
	servertest.VerifyOffline(t, keys, token)
	claims := wireClaims(t, token)
	for name, want := range map[string]any{
		"aud": backends, "sub": c.Person(user).ID, "client_id": "centrapay-web", "scope": "openid profile",
		"account_id": cafe, "subject_type": "person", "iss": "http://" + servertest.Host,
	} {
		if claims[name] != want {
			t.Errorf("%s is %v", name, claims[name])
		}
	}
	if got := seconds(t, token); got != 60 {
		t.Errorf("it lives %d seconds", got)
	}
	for _, name := range []string{"Authorization", "X-Api-Key"} {
		if values, set := a.header[name]; !set || values[0] != "" {
			t.Errorf("%s is left to the caller: %q", name, values)
		}
	}
	c.get("/api/account-memberships", bearer(token)).is(401) // it is of no use here
	c.through("GET", "/known", bearer(token)).is(401)
	key := c.through("GET", "/known", apiKey(ownerKey)).is(200).header.Get("X-Claviger-Token")
	if claims := wireClaims(t, key); claims["subject_type"] != "api_key" || claims["account_id"] != cafe {
		t.Errorf("%v", claims)
	}
	c.Clock.Advance(time.Hour - 20*time.Second)
	last := c.through("GET", "/known", bearer(credential)).is(200).header.Get("X-Claviger-Token")
	if got := wireClaims(t, last)["exp"]; got != wireClaims(t, credential)["exp"] {
		t.Errorf("it outlives the credential: %v", got)
	}
	if a := c.through("GET", "/public/x").is(200); a.header["X-Claviger-Token"][0] != "" || a.header["Authorization"][0] != "" {
		t.Errorf("%v", a.header)
	}
	c = newCustomer(t, forwardRules, peer, tokensFor("Authorization"))
	a = c.through("GET", "/known", apiKey(ownerKey)).is(200)
	if !strings.HasPrefix(a.header.Get("Authorization"), "Bearer eyJ") || a.header["X-Api-Key"][0] != "" || a.header["X-Claviger-Token"][0] != "" {
		t.Errorf("%v", a.header)
	}
}
