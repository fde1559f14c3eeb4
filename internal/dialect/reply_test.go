package dialect

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

var at = time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.FixedZone("x", 3600))

// sampleFacts are facts for every operation.
func sampleFacts() *Facts {
	f := FactsOf(&core.Authorization{
		Client:       &core.Client{ID: "cli", Number: 18, Name: "App", Products: []string{"pay", "top-up"}},
		Organisation: &core.Organisation{ID: "org", Number: 7, Code: "ORG", Name: "Org", Email: "o@x", Services: map[string]string{"home": "https://h", "a": "b"}},
		Account:      &core.Account{ID: "acc", Number: 3, Name: "Main", Type: "org", Currency: "BWP", Balance: 287886, Status: core.Active, Rank: 1, CreatedAt: at},
		User:         &core.User{ID: "usr", Number: 9, Username: "u", FullName: "U Ser"},
		Role:         &core.Role{ID: "rol", Number: 2, Code: "owner", Permissions: []string{"a", "b"}},
		Service:      core.Service{Name: "svc", URI: "https://svc"},
	})
	f.Request = RequestFacts{ID: "req", Issuer: "https://issuer"}
	f.Token = &oauth.TokenResponse{AccessToken: "AT", RefreshToken: "RT", TokenType: "Bearer", ExpiresIn: 900,
		ExpiresAt: at, Scope: oauth.Scope{"read", "write"}, ScopeText: "read write"}
	return f
}

func reply200(t *testing.T, rt *Route, f *Facts, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := rt.Reply(w, request(rt.Method, "/", "", "", headers...), f); err != nil {
		t.Fatal(err)
	}
	return w
}

// TestReplies compares whole bodies, byte for byte.
func TestReplies(t *testing.T) {
	all := loadShipped(t)
	for _, c := range []struct{ id, dialect, pattern, want string }{
		{"JP_1", "jpay", "POST /api/v1/auth/app/token",
			`{"access":"AT","refresh":"RT","merchant_id":7,"app_code":18,"products":["pay","top-up"]}`},
		{"JP_3", "jpay", "POST /api/v1/auth/refresh",
			`{"access":"AT","refresh":"RT","merchant_code":7,"name":"Org","email":"o@x","phone_number":"","requires_verification":true,"message":"Token refreshed successfully"}`},
		{"SP_2", "scratchpower", "POST /v1/auth/login",
			`{"access_token":"AT","access_in":900,"token_type":"bearer","refresh_token":"RT","scope":"read write"}`},
		{"SP_5", "scratchpower", "GET /v1/auth/me",
			`{"actor":{"id":9,"full_name":"U Ser","phone_number":"","username":"u","email":"","status":""},` +
				`"role":{"id":2,"code":"owner","name":"","permissions":["a","b"]},"organisation":{"id":7,"code":"ORG","name":"Org"},` +
				`"roles":[{"id":4,"code":"r4","name":"","permissions":[]},{"id":5,"code":"r5","name":"","permissions":["p"]}]}`},
		{"SP_6", "scratchpower", "GET /v1/accounts/{id}",
			`{"id":3,"name":"Main","currency":"BWP","category":"","type":"WALLET","status":"ACTIVE","rank":1,"balance":"BWP 2878.86"}`},
		{"PE_1", "powerepos", "POST /authorisation/token",
			`{"token_type":"Bearer","access_token":"AT","expires_in":900,"refresh_token":"RT","svc":"https://svc","org_id":"ORG"}`},
		{"SD_9", "spendesk", "GET /wallet-summaries",
			`{"data":{"id":"acc","name":"Main","currency":"BWP","status":"active","totalAmount":287886,"totalAvailableAmount":287886},"meta":{}}`},
		{"CP_4", "centrapay", "DELETE /api/accounts/{accountId}/members/{userId}", `{}`},
	} {
		t.Run(c.id, func(t *testing.T) {
			f := sampleFacts()
			f.Lists = map[string][]Row{"roles": {{Role: &core.Role{Number: 4, Code: "r4"}}, {Role: &core.Role{Number: 5, Code: "r5", Permissions: []string{"p"}}}}}
			w := reply200(t, route(t, all[c.dialect], c.pattern), f)
			if diff := cmp.Diff(c.want, w.Body.String()); diff != "" {
				t.Error(diff)
			}
			if got := w.Header().Get("Content-Type"); got != "application/json" || w.Code != 200 {
				t.Errorf("%d %s", w.Code, got)
			}
		})
	}
}

func TestKeysWithAQuestionMarkAreLeftOut(t *testing.T) {
	all := loadShipped(t)
	pe := route(t, all["powerepos"], "POST /authorisation/token")
	f := sampleFacts()
	f.Token.RefreshToken = ""
	if body := reply200(t, pe, f).Body.String(); strings.Contains(body, "refresh_token") {
		t.Error(body)
	}
	rows := []Row{
		{Account: &core.Account{ID: "a1", Name: "One", Type: "org"}, Role: &core.Role{Code: "owner"}},
		{Account: &core.Account{ID: "a2", Name: "Two", Type: "individual", Test: true}},
	}
	f.Lists = map[string][]Row{"memberships": rows}
	want := `[{"accountName":"One","accountId":"a1","accountType":"org","role":"owner"},` +
		`{"accountName":"Two","accountId":"a2","accountType":"individual","role":null,"testAccount":true}]`
	if diff := cmp.Diff(want, reply200(t, route(t, all["centrapay"], "GET /api/account-memberships"), f).Body.String()); diff != "" {
		t.Error(diff)
	}
	f.Lists = nil
	if body := reply200(t, route(t, all["centrapay"], "GET /api/account-memberships"), f).Body.String(); body != "[]" {
		t.Error(body)
	}
}

