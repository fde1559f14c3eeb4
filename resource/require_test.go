package resource_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"claviger/oauth"
	"claviger/resource"
)

// keyAnswer is what the server says of goodKey.
func (i *issuer) keyAnswer(changes map[string]any) map[string]any {
	now := i.time().Unix()
	return changed(map[string]any{
		"active": true, "iss": i.URL, "aud": audience, "sub": "key_1", "subject_type": "api_key", "client_id": "key_1",
		"token_type": "api_key", "scope": "settlement:read", "organisation_id": "org_1", "account_id": "acc_1", "role": "merchant-terminal",
		"iat": now - 100,
	}, changes)
}

func TestRequestsWithoutACredential(t *testing.T) {
	i := newIssuer(t)
	guard := i.verifier(online).Require(resource.Scope("settlement:read"))
	const realm = `Bearer realm="https://api.example.com"`
	rest := `, scope="settlement:read", resource_metadata="https://api.example.com/.well-known/oauth-protected-resource"`
	invalid := realm + `, error="invalid_token", error_description="The access token is not valid."` + rest
	for name, c := range map[string]struct {
		headers   []string
		status    int
		challenge string
	}{
		"nothing":            {nil, 401, realm + rest},
		"Basic":              {[]string{"Authorization", "Basic eDp5"}, 401, realm + rest},
		"DPoP":               {[]string{"Authorization", "DPoP " + i.token(nil)}, 401, realm + rest},
		"empty":              {[]string{"Authorization", ""}, 401, realm + rest},
		"no token":           {[]string{"Authorization", "Bearer"}, 401, invalid},
		"no token, a space":  {[]string{"Authorization", "Bearer "}, 401, invalid},
		"two tokens in one":  {[]string{"Authorization", "Bearer " + i.token(nil) + ", Bearer " + i.token(nil)}, 401, invalid},
		"a token and a word": {[]string{"Authorization", "Bearer " + i.token(nil) + " x"}, 401, invalid},
		"a wrong token":      {[]string{"Authorization", "Bearer x"}, 401, invalid},
		"expired": {[]string{"Authorization", "Bearer " + i.token(map[string]any{"exp": i.time().Unix()})}, 401,
			realm + `, error="invalid_token", error_description="The access token has expired."` + rest},
		"insufficient scope": {[]string{"Authorization", "Bearer " + i.token(map[string]any{"scope": "payable:read"})}, 403,
			realm + `, error="insufficient_scope", error_description="The access token does not have the scope that is needed."` + rest},
	} {
		status, header, body := call(t, guard, request(c.headers...))
		if status != c.status || header.Get("WWW-Authenticate") != c.challenge {
			t.Errorf("%s: %d %s\n%s", name, status, header.Get("WWW-Authenticate"), body)
		}
		if header.Get("Cache-Control") != "no-store" || !strings.Contains(body, `"error"`) {
			t.Errorf("%s: %v %s", name, header, body)
		}
	}
	for _, scheme := range []string{"Bearer ", "bearer ", "BEARER   "} {
		status, header, body := call(t, guard, request("Authorization", scheme+i.token(nil)))
		if status != 200 || body != "person usr_1" || strings.Join(header["Vary"], ",") != "Authorization,X-Api-Key" {
			t.Errorf("%s: %d %s %v", scheme, status, body, header)
		}
	}
}

func TestCredentialsInTheURL(t *testing.T) {
	i := newIssuer(t)
	guard := i.verifier().Require()
	token := i.token(nil)
	for _, query := range []string{"access_token=" + token, "a=b&access_token=", "access%5Ftoken=" + token, "ACCESS_TOKEN=x", "a;access_token=x"} {
		for _, headers := range [][]string{nil, {"Authorization", "Bearer " + token}} {
			r := request(headers...)
			r.URL.RawQuery = query
			if status, header, _ := call(t, guard, r); status != 400 || !strings.Contains(header.Get("WWW-Authenticate"), `error="invalid_request"`) {
				t.Errorf("%s with %d headers: %d %v", query, len(headers), status, header)
			}
		}
	}
	r := request("Authorization", "Bearer "+token)
	r.URL.RawQuery = "code=1&token=2&accessible=3&x=%zz"
	if status, _, _ := call(t, guard, r); status != 200 {
		t.Errorf("parameters of the API: %d", status)
	}
	r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader("access_token="+token))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if status, _, _ := call(t, guard, r); status != 401 {
		t.Errorf("a token in the body: %d", status)
	}
}

