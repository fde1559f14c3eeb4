package endpoints_test

import (
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
	"claviger/oauth"
)

const person = "user@centrapay.example"

// site is a client that people sign in at.
func site(t *testing.T, h *servertest.Harness) caller {
	t.Helper()
	client, secret, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "test"}, admin.NewClient{
		Name: "Site", Company: "Site", Website: "https://site.example", Contact: "dev@site.example",
		GrantTypes: []string{"authorization_code", "refresh_token"}, Origins: []string{"https://app.example"},
		Scopes:       oauth.Scope{"openid", "profile", "email", "phone", "offline_access", "read"},
		RedirectURIs: []string{servertest.RedirectURI}, Browser: core.Browser{WithoutPKCE: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	return caller{client.ID, secret}
}

// signIn has the person sign in and returns the answer of the token endpoint.
func (c caller) signIn(t *testing.T, h *servertest.Harness, o servertest.CodeOptions) map[string]any {
	t.Helper()
	o.Client, o.Email = c.id, person
	response := c.post(h, "/oauth2/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {h.Code(o)}, "redirect_uri": {servertest.RedirectURI},
	})
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %v %v", response.StatusCode, answer, err)
	}
	return answer
}

func askUserInfo(h *servertest.Harness, method, target, body string, header ...string) (*http.Response, map[string]any) {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response := h.Do(r)
	answer := map[string]any{}
	_ = json.NewDecoder(response.Body).Decode(&answer)
	return response, answer
}

const (
	userInfo = "/oauth2/userinfo"
	formType = "application/x-www-form-urlencoded"
)

func TestUserInfo(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		c := site(t, h)
		asked := servertest.CodeOptions{Scope: "openid email", Claims: oauth.ClaimsRequest{
			UserInfo: map[string]*oauth.ClaimRequest{"phone_number": {Essential: true}},
			IDToken:  map[string]*oauth.ClaimRequest{"phone_number_verified": nil},
		}}
		tokens := c.signIn(t, h, asked)
		access, _ := tokens["access_token"].(string)
		_, id := h.IDToken(t, tokens["id_token"].(string))
		for name, ask := range map[string]func() (*http.Response, map[string]any){
			"GET": func() (*http.Response, map[string]any) {
				return askUserInfo(h, "GET", userInfo, "", "Authorization", "Bearer "+access)
			},
			"GET, scheme in lower case": func() (*http.Response, map[string]any) {
				return askUserInfo(h, "GET", userInfo, "", "Authorization", "bearer "+access)
			},
			"POST with the header": func() (*http.Response, map[string]any) {
				return askUserInfo(h, "POST", userInfo, "", "Authorization", "Bearer "+access)
			},
			"POST with the header and an empty form": func() (*http.Response, map[string]any) {
				return askUserInfo(h, "POST", userInfo, "", "Authorization", "Bearer "+access, "Content-Type", formType)
			},
			"POST with the body": func() (*http.Response, map[string]any) {
				return askUserInfo(h, "POST", userInfo, url.Values{"access_token": {access}}.Encode(), "Content-Type", formType)
			},
		} {
			response, claims := ask()
			if response.StatusCode != 200 || claims["sub"] != id["sub"] || claims["email"] != person ||
				claims["phone_number"] != "+6421234567890" || claims["phone_number_verified"] != nil || claims["preferred_username"] != nil {
				t.Errorf("%s: %d %v", name, response.StatusCode, claims)
			}
			if got := response.Header.Get("Cache-Control"); got != "no-store" {
				t.Errorf("%s: Cache-Control %q", name, got)
			}
		}
	})
}

