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

// TestWhatWasNotSentInCEL: text that was not sent is empty there, a number makes
// the whole input not sent.
func TestWhatWasNotSentInCEL(t *testing.T) {
	d := quirky(t)
	body := `{"Request":{"Auth":{"grantType":"api_key","Credentials":{"ClientId":"ABC","ClientSecret":"s"}}}}`
	call, err := route(t, d, "POST /quirky/Login").Decode(httptest.NewRecorder(), request("POST", "/", jsonType, body))
	if err != nil || call.Input.Channel != "" || call.Input.ClientID != "abc" {
		t.Errorf("%+v %v", call, err)
	}
	machine := route(t, d, "POST /quirky/machine")
	for header, want := range map[string]string{"X-Scope: READ": "read", "X-Other: x": ""} {
		call, err = machine.Decode(httptest.NewRecorder(), request("POST", "/", "", "", "Authorization: Bearer k", header))
		if err != nil || call.Input.Scope != want {
			t.Errorf("%s: %+v %v", header, call, err)
		}
	}
	_, err = machine.Decode(httptest.NewRecorder(), request("POST", "/", "", "", "X-Scope: a", "X-Scope: b"))
	wantError(t, err, "duplicate_parameter X-Scope")
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