func TestD04_TwoCredentials(t *testing.T) {
	i := newIssuer(t)
	i.introspect = func(url.Values) any { return i.keyAnswer(nil) }
	guard := i.verifier(online).Require()
	bearer := "Bearer " + i.token(nil)
	for name, headers := range map[string][]string{
		"two tokens":           {"Authorization", bearer, "Authorization", bearer},
		"two keys":             {"X-Api-Key", goodKey, "X-Api-Key", goodKey},
		"a token and a key":    {"Authorization", bearer, "X-Api-Key", goodKey},
		"Basic and a key":      {"Authorization", "Basic eDp5", "X-Api-Key", goodKey},
		"a token and no key":   {"Authorization", bearer, "X-Api-Key", ""},
		"nothing and a key":    {"Authorization", "", "X-Api-Key", goodKey},
		"a key in another key": {"X-Api-Key", "", "X-Api-Key", goodKey},
	} {
		if status, header, _ := call(t, guard, request(headers...)); status != 401 || !strings.Contains(header.Get("WWW-Authenticate"), "invalid_request") {
			t.Errorf("%s: %d %v", name, status, header)
		}
	}
	if i.hit("/oauth2/introspect") != 0 {
		t.Error("one of two credentials was proved")
	}
}

func TestJP_4_Products(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	for name, want := range map[string]int{"collections": 200, "payouts": 403, "": 403, "*": 403, "Collections": 403} {
		status, header, body := call(t, v.Require(resource.Product(name)), request("Authorization", "Bearer "+i.token(nil)))
		if status != want || header.Get("WWW-Authenticate") != "" {
			t.Errorf("%q: %d %s %v", name, status, body, header)
		}
	}
	for _, products := range []any{nil, []string{}, "*", []any{nil}, map[string]any{"collections": true}, []string{"*", ""}} {
		token := "Bearer " + i.token(map[string]any{"products": products})
		if status, _, _ := call(t, v.Require(resource.Product("collections")), request("Authorization", token)); status != 403 {
			t.Errorf("with products %v: %d", products, status)
		}
	}
}