// TestRowsShadowTheFactsAround also shows that a fact which the row lacks is
// null, not the caller's.
func TestRowsShadowTheFactsAround(t *testing.T) {
	f := sampleFacts()
	f.Lists = map[string][]Row{"memberships": {
		{Account: &core.Account{Name: "Row"}, Membership: &core.Membership{CreatedAt: at}}, {},
	}}
	want := `{"owner":"u","items":[["Row","2026-03-04T04:06:07.890Z","u"],[null,null,"u"]]}`
	if diff := cmp.Diff(want, reply200(t, route(t, quirky(t), "GET /quirky/mine"), f).Body.String()); diff != "" {
		t.Error(diff)
	}
}

// TestRowsInCEL computes over the row and the facts around it; a row without the
// fact is null.
func TestRowsInCEL(t *testing.T) {
	f := sampleFacts()
	f.Lists = map[string][]Row{"accounts": {{Account: &core.Account{Name: "Row"}}, {}}}
	want := `["Row of u",null]`
	if diff := cmp.Diff(want, reply200(t, route(t, quirky(t), "GET /quirky/accounts/mine"), f).Body.String()); diff != "" {
		t.Error(diff)
	}
}

func TestQuirkyReplies(t *testing.T) {
	d := quirky(t)
	w := reply200(t, route(t, d, "POST /quirky/Login"), sampleFacts())
	want := `{"Result":{"Success":true,"Data":{"Token":"AT","Type":"BEARER","ExpiresIn":900,"ExpiryMs":"900000","ExpiresAt":"2026-03-04T04:06:07.890Z","ExpiresIso":"2026-03-04T04:06:07.890Z",` +
		`"ExpiresEpoch":1772597167,"ExpiresEpochMs":1772597167890,"Scopes":["read","write"],"ScopeList":"read,write","Admin":false,` +
		`"Services":{"a":"b","home":"https://h"},"Home":"https://h","Nowhere":null,"Greeting":"Hello App, U Ser","Tags":["one",18,null,3,false],` +
		`"Constants":{"number":3,"text":"3","no":false,"no as text":"false","negative":-1,"none":null}}}}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
	if w.Code != 201 || w.Header().Get("X-Token") != "AT" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if body := reply200(t, route(t, d, "POST /quirky/token"), sampleFacts()).Body.String(); body != `"AT"` {
		t.Errorf("a bare string: %s", body)
	}
}

func TestNothingIsNull(t *testing.T) {
	w := reply200(t, route(t, quirky(t), "POST /quirky/Login"), &Facts{})
	want := `{"Result":{"Success":true,"Data":{"Token":null,"Type":null,"ExpiresIn":null,"ExpiryMs":null,"ExpiresAt":null,"ExpiresIso":null,"ExpiresEpoch":null,` +
		`"ExpiresEpochMs":null,"Scopes":null,"ScopeList":null,"Admin":null,"Services":null,"Home":null,"Nowhere":null,"Greeting":"Hello , ","Tags":["one",null,null,3,false],` +
		`"Constants":{"number":3,"text":"3","no":false,"no as text":"false","negative":-1,"none":null}}}}`
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
}

func TestALL_1_TokensAreNotStored(t *testing.T) {
	rt := route(t, loadShipped(t)["jpay"], "POST /api/v1/auth/app/token")
	w := reply200(t, rt, sampleFacts())
	failed := httptest.NewRecorder()
	rt.Fail(failed, request("POST", "/", "", ""), RequestFacts{}, oauth.NewError(oauth.ReasonClientCredentials))
	for _, h := range []http.Header{w.Header(), failed.Header()} {
		if h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" {
			t.Errorf("B27: %v", h)
		}
	}
}

func TestSP_6_ETag(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "GET /v1/accounts")
	f := sampleFacts()
	f.Lists = map[string][]Row{"accounts": {{Account: f.Account}}}
	first := reply200(t, rt, f)
	tag := first.Header().Get("ETag")
	if !strings.HasPrefix(tag, `"`) || first.Code != 200 {
		t.Fatalf("%d %q", first.Code, tag)
	}
	for header, status := range map[string]int{
		tag: 304, `"x", ` + tag: 304, "W/" + tag: 304, "*": 304, `"x"`: 200, "": 200, strings.Trim(tag, `"`): 200,
	} {
		w := reply200(t, rt, f, "If-None-Match: "+header)
		if w.Code != status || (status == 304) != (w.Body.Len() == 0) || w.Header().Get("ETag") != tag {
			t.Errorf("If-None-Match %s: %d %s", header, w.Code, w.Body)
		}
	}
	f.Account.Balance++
	if changed := reply200(t, rt, f, "If-None-Match: "+tag); changed.Code != 200 || changed.Header().Get("ETag") == tag {
		t.Errorf("a changed account: %d", changed.Code)
	}
}

