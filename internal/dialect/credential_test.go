package dialect

import (
	"net/http/httptest"
	"strings"
	"testing"

	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

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