func TestEveryRequirementCounts(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	bearer := []string{"Authorization", "Bearer " + i.token(nil)}
	both := resource.Scope("settlement:read", "payable:read")
	for name, c := range map[string]struct {
		requirements []resource.Requirement
		want         int
	}{
		"none":                     {nil, 200},
		"two scopes":               {[]resource.Requirement{both}, 200},
		"two scopes, one missing":  {[]resource.Requirement{resource.Scope("settlement:read", "wallet:read")}, 403},
		"a scope and a product":    {[]resource.Requirement{both, resource.Product("collections")}, 200},
		"the second is missing":    {[]resource.Requirement{both, resource.Product("payouts")}, 403},
		"the first is missing":     {[]resource.Requirement{resource.Scope("x"), both}, 403},
		"F05, no scope":            {[]resource.Requirement{resource.Scope()}, 403},
		"F05, the empty scope":     {[]resource.Requirement{resource.Scope("")}, 403},
		"F05, star":                {[]resource.Requirement{resource.Scope("*")}, 403},
		"a requirement of nothing": {[]resource.Requirement{{}}, 403},
	} {
		if status, _, body := call(t, v.Require(c.requirements...), request(bearer...)); status != c.want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

// A dialect's own shape gets the challenge, and the reason to choose by.
func TestErrorsInTheAPIsOwnShape(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(func(c *resource.Config) {
		c.Realm = "payments"
		c.ErrorWriter = func(w http.ResponseWriter, r *http.Request, e *oauth.Error) {
			w.Header().Set("WWW-Authenticate", e.Header.Get("WWW-Authenticate"))
			w.WriteHeader(e.Status)
			_, _ = w.Write([]byte("detail: " + string(e.Reason) + " at " + r.URL.Path))
		}
	})
	status, header, body := call(t, v.Require(), request())
	if status != 401 || body != "detail: authentication_missing at /settlements" || !strings.HasPrefix(header.Get("WWW-Authenticate"), `Bearer realm="payments"`) {
		t.Errorf("%d %v %s", status, header, body)
	}
}

func TestMetadata(t *testing.T) {
	i := newIssuer(t)
	for _, c := range []struct{ resource, audience, path, url, body string }{
		{"", "https://api.example.com", "/.well-known/oauth-protected-resource", "https://api.example.com/.well-known/oauth-protected-resource",
			`{"resource":"https://api.example.com","authorization_servers":["` + i.URL + `"],"scopes_supported":["read"],"bearer_methods_supported":["header"],"resource_name":"Payments"}`},
		{"https://api.example.com/v1/pay", "x", "/.well-known/oauth-protected-resource/v1/pay", "https://api.example.com/.well-known/oauth-protected-resource/v1/pay",
			`{"resource":"https://api.example.com/v1/pay","authorization_servers":["` + i.URL + `"],"scopes_supported":["read"],"bearer_methods_supported":["header"],"resource_name":"Payments"}`},
		{"", "payments", "/.well-known/oauth-protected-resource", "", ""},
	} {
		v := i.verifier(func(config *resource.Config) {
			config.Resource, config.Audience, config.Scopes, config.Name = c.resource, c.audience, oauth.Scope{"read"}, "Payments"
		})
		if v.MetadataPath() != c.path {
			t.Errorf("%s: the path is %s", c.resource, v.MetadataPath())
		}
		w := httptest.NewRecorder()
		v.Metadata().ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
		if c.body == "" && w.Code != 404 || c.body != "" && (w.Code != 200 || w.Body.String() != c.body) {
			t.Errorf("%s: %d %s", c.resource, w.Code, w.Body)
		}
		_, header, _ := call(t, v.Require(), request())
		if got := header.Get("WWW-Authenticate"); strings.Contains(got, "resource_metadata") != (c.url != "") || !strings.Contains(got, c.url) {
			t.Errorf("%s: the challenge is %s", c.resource, got)
		}
	}
}

func TestConfigurationsThatCannotBeMeant(t *testing.T) {
	for name, change := range map[string]func(*resource.Config){
		"no issuer":            func(c *resource.Config) { c.Issuer = "" },
		"http":                 func(c *resource.Config) { c.Issuer = "http://auth.example.com" },
		"http, nearly local":   func(c *resource.Config) { c.Issuer = "http://127.0.0.1.example.com" },
		"a trailing slash":     func(c *resource.Config) { c.Issuer += "/" },
		"a user in the issuer": func(c *resource.Config) { c.Issuer = "https://a@auth.example.com" },
		"a query":              func(c *resource.Config) { c.Issuer += "?" },
		"no audience":          func(c *resource.Config) { c.Audience = "" },
		"no secret":            func(c *resource.Config) { c.ClientSecret = "" },
		"no client":            func(c *resource.Config) { c.ClientID = "" },
		"revocation offline":   func(c *resource.Config) { c.ClientID, c.ClientSecret, c.CheckRevocation = "", "", true },
		"a quote in the realm": func(c *resource.Config) { c.Realm = `a"b` },
		"a line in the realm":  func(c *resource.Config) { c.Realm = "a\r\nX: y" },
		"keys in Authorization": func(c *resource.Config) {
			c.APIKeyHeader = "authorization"
		},
		"a resource that is no URL": func(c *resource.Config) { c.Resource = "payments" },
	} {
		c := resource.Config{Issuer: "https://auth.example.com", Audience: audience, ClientID: clientID, ClientSecret: clientSecret}
		if _, err := resource.New(c); err != nil {
			t.Fatal(err)
		}
		change(&c)
		if _, err := resource.New(c); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

func TestAPermissionNeedsTheServer(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a permission that nobody can decide on is taken")
		}
	}()
	newIssuer(t).verifier().Require(resource.Permission("read", resource.CallersAccount))
}

func TestFromOutsideOfRequire(t *testing.T) {
	if who := resource.From(t.Context()); who != nil {
		t.Errorf("somebody is there: %+v", who)
	}
	want := &resource.Caller{Subject: "usr_1"}
	if resource.From(resource.With(t.Context(), want)) != want {
		t.Error("a test cannot put a caller in")
	}
}

var errOfTheAPI = errors.New("the database of the API is away")