func TestSP_4_NoContent(t *testing.T) {
	w := httptest.NewRecorder()
	rt := route(t, loadShipped(t)["scratchpower"], "DELETE /v1/auth/logout")
	if err := rt.Reply(w, request("DELETE", "/", "", ""), sampleFacts()); err != nil {
		t.Fatal(err)
	}
	if w.Code != 204 || w.Body.Len() != 0 || w.Header().Get("Content-Type") != "" {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
}

func TestClaims(t *testing.T) {
	all := loadShipped(t)
	for _, c := range []struct{ id, dialect, access, refresh string }{
		{"JP_1", "jpay", `,"user_id":7,"app_code":18,"products":["pay","top-up"]`, `,"user_id":7,"refresh":true`},
		{"PE_5", "powerepos", `,"svc":"https://svc","org_id":"ORG","user_id":"usr"`, ``},
		{"SD_8", "spendesk", `,"wallet_id":"acc","company_id":"acc"`, ``},
		{"SP_2", "scratchpower", ``, ``},
	} {
		p := all[c.dialect].Profile
		access, err := p.AppendAccessClaims([]byte(`{"sub":"s"`), sampleFacts())
		if err != nil || string(access) != `{"sub":"s"`+c.access {
			t.Errorf("%s access: %s %v", c.id, access, err)
		}
		refresh, err := p.AppendRefreshClaims(nil, sampleFacts())
		if err != nil || string(refresh) != c.refresh {
			t.Errorf("%s refresh: %s %v", c.id, refresh, err)
		}
	}
	p := quirky(t).Profile
	got, _ := p.AppendAccessClaims([]byte("{"), sampleFacts())
	if want := `{,"tenantName":"Org","context":{"level":3,"labels":["a",18]}`; string(got) != want {
		t.Errorf("%s", got)
	}
}

func TestProfiles(t *testing.T) {
	all := loadShipped(t)
	want := map[string]Profile{
		"centrapay":    {RefreshIssue: core.RefreshOffline, Connects: core.ConnectsNothing, IDTokenScopes: oauth.Scope{"profile", "email", "phone"}, Lifetimes: core.Lifetimes{AccessToken: time.Hour, RefreshToken: 1440 * time.Hour}},
		"jpay":         {RefreshIssue: core.RefreshAlways, Connects: core.ConnectsNothing, RefreshJWT: true, Lifetimes: core.Lifetimes{AccessToken: 15 * time.Minute, RefreshToken: 168 * time.Hour}},
		"powerepos":    {RefreshIssue: core.RefreshOffline, Connects: core.ConnectsNothing, ServiceRequired: true, Lifetimes: core.Lifetimes{AccessToken: 8 * time.Hour, RefreshToken: 720 * time.Hour}},
		"scratchpower": {RefreshIssue: core.RefreshAlways, Connects: core.ConnectsNothing, RefreshJWT: true, Lifetimes: core.Lifetimes{AccessToken: time.Hour, RefreshToken: 720 * time.Hour}},
		"spendesk":     {RefreshIssue: core.RefreshAlways, Connects: core.ConnectsAccount, Lifetimes: core.Lifetimes{AccessToken: time.Hour, RefreshToken: 720 * time.Hour}},
	}
	for name, d := range all {
		want := want[name]
		want.Lifetimes.RefreshGrace = core.NoGrace // they promise that a refresh token works once
		got := d.Profile
		got.accessClaims, got.refreshClaims = nil, nil
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(Profile{})); diff != "" {
			t.Error(name, diff)
		}
	}
}

func TestStringsAreEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"plain": `"plain"`, "": `""`, `a"b\c`: `"a\"b\\c"`, "\n\r\t\x00\x1f": `"\n\r\t\u0000\u001f"`, "é😀": `"é😀"`,
		"a\u2028b\u2029": `"a\u2028b\u2029"`, "a\xffb\xc3": `"a\ufffdb\ufffd"`, "\x7f</script>": "\"\x7f</script>\"", "\ufffd": "\"\ufffd\"",
	} {
		if got := string(appendString(nil, text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		amount   int64
		currency string
		want     string
	}{
		{287886, "BWP", "2878.86"}, {0, "EUR", "0.00"}, {5, "EUR", "0.05"}, {-5, "EUR", "-0.05"}, {-12345, "EUR", "-123.45"},
		{1500, "JPY", "1500"}, {0, "JPY", "0"}, {1, "BHD", "0.001"}, {1234567, "KWD", "1234.567"}, {10000, "CLF", "1.0000"},
		{-9223372036854775808, "EUR", "-92233720368547758.08"}, {100, "", "1.00"},
	} {
		if got := decimal(c.amount, c.currency); got != c.want {
			t.Errorf("%d %s: %s, want %s", c.amount, c.currency, got, c.want)
		}
	}
}
