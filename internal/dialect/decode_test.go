package dialect

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

const (
	jsonType = "application/json"
	formType = "application/x-www-form-urlencoded"
)

// route returns the route of a pattern: "POST /token".
func route(t testing.TB, d *Dialect, pattern string) *Route {
	t.Helper()
	for _, rt := range d.Routes {
		if rt.Pattern == pattern {
			return rt
		}
	}
	t.Fatalf("%s has no route %s", d.Name, pattern)
	return nil
}

// request builds a request; headers are "Name: value".
func request(method, target, contentType, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Add(name, value)
	}
	return r
}

func basicHeader(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// wantError checks the reason and the field of a decoding error; want is
// "reason field".
func wantError(t *testing.T, err error, want string) {
	t.Helper()
	var e *oauth.Error
	got := "none"
	if errors.As(err, &e) {
		got = strings.TrimSpace(string(e.Reason) + " " + e.Param)
	}
	if got != want {
		t.Errorf("refused with %q, want %q (%v)", got, want, err)
	}
}

func quirky(t testing.TB) *Dialect {
	t.Helper()
	all, err := Load(os.DirFS("testdata"))
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

const goodLogin = `{"client_id":"c","client_secret":"s","grant_type":"password","identifier":"u","secret_pass":"p","org_code":"o"}`

func loginWith(old, new string) string { return strings.Replace(goodLogin, old, new, 1) }

func TestSP_1_LoginIsDecoded(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "POST /v1/auth/login")
	for _, contentType := range []string{jsonType, "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"} {
		body := loginWith(`"c"`, `"c","source_channel":"POS","extra":{"a":[1,{"b":null}]}`)
		call, err := rt.Decode(httptest.NewRecorder(), request("POST", "/v1/auth/login", contentType, body))
		if err != nil {
			t.Fatal(err)
		}
		want := oauth.TokenRequest{GrantType: "password", ClientID: "c", ClientSecret: "s", Username: "u",
			Password: "p", Organisation: "o", Channel: "POS"}
		if diff := cmp.Diff(want, call.Input.TokenRequest()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestALL_5_JSONBodies(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "POST /v1/auth/login")
	for _, c := range []struct{ name, body, want string }{
		{"unknown field", loginWith(`"c"`, `"c","unknown":1`), "none"},
		{"missing", loginWith(`"identifier":"u",`, ``), "missing_parameter identifier"},
		{"missing in declared order", `{}`, "missing_parameter client_id"},
		{"empty", loginWith(`"u"`, `""`), "missing_parameter identifier"},
		{"null", loginWith(`"u"`, `null`), "missing_parameter identifier"},
		{"number", loginWith(`"u"`, `5`), "wrong_type identifier"},
		{"boolean", loginWith(`"u"`, `true`), "wrong_type identifier"},
		{"array", loginWith(`"u"`, `["u"]`), "wrong_type identifier"},
		{"object", loginWith(`"u"`, `{"a":"u"}`), "wrong_type identifier"},
		{"wrong channel (SP-1)", loginWith(`"c"`, `"c","source_channel":"FAX"`), "invalid_value source_channel"},
		{"wrong grant type", loginWith(`"password"`, `"implicit"`), "grant_type_unknown grant_type"},
		{"B18 odd case", loginWith(`"password"`, `"Password"`), "grant_type_unknown grant_type"},
		{"B18 space", loginWith(`"password"`, `"password "`), "grant_type_unknown grant_type"},
		{"duplicate", loginWith(`"c"`, `"c","client_id":"d"`), "duplicate_parameter client_id"},
		{"duplicate in disguise", loginWith(`"c"`, `"c","client\u005fid":"d"`), "duplicate_parameter client_id"},
		{"duplicate unknown", loginWith(`"c"`, `"c","x":1,"x":2`), "duplicate_parameter"},
		{"duplicate in depth", loginWith(`"c"`, `"c","x":{"y":[{"z":1,"z":2}]}`), "duplicate_parameter"},
		{"trailing data", goodLogin + `{}`, "malformed_body"},
		{"trailing garbage", goodLogin + `x`, "malformed_body"},
		{"trailing space", goodLogin + " \n", "none"},
		{"truncated", goodLogin[:40], "malformed_body"},
		{"empty body", "", "malformed_body"},
		{"array body", "[" + goodLogin + "]", "malformed_body"},
		{"string body", `"x"`, "malformed_body"},
		{"invalid UTF-8", loginWith(`"u"`, "\"\xff\""), "malformed_body"},
		{"invalid UTF-8 in an unknown field", loginWith(`"c"`, "\"c\",\"x\":\"\xc3\""), "malformed_body"},
		{"lone surrogate", loginWith(`"u"`, `"\ud800"`), "malformed_body"},
		{"comment", loginWith(`{`, `{/* hi */`), "malformed_body"},
		{"H04 deep", loginWith(`"c"`, `"c","x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)), "malformed_body"},
		{"H04 very deep", strings.Repeat(`{"x":`, 9000), "malformed_body"},
		{"H04 huge number", loginWith(`"c"`, `"c","x":1`+strings.Repeat("0", 5000)), "none"},
		{"64 KiB", loginWith(`{`, `{`+strings.Repeat(" ", MaxBody-len(goodLogin))), "none"},
		{"64 KiB and a byte", loginWith(`{`, `{`+strings.Repeat(" ", MaxBody-len(goodLogin)+1)), "body_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := rt.Decode(httptest.NewRecorder(), request("POST", "/v1/auth/login", jsonType, c.body))
			wantError(t, err, c.want)
		})
	}
}

// TestALL_5_ChunkedBody sends a body whose length is not known before.
func TestALL_5_ChunkedBody(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "POST /v1/auth/login")
	r := request("POST", "/v1/auth/login", jsonType, strings.Repeat(" ", MaxBody+1))
	r.ContentLength = -1
	_, err := rt.Decode(httptest.NewRecorder(), r)
	wantError(t, err, "body_too_large")
}

const goodForm = "grant_type=password&client_id=c&client_secret=s&org_id=o&username=u&password=p&scope=a+b"

func TestALL_5_FormBodies(t *testing.T) {
	rt := route(t, loadShipped(t)["powerepos"], "POST /authorisation/token")
	for _, c := range []struct{ name, body, want string }{
		{"good", goodForm, "none"},
		{"unknown field", goodForm + "&x=1", "none"},
		{"array notation is another field", goodForm + "&client_id[]=x", "none"},
		{"missing", "client_id=c", "missing_parameter grant_type"},
		{"empty", "grant_type=&client_id=c", "missing_parameter grant_type"},
		{"empty body", "", "missing_parameter grant_type"},
		{"unknown grant", strings.Replace(goodForm, "=password", "=implicit", 1), "grant_type_unknown grant_type"},
		{"B18 odd case", strings.Replace(goodForm, "=password", "=Password", 1), "grant_type_unknown grant_type"},
		{"B18 space", strings.Replace(goodForm, "=password", "=password+", 1), "grant_type_unknown grant_type"},
		{"duplicate", goodForm + "&client_id=d", "duplicate_parameter client_id"},
		{"duplicate of the same value", goodForm + "&client_id=c", "duplicate_parameter client_id"},
		{"duplicate in disguise", goodForm + "&client%5Fid=c", "duplicate_parameter client_id"},
		{"duplicate unknown", goodForm + "&x=1&x=2", "duplicate_parameter"},
		{"bad escape", goodForm + "&x=%zz", "malformed_body"},
		{"semicolon", goodForm + "&x=1;y=2", "malformed_body"},
		{"invalid UTF-8", goodForm + "&x=%ff", "malformed_body"},
		{"H02 many parameters", strings.Repeat("a=&", 20_000), "duplicate_parameter"},
		{"H02 many names", manyNames(500), "malformed_body"},
		{"large", goodForm + "&x=" + strings.Repeat("x", MaxBody), "body_too_large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := rt.Decode(httptest.NewRecorder(), request("POST", "/authorisation/token", formType, c.body))
			wantError(t, err, c.want)
		})
	}
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("&n" + strconv.Itoa(i) + "=1")
	}
	return b.String()[1:]
}

func TestALL_5_ContentTypes(t *testing.T) {
	all := loadShipped(t)
	login := route(t, all["scratchpower"], "POST /v1/auth/login")
	for _, contentType := range []string{"", "text/plain", "text/json", formType, "multipart/form-data; boundary=x",
		"application/json; charset=latin1", "application/json; q=1", "application/json, text/plain", "application/jsonx", ";"} {
		_, err := login.Decode(httptest.NewRecorder(), request("POST", "/", contentType, goodLogin))
		wantError(t, err, "unsupported_content_type")
	}
	_, err := login.Decode(httptest.NewRecorder(),
		request("POST", "/", jsonType, goodLogin, "Content-Type: text/plain"))
	wantError(t, err, "unsupported_content_type")
	t.Run("B27_json_at_the_form_endpoint", func(t *testing.T) {
		form := route(t, all["powerepos"], "POST /authorisation/token")
		_, err := form.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, `{"grant_type":"password"}`))
		wantError(t, err, "unsupported_content_type")
	})
}

func TestH03_NothingIsDecompressed(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "POST /v1/auth/login")
	for coding, want := range map[string]string{"gzip": "unsupported_content_type", "identity": "none", "br, gzip": "unsupported_content_type"} {
		_, err := rt.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, goodLogin, "Content-Encoding: "+coding))
		wantError(t, err, want)
	}
}

func TestALL_4_CredentialsInTheURLAreRefused(t *testing.T) {
	all := loadShipped(t)
	login := route(t, all["scratchpower"], "POST /v1/auth/login")
	refresh := route(t, all["jpay"], "POST /api/v1/auth/refresh")
	app := route(t, all["jpay"], "POST /api/v1/auth/app/token")
	for _, c := range []struct {
		rt   *Route
		body string
		name string
		want string
	}{
		{login, goodLogin, "client_secret", "credential_in_query"},
		{login, goodLogin, "CLIENT_SECRET", "credential_in_query"},
		{login, goodLogin, "password", "credential_in_query"},
		{login, goodLogin, "secret_pass", "credential_in_query"},
		{login, goodLogin, "access_token", "credential_in_query"},
		{login, goodLogin, "client%5Fsecret", "credential_in_query"},
		{login, goodLogin, "trace", "none"},
		{refresh, `{"refresh":"r"}`, "refresh", "credential_in_query"},
		{refresh, `{"refresh":"r"}`, "refresh_token", "credential_in_query"},
		{app, `{"app_key":"a","app_secret":"s"}`, "app_secret", "credential_in_query"},
		{app, `{"app_key":"a","app_secret":"s"}`, "code", "credential_in_query"},
		{app, `{"app_key":"a","app_secret":"s"}`, "x=%zz&app_secret", "credential_in_query"},
	} {
		t.Run(c.rt.Dialect().Name+" "+c.name, func(t *testing.T) {
			r := request("POST", "/x?"+c.name+"=canary", jsonType, c.body)
			_, err := c.rt.Decode(httptest.NewRecorder(), r)
			wantError(t, err, c.want)
			if err == nil {
				return
			}
			w := httptest.NewRecorder()
			c.rt.Fail(w, r, RequestFacts{}, oauth.AsError(err))
			if strings.Contains(w.Body.String()+err.Error(), "canary") {
				t.Errorf("the value is echoed: %s %v", w.Body, err)
			}
		})
	}
}

func TestSD_1_BasicCredentials(t *testing.T) {
	rt := route(t, loadShipped(t)["spendesk"], "POST /auth/token")
	for _, c := range []struct {
		name, contentType, body, header, want string
		id, secret                            string
	}{
		{"empty body", "", "", basicHeader("id", "s:e:c"), "none", "id", "s:e:c"},
		{"empty body with a type", jsonType, "", basicHeader("id", "s"), "none", "id", "s"},
		{"json", jsonType, `{"grant_type":"client_credentials","scope":"a b"}`, basicHeader("id", "s"), "none", "id", "s"},
		{"form", formType, "scope=a+b", basicHeader("id", "s"), "none", "id", "s"},
		{"raw characters stay", "", "", basicHeader("id", "a+b%41"), "none", "id", "a+b%41"},
		{"scheme in any case", "", "", strings.Replace(basicHeader("id", "s"), "Basic", "bAsIC", 1), "none", "id", "s"},
		{"other grant", formType, "grant_type=password", basicHeader("id", "s"), "grant_type_unknown grant_type", "", ""},
		{"no base64", "", "", "Authorization: Basic !!!", "wrong_client_credentials", "", ""},
		{"no colon", "", "", "Authorization: Basic aWQ=", "wrong_client_credentials", "", ""},
		{"B20 64 KB header", "", "", basicHeader("id", strings.Repeat("s", 64<<10)), "wrong_client_credentials", "", ""},
		{"no header", "", "", "X-Nothing: 1", "none", "", ""},
		{"other scheme", "", "", "Authorization: Bearer x", "none", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			call, err := rt.Decode(httptest.NewRecorder(), request("POST", "/auth/token", c.contentType, c.body, c.header))
			wantError(t, err, c.want)
			if err == nil && (call.Input.ClientID != c.id || call.Input.ClientSecret != c.secret || call.Input.GrantType != "client_credentials") {
				t.Errorf("%+v", call.Input)
			}
		})
	}
}

func TestB20_OneWayToAuthenticateAClient(t *testing.T) {
	rt := route(t, loadShipped(t)["powerepos"], "POST /authorisation/token")
	for _, c := range []struct {
		name, body string
		headers    []string
		want       string
	}{
		{"basic alone", "grant_type=password", []string{basicHeader("c", "s")}, "none"},
		{"basic and the same id", "grant_type=password&client_id=c", []string{basicHeader("c", "s")}, "none"},
		{"basic and an encoded id", "grant_type=password&client_id=c%2B", []string{basicHeader("c%2B", "s")}, "none"},
		{"basic and another id", "grant_type=password&client_id=d", []string{basicHeader("c", "s")}, "several_credentials"},
		{"basic and the same secret", "grant_type=password&client_secret=s", []string{basicHeader("c", "s")}, "several_credentials"},
		{"two headers", "grant_type=password", []string{basicHeader("c", "s"), basicHeader("d", "t")}, "several_credentials"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := rt.Decode(httptest.NewRecorder(), request("POST", "/", formType, c.body, c.headers...))
			wantError(t, err, c.want)
		})
	}
	t.Run("a route that reads the body alone", func(t *testing.T) {
		login := route(t, loadShipped(t)["scratchpower"], "POST /v1/auth/login")
		_, err := login.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, goodLogin, basicHeader("c", "s")))
		wantError(t, err, "several_credentials")
	})
	t.Run("SD_6 a partner refreshes with Basic", func(t *testing.T) {
		refresh := route(t, loadShipped(t)["spendesk"], "POST /oauth2/token/refresh")
		body := `{"grant_type":"refresh_token","refresh_token":"r"}`
		call, err := refresh.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, body, basicHeader("c", "s")))
		if err != nil || call.Input.ClientID != "c" || call.Input.ClientSecret != "s" {
			t.Errorf("%+v %v", call, err)
		}
	})
	call, err := rt.Decode(httptest.NewRecorder(),
		request("POST", "/", formType, "grant_type=password", basicHeader("c%3A1", "p%2Bq+r%25")))
	if err != nil || call.Input.ClientID != "c:1" || call.Input.ClientSecret != "p+q r%" {
		t.Errorf("RFC 6749 §2.3.1 encoding: %+v %v", call, err)
	}
}

func TestCredentialUnderAnotherScheme(t *testing.T) {
	rt := route(t, quirky(t), "POST /quirky/session")
	header := strings.Replace(basicHeader("c", "s:t"), "Basic", "ID", 1)
	for _, c := range []struct{ header, want, id, secret string }{
		{header, "none", "c", "s:t"},
		{strings.Replace(header, "ID", "iD", 1), "none", "c", "s:t"},
		{basicHeader("c", "s"), "none", "", ""},
		{"Authorization: ID !!!", "wrong_client_credentials", "", ""},
	} {
		call, err := rt.Decode(httptest.NewRecorder(), request("POST", "/", "", "", c.header))
		wantError(t, err, c.want)
		if err == nil && (call.Input.ClientID != c.id || call.Input.ClientSecret != c.secret || call.Input.IdentifyBySecret) {
			t.Errorf("%s: %+v", c.header, call.Input)
		}
	}
}

func TestOneSecretWithoutAnID(t *testing.T) {
	d := quirky(t)
	machine, device := route(t, d, "POST /quirky/machine"), route(t, d, "POST /quirky/device")
	for _, c := range []struct {
		name    string
		rt      *Route
		body    string
		headers []string
		want    string
		secret  string
	}{
		{"bearer", machine, "", []string{"Authorization: Bearer k"}, "none", "k"},
		{"scheme in any case", machine, "", []string{"Authorization: bEARER k"}, "none", "k"},
		{"body", machine, `{"key":"k"}`, nil, "none", "k"},
		{"nothing", machine, "", nil, "none", ""},
		{"other scheme", machine, "", []string{"Authorization: Digest k"}, "none", ""},
		{"bearer without token", machine, "", []string{"Authorization: Bearer"}, "wrong_client_credentials", ""},
		{"huge bearer", machine, "", []string{"Authorization: Bearer " + strings.Repeat("x", 9000)}, "wrong_client_credentials", ""},
		{"B20 bearer and body", machine, `{"key":"k"}`, []string{"Authorization: Bearer k"}, "several_credentials", ""},
		{"B20 basic and body", machine, `{"key":"k"}`, []string{basicHeader("c", "s")}, "several_credentials", ""},
		{"B20 two headers", machine, "", []string{"Authorization: Bearer k", "Authorization: Bearer k"}, "several_credentials", ""},
		{"header", device, "", []string{"X-Api-Key: k"}, "none", "k"},
		{"header twice", device, "", []string{"X-Api-Key: k", "X-Api-Key: l"}, "duplicate_parameter X-Api-Key", ""},
		{"B20 header and basic", device, "", []string{"X-Api-Key: k", basicHeader("c", "s")}, "several_credentials", ""},
		{"bearer that is not read", device, "", []string{"X-Api-Key: k", "Authorization: Bearer t"}, "none", "k"},
	} {
		t.Run(c.name, func(t *testing.T) {
			call, err := c.rt.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, c.body, c.headers...))
			wantError(t, err, c.want)
			if err != nil {
				return
			}
			want := oauth.TokenRequest{GrantType: "client_credentials", ClientSecret: c.secret, IdentifyBySecret: true}
			if diff := cmp.Diff(want, call.Input.TokenRequest()); diff != "" {
				t.Error(diff)
			}
		})
	}
	_, err := device.Decode(httptest.NewRecorder(), request("POST", "/x?x-api-key=k", "", "", "X-Api-Key: k"))
	wantError(t, err, "credential_in_query")
}

func TestD04_CredentialsOfARoute(t *testing.T) {
	both := route(t, loadShipped(t)["centrapay"], "GET /api/account-memberships")
	bearerOnly := route(t, loadShipped(t)["scratchpower"], "GET /v1/auth/me")
	keyOnly := route(t, quirky(t), "GET /quirky/keys/{acc}/{n}")
	for _, c := range []struct {
		name    string
		rt      *Route
		headers []string
		want    string
		call    Call
	}{
		{"bearer", both, []string{"Authorization: Bearer t.t"}, "none", Call{Credential: Credential{Bearer: "t.t"}}},
		{"ALL-1 scheme in any case", both, []string{"Authorization: bEARER t"}, "none", Call{Credential: Credential{Bearer: "t"}}},
		{"key", both, []string{"X-Api-Key: k"}, "none", Call{Credential: Credential{APIKey: "k"}}},
		{"acting account", both, []string{"X-Api-Key: k", "X-Centrapay-Account: acc"}, "none",
			Call{Credential: Credential{APIKey: "k"}, ActingAccount: "acc"}},
		{"two acting accounts", both, []string{"X-Api-Key: k", "X-Centrapay-Account: a", "X-Centrapay-Account: b"},
			"duplicate_parameter X-Centrapay-Account", Call{}},
		{"none", both, nil, "authentication_missing", Call{}},
		{"empty key", both, []string{"X-Api-Key: "}, "authentication_missing", Call{}},
		{"both", both, []string{"Authorization: Bearer t", "X-Api-Key: k"}, "several_credentials", Call{}},
		{"two keys", both, []string{"X-Api-Key: k", "X-Api-Key: k"}, "several_credentials", Call{}},
		{"two bearers", both, []string{"Authorization: Bearer t", "Authorization: Bearer t"}, "several_credentials", Call{}},
		{"basic", both, []string{basicHeader("a", "b")}, "token_invalid", Call{}},
		{"bearer without token", both, []string{"Authorization: Bearer"}, "token_invalid", Call{}},
		{"bearer list", both, []string{"Authorization: Bearer a, Bearer b"}, "token_invalid", Call{}},
		{"huge bearer", both, []string{"Authorization: Bearer " + strings.Repeat("x", 9000)}, "token_invalid", Call{}},
		{"huge key", both, []string{"X-Api-Key: " + strings.Repeat("x", 9000)}, "api_key_invalid", Call{}},
		{"key where only bearer goes", bearerOnly, []string{"X-Api-Key: k"}, "authentication_missing", Call{}},
		{"bearer where only a key goes", keyOnly, []string{"Authorization: Bearer t"}, "authentication_missing", Call{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := request("GET", "/x", "", "", c.headers...)
			r.SetPathValue("n", "1")
			call, err := c.rt.Decode(httptest.NewRecorder(), r)
			wantError(t, err, c.want)
			if err == nil {
				if diff := cmp.Diff(&c.call, call); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestPathInputs(t *testing.T) {
	rt := route(t, loadShipped(t)["scratchpower"], "GET /v1/accounts/{id}")
	for id, want := range map[string]string{"42": "none", "x": "not_found", "99999999999999999999": "not_found", "1e3": "not_found"} {
		r := request("GET", "/v1/accounts/"+id, "", "", "Authorization: Bearer t")
		r.SetPathValue("id", id)
		call, err := rt.Decode(httptest.NewRecorder(), r)
		wantError(t, err, want)
		if err == nil && call.Input.AccountNumber != 42 {
			t.Errorf("%+v", call.Input)
		}
	}
}

func TestBooleansAreKeptApartFromNotSent(t *testing.T) {
	rt := route(t, loadShipped(t)["centrapay"], "POST /api/accounts")
	yes, no := true, false
	for body, want := range map[string]*bool{`"test":true`: &yes, `"test":false`: &no, `"test":null`: nil, `"z":1`: nil} {
		r := request("POST", "/api/accounts", jsonType, `{"name":"n","type":"org",`+body+`}`, "X-Api-Key: k")
		call, err := rt.Decode(httptest.NewRecorder(), r)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, call.Input.Test); diff != "" {
			t.Error(body, diff)
		}
	}
	enabled := route(t, loadShipped(t)["centrapay"], "PUT /api/accounts/{accountId}/api-keys/{name}")
	r := request("PUT", "/", jsonType, `{"enabled":false}`, "X-Api-Key: k")
	if call, err := enabled.Decode(httptest.NewRecorder(), r); err != nil || call.Input.Enabled == nil || *call.Input.Enabled {
		t.Errorf("a required false is a value: %+v %v", call, err)
	}
}

func TestQuirkyBodiesAreDecoded(t *testing.T) {
	d := quirky(t)
	login := route(t, d, "POST /quirky/Login")
	nested := `{"Request":{"Version":2,"Scopes":["a","b"],"Auth":{"grantType":"api_key","Credentials":{"ClientId":"ABC","ClientSecret":"s"}}}}`
	call, err := login.Decode(httptest.NewRecorder(), request("POST", "/quirky/Login", jsonType, nested, "X-Tenant: t1"))
	if err != nil {
		t.Fatal(err)
	}
	want := Input{GrantType: "client_credentials", ClientID: "abc", ClientSecret: "s", Organisation: "t1", Scope: "a b", Channel: "v2"}
	if diff := cmp.Diff(want, call.Input); diff != "" {
		t.Error(diff)
	}
	const credentials = "Request.Auth.Credentials."
	for _, c := range []struct{ name, old, new, want string }{
		{"constant", `"api_key"`, `"other"`, "grant_type_unknown Request.Auth.grantType"},
		{"object missing", `"Credentials"`, `"Cred"`, "missing_parameter " + credentials + "ClientId"},
		{"object is text", `{"ClientId":"ABC","ClientSecret":"s"}`, `"x"`, "wrong_type " + credentials + "ClientId"},
		{"object is null", `{"ClientId":"ABC","ClientSecret":"s"}`, `null`, "missing_parameter " + credentials + "ClientId"},
		{"field is an object", `"ABC"`, `{}`, "wrong_type " + credentials + "ClientId"},
		{"names keep their case", `"ClientId"`, `"clientId"`, "missing_parameter " + credentials + "ClientId"},
		{"duplicate in depth", `"ClientId":"ABC"`, `"ClientId":"ABC","ClientId":"X"`, "duplicate_parameter " + credentials + "ClientId"},
		{"fraction", `:2,`, `:2.5,`, "wrong_type Request.Version"},
		{"exponent", `:2,`, `:2e0,`, "wrong_type Request.Version"},
		{"integer too large", `:2,`, `:9223372036854775808,`, "wrong_type Request.Version"},
		{"integer as text", `:2,`, `:"2",`, "wrong_type Request.Version"},
		{"list of numbers", `["a","b"]`, `["a",1]`, "wrong_type Request.Scopes"},
		{"list as text", `["a","b"]`, `"a b"`, "wrong_type Request.Scopes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			body := strings.Replace(nested, c.old, c.new, 1)
			_, err := login.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, body))
			wantError(t, err, c.want)
		})
	}
	_, err = login.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, nested, "X-Tenant: a", "X-Tenant: b"))
	wantError(t, err, "duplicate_parameter X-Tenant")

	token := route(t, d, "POST /quirky/token")
	call, err = token.Decode(httptest.NewRecorder(), request("POST", "/", formType, "Kind=user&Id=c&Key=k&Login=+u+&Pin=1234"))
	if err != nil {
		t.Fatal(err)
	}
	want = Input{GrantType: "password", ClientID: "c", ClientSecret: "k", Username: "u", Password: "1234"}
	if diff := cmp.Diff(want, call.Input); diff != "" {
		t.Error(diff)
	}
}

// TestSlotsDoNotLeakBetweenRequests fills the slots of one request and looks for
// them in the next, which has none.
func TestSlotsDoNotLeakBetweenRequests(t *testing.T) {
	all := loadShipped(t)
	login := route(t, all["scratchpower"], "POST /v1/auth/login")
	pe := route(t, all["powerepos"], "POST /authorisation/token")
	for range 100 {
		if _, err := login.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, goodLogin)); err != nil {
			t.Fatal(err)
		}
		call, err := pe.Decode(httptest.NewRecorder(), request("POST", "/", formType, "grant_type=password"))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Input{GrantType: "password"}, call.Input); diff != "" {
			t.Fatal(diff)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(jsonType, goodLogin, "", "")
	f.Add(formType, goodForm, "client_secret=x", "Basic aWQ6cw==")
	f.Add(jsonType, `{"Request":{"Auth":{"grantType":"api_key","Credentials":{"ClientId":"\ud83d\ude00","ClientSecret":"s"}}}}`, "a=%zz", "")
	f.Add(formType, "Kind=app&Id=%C3%A9&Key=k", "", "Bearer x")
	var routes []*Route
	for _, d := range append([]*Dialect{quirky(f)}, mapValues(loadShipped(f))...) {
		routes = append(routes, d.Routes...)
	}
	f.Fuzz(func(t *testing.T, contentType, body, query, authorization string) {
		for _, rt := range routes {
			r := httptest.NewRequest(rt.Method, "/", strings.NewReader(body))
			r.URL.RawQuery = query
			r.Header["Content-Type"] = []string{contentType}
			if authorization != "" {
				r.Header["Authorization"] = []string{authorization}
			}
			call, err := rt.Decode(httptest.NewRecorder(), r)
			if (call == nil) == (err == nil) {
				t.Fatalf("%s: call %v and error %v", rt.Pattern, call, err)
			}
			if err != nil {
				rt.Fail(httptest.NewRecorder(), r, RequestFacts{}, oauth.AsError(err))
			}
		}
	})
}

func mapValues(all map[string]*Dialect) []*Dialect {
	var out []*Dialect
	for _, d := range all {
		out = append(out, d)
	}
	return out
}