// TestUserInfoRefuses: RFC 6750 §3, with a challenge in every refusal.
func TestUserInfoRefuses(t *testing.T) {
	h := servertest.New(t)
	c := site(t, h)
	good := c.signIn(t, h, servertest.CodeOptions{})
	access, id, refresh := good["access_token"].(string), good["id_token"].(string), good["refresh_token"].(string)
	without := c.signIn(t, h, servertest.CodeOptions{Scope: "email read"})["access_token"].(string)
	machine := newCaller(t, h).token(t, h)
	bearer := func(token string) []string { return []string{"Authorization", "Bearer " + token} }
	form := func(token string) string { return url.Values{"access_token": {token}}.Encode() }
	const invalid = `Bearer realm="userinfo", error="invalid_token"`
	for name, q := range map[string]struct {
		target, body string
		header       []string
		status       int
		challenge    string
	}{
		"no token":               {userInfo, "", nil, 401, `Bearer realm="userinfo"`},
		"another scheme":         {userInfo, "", []string{"Authorization", "Basic eDp5"}, 401, `Bearer realm="userinfo"`},
		"an empty token":         {userInfo, "", bearer(""), 401, `Bearer realm="userinfo"`},
		"text":                   {userInfo, "", bearer("x"), 401, invalid},
		"B07 an ID token":        {userInfo, "", bearer(id), 401, invalid},
		"B07 a refresh token":    {userInfo, "", bearer(refresh), 401, invalid},
		"B07 in the body":        {userInfo, form(id), []string{"Content-Type", formType}, 401, invalid},
		"without openid":         {userInfo, "", bearer(without), 403, `Bearer realm="userinfo", error="insufficient_scope", scope="openid"`},
		"a client's own":         {userInfo, "", bearer(machine), 403, `Bearer realm="userinfo", error="insufficient_scope", scope="openid"`},
		"header and body":        {userInfo, form(access), append(bearer(access), "Content-Type", formType), 400, `Bearer realm="userinfo", error="invalid_request"`},
		"two headers":            {userInfo, "", append(bearer(access), bearer(access)...), 400, `Bearer realm="userinfo", error="invalid_request"`},
		"ALL_4 in the URL":       {userInfo + "?access_token=" + access, "", nil, 400, `Bearer realm="userinfo", error="invalid_request"`},
		"ALL_4 in the URL too":   {userInfo + "?access_token=" + access, "", bearer(access), 400, `Bearer realm="userinfo", error="invalid_request"`},
		"twice in the body":      {userInfo, form(access) + "&" + form(access), []string{"Content-Type", formType}, 400, `Bearer realm="userinfo", error="invalid_request"`},
		"H10 from a page":        {userInfo, "", append(bearer(access), "Origin", "https://evil.example"), 403, `Bearer realm="userinfo", error="unauthorized_client"`},
		"H10 of another website": {userInfo, "", append(bearer(access), "Origin", "http://localhost:8090"), 403, `Bearer realm="userinfo", error="unauthorized_client"`},
	} {
		response, answer := askUserInfo(h, "POST", q.target, q.body, q.header...)
		if response.StatusCode != q.status || response.Header.Get("WWW-Authenticate") != q.challenge || answer["email"] != nil || answer["sub"] != nil {
			t.Errorf("%s: %d %q %v", name, response.StatusCode, response.Header.Get("WWW-Authenticate"), answer)
		}
	}
	if response, _ := askUserInfo(h, "GET", userInfo, "", append(bearer(access), "Origin", "https://app.example")...); response.StatusCode != 200 {
		t.Errorf("from the client's own page: %d", response.StatusCode)
	}
}

func TestD05_UserInfoOfADisabledPerson(t *testing.T) {
	h := servertest.New(t)
	access := site(t, h).signIn(t, h, servertest.CodeOptions{})["access_token"].(string)
	disabled := *h.Person(person)
	disabled.Status = core.Disabled
	if err := h.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.PutUser(&disabled) }); err != nil {
		t.Fatal(err)
	}
	response, claims := askUserInfo(h, "GET", userInfo, "", "Authorization", "Bearer "+access)
	if response.StatusCode != 401 || claims["sub"] != nil {
		t.Errorf("%d %v", response.StatusCode, claims)
	}
}

func TestH10_RevocationFromAnotherOrigin(t *testing.T) {
	h := servertest.New(t)
	c := site(t, h)
	access := c.signIn(t, h, servertest.CodeOptions{})["access_token"].(string)
	for origin, want := range map[string]int{"https://evil.example": 403, "null": 403, "https://app.example": 200} {
		r := httptest.NewRequest(http.MethodPost, "/oauth2/revoke", strings.NewReader(url.Values{"token": {"x"}}.Encode()))
		r.Header.Set("Content-Type", formType)
		r.Header.Set("Origin", origin)
		r.SetBasicAuth(c.id, c.secret)
		if got := h.Do(r).StatusCode; got != want {
			t.Errorf("%s: %d, want %d", origin, got, want)
		}
	}
	if c.introspect(t, h, access)["active"] != true {
		t.Error("a refused revocation ended a token")
	}
}
