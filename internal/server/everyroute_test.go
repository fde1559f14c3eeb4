package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// spendeskRoutes are all routes of Spendesk, each with a request that succeeds.
func (c *customer) spendeskRoutes() map[string]func(lines ...string) wireAnswer {
	c.t.Helper()
	with := func(lines []string, more string) []string { return append(slices.Clone(lines), more) }
	return map[string]func(lines ...string) wireAnswer{
		"token": func(lines ...string) wireAnswer {
			return c.send(http.MethodPost, "/auth/token", "", with(lines, basic("my_id", "my_secret"))...)
		},
		"refresh": func(lines ...string) wireAnswer {
			return c.refresh(c.connect(partner, "acme-fr").RefreshToken, lines...)
		},
		"wallet": func(lines ...string) wireAnswer {
			return c.get("/wallet-summaries", with(lines, bearer(c.keyToken()))...)
		},
	}
}

func TestALL_1_Spendesk(t *testing.T) {
	c := newCustomer(t)
	for name, ask := range c.spendeskRoutes() {
		if a := ask().is(200); a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, a.header.Get("Cache-Control"))
		}
	}
	for _, scheme := range []string{"bearer", "BEARER", "bEaReR"} {
		c.get("/wallet-summaries", "Authorization: "+scheme+" "+c.keyToken()).is(200)
	}
	c.send(http.MethodPost, "/auth/token", "", strings.Replace(basic("my_id", "my_secret"), "Basic", "bASIC", 1)).is(200)
	for _, line := range []string{"Bearer", "Bearer ", "Token " + c.keyToken(), c.keyToken(), "Bearer a b", "Bearer " + c.keyToken() + ", x"} {
		c.get("/wallet-summaries", "Authorization: "+line).is(401)
	}
}

func TestALL_1_Centrapay(t *testing.T) {
	c := newCustomer(t)
	for _, r := range centrapayRoutes {
		if a := c.call(r.method, r.path, r.body, apiKey(ownerKey)).is(200); a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %s: Cache-Control %q", r.method, r.path, a.header.Get("Cache-Control"))
		}
	}
	for _, line := range []string{"Bearer", "Bearer ", "Token " + c.UserToken(user, "openid"), c.UserToken(user, "openid")} {
		c.get(myMemberships, "Authorization: "+line).is(401).holds(invalid)
	}
}

func TestALL_2_SpendeskAndCentrapay(t *testing.T) {
	c := newCustomer(t)
	asks := c.spendeskRoutes()
	for _, r := range centrapayRoutes {
		asks[r.method+" "+r.path] = func(lines ...string) wireAnswer {
			return c.call(r.method, r.path, r.body, append(slices.Clone(lines), apiKey(ownerKey))...)
		}
		asks["refused "+r.method+" "+r.path] = func(lines ...string) wireAnswer { return c.call(r.method, r.path, r.body, lines...) }
	}
	asks["method"] = func(lines ...string) wireAnswer { return c.send(http.MethodDelete, myMemberships, "", lines...) }
	asks["wrong secret"] = func(lines ...string) wireAnswer { return c.send(http.MethodPost, "/auth/token", "", lines...) }
	made := map[string]bool{}
	for name, ask := range asks {
		if got := ask("X-Request-Id: mine-1").header.Values("X-Request-Id"); len(got) != 1 || got[0] != "mine-1" {
			t.Errorf("%s: answered %q", name, got)
		}
		got := ask("X-Request-Id: not mine").header.Values("X-Request-Id")
		if len(got) != 1 || got[0] == "not mine" || got[0] == "" || made[got[0]] {
			t.Fatalf("%s: made up %q", name, got)
		}
		made[got[0]] = true
	}
}

func TestALL_3_SpendeskAndCentrapay(t *testing.T) {
	c := newCustomer(t)
	keys := c.get("/.well-known/jwks.json").is(200).text
	standard := c.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", formType, basic("my_id", "my_secret"))
	for name, token := range map[string]string{
		"my_id":         c.keyToken(),
		partner:         c.connect(partner, "acme-uk").AccessToken,
		"spendesk-cli":  c.refresh(c.connect("spendesk-cli", "acme-fr").RefreshToken).token("access_token"),
		"my_id ":        standard.token("access_token"),
		"centrapay-web": c.UserToken(user, "openid profile"),
	} {
		servertest.VerifyOffline(t, keys, token)
		claims := wireClaims(t, token)
		for _, claim := range []string{"iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope"} {
			if claims[claim] == nil {
				t.Errorf("%s: the claim %s is missing", name, claim)
			}
		}
		if claims["iss"] != "http://"+servertest.Host || claims["client_id"] != strings.TrimSpace(name) {
			t.Errorf("%s: iss %v, client_id %v", name, claims["iss"], claims["client_id"])
		}
	}
}

func TestALL_4_Spendesk(t *testing.T) {
	c := newCustomer(t)
	const value = testlog.Canary + "-in-the-url"
	refused := `{"errors":[{"code":"credential_in_query","detail":"Credentials are not accepted in the URL."}]}`
	for _, name := range []string{"client_secret", "Client_Secret", "client%5Fsecret", "password", "refresh_token", "access_token", "code", "api_key"} {
		query := "?a=b&" + name + "=" + value
		for _, a := range []wireAnswer{
			c.send(http.MethodPost, "/auth/token"+query, "", basic("my_id", "my_secret"), "X-Request-Id: in-url"),
			c.post("/oauth2/token/refresh"+query, `{"grant_type":"refresh_token","refresh_token":"x"}`, "X-Request-Id: in-url"),
		} {
			a.is(400).holds(refused)
		}
	}
	for _, event := range events(t, c.Harness, "in-url") {
		if strings.Contains(fmt.Sprint(event), value) {
			t.Errorf("the credential is in the audit trail: %+v", event)
		}
	}
	// In the URL alone it is none.
	c.send(http.MethodPost, "/auth/token?id=my_id&secret="+value, "").is(400)
	c.get("/wallet-summaries?access_token=" + c.keyToken()).is(401)
}

func TestALL_4_Centrapay(t *testing.T) {
	c := newCustomer(t)
	for _, query := range []string{"?X-Api-Key=" + ownerKey, "?api_key=" + ownerKey, "?access_token=" + c.UserToken(user, "openid")} {
		if a := c.get(myMemberships + query).is(401).holds(missing); strings.Contains(a.text, ownerKey) {
			t.Error("the answer echoes the key")
		}
	}
}

// bodies are requests that ALL-5 refuses: whole is a right one, whose field is
// text.
func bodies(whole, field string) map[string]struct{ body, media string } {
	const media = "application/json"
	value := func(v string) string { return `{"` + field + `":` + v + `,` + whole[1:] }
	return map[string]struct{ body, media string }{
		"a duplicate":       {value(`"x"`), media},
		"another type":      {whole, "text/plain"},
		"no type":           {whole, ""},
		"two types":         {whole, media + ", " + media},
		"another charset":   {whole, media + "; charset=iso-8859-1"},
		"more than 64 KiB":  {`{"unknown":"` + strings.Repeat("x", 64<<10) + `",` + whole[1:], media},
		"duplicate unknown": {`{"unknown":1,"unknown":2,` + whole[1:], media},
		"half of it":        {whole[:len(whole)/2], media},
		"more behind it":    {whole + "x", media},
		"a list":            {"[" + whole + "]", media},
		"text":              {`"` + field + `"`, media},
		"not UTF-8":         {`{"unknown":"` + "\xff" + `",` + whole[1:], media},
		"deep":              {`{"unknown":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,` + whole[1:], media},
		"number":            {`{"` + field + `":7}`, media},
		"object":            {`{"` + field + `":{}}`, media},
		"truth":             {`{"` + field + `":true}`, media},
	}
}

func TestALL_5_Spendesk(t *testing.T) {
	c := newCustomer(t)
	unknown := `{"unknown":{"a":[1,null]},"scope":"payable:read"}`
	c.post("/auth/token", unknown, basic("my_id", "my_secret")).is(200)
	for name, b := range bodies(`{"scope":"payable:read"}`, "scope") {
		a := c.send(http.MethodPost, "/auth/token", b.body, basic("my_id", "my_secret"), "Content-Type: "+b.media)
		if a.status != 400 || !spendeskError.MatchString(a.text) {
			t.Errorf("token, %s: %d %s", name, a.status, a.text)
		}
	}
	token := c.connect(partner, "acme-fr").RefreshToken
	whole := `{"refresh_token":"` + token + `","grant_type":"refresh_token"}`
	for name, b := range bodies(whole, "refresh_token") {
		a := c.send(http.MethodPost, "/oauth2/token/refresh", b.body, "Content-Type: "+b.media)
		if a.status != 400 || !spendeskError.MatchString(a.text) {
			t.Errorf("refresh, %s: %d %s", name, a.status, a.text)
		}
	}
	for name, body := range map[string]string{
		"twice":     "grant_type=refresh_token&refresh_token=x&refresh_token=" + token,
		"semicolon": "grant_type=refresh_token;refresh_token=" + token,
		"escape":    "grant_type=refresh_token&refresh_token=%zz",
		"missing":   "grant_type=refresh_token", "empty": "grant_type=refresh_token&refresh_token=",
	} {
		if a := c.send(http.MethodPost, "/oauth2/token/refresh", body, formType); a.status != 400 || !spendeskError.MatchString(a.text) {
			t.Errorf("form, %s: %d %s", name, a.status, a.text)
		}
	}
	c.send(http.MethodPost, "/oauth2/token/refresh", whole, jsonType, "Content-Encoding: gzip").is(400)
	c.refresh(token).is(200) // none of them has used it up
}

func TestALL_5_Centrapay(t *testing.T) {
	c := newCustomer(t)
	keys := "/api/accounts/" + cafe + "/api-keys"
	whole := `{"name":"Till2","role":"merchant-terminal"}`
	for name, b := range bodies(whole, "name") {
		a := c.send(http.MethodPost, keys, b.body, apiKey(ownerKey), "Content-Type: "+b.media)
		if a.status != 400 || !centrapayError.MatchString(a.text) {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
	}
	for _, value := range []string{`"true"`, "1", "0", "[]", "{}"} {
		c.put(keys+"/Owner", `{"enabled":`+value+`}`, apiKey(ownerKey)).is(400)
	}
	c.put(keys+"/Owner", `{"enabled":null}`, apiKey(ownerKey)).is(400)
	c.post(keys, `{"name":"Till2","role":"merchant-terminal","enabled":false,"accountId":"`+teaWarehouse+`","secret":"chosen"}`, apiKey(ownerKey)).is(200)
	c.get(myMemberships, apiKey("chosen")).is(401) // F04: what is not declared is not read
}

// dead checks that an access token is no good any more, here and for whoever asks.
func (c *customer) dead(route, token string) {
	c.t.Helper()
	c.get(route, bearer(token)).is(401)
	if c.active(token) {
		c.t.Error("the token is active at introspection")
	}
}

func TestALL_6_Spendesk(t *testing.T) {
	for name, stop := range map[string]string{
		"organisation": `organisations: [{code: acme-fr, status: SUSPENDED}]`,
		"account":      `organisations: [{code: acme-fr, accounts: [{id: acme-fr, status: DISABLED}]}]`,
		"key":          `organisations: [{code: acme-fr, api_keys: [{id: my_id, status: DISABLED}]}]`,
		"partner":      `clients: [{id: spendesk-partner, status: DISABLED}]`,
		"approver":     `people: [{email: owner@acme.example, status: SUSPENDED}]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCustomer(t)
			key, other := c.keyToken(), c.connect(partner, "acme-uk").AccessToken
			connected := c.connect(partner, "acme-fr")
			if !c.active(key) || !c.active(connected.AccessToken) || !c.active(connected.RefreshToken) {
				t.Fatal("inactive before")
			}
			c.apply(stop)
			if name == "organisation" || name == "account" || name == "key" {
				c.dead("/wallet-summaries", key)
				if status := c.exchange("my_id", "my_secret"); status != 401 && status != 403 {
					t.Errorf("the key still gets %d", status)
				}
			}
			if name != "key" {
				c.dead("/wallet-summaries", connected.AccessToken)
				if status := c.refresh(connected.RefreshToken).status; status != 401 && status != 403 {
					t.Errorf("refresh: %d", status)
				}
			}
			if name != "partner" && name != "approver" {
				c.get("/wallet-summaries", bearer(other)).is(200) // others go on
			}
		})
	}
	t.Run("membership", func(t *testing.T) {
		c := newCustomer(t)
		token := c.connect(partner, "acme-fr").AccessToken
		c.leave("owner@acme.example", "acme-fr")
		c.dead("/wallet-summaries", token)
	})
	t.Run("connection", func(t *testing.T) {
		c := newCustomer(t)
		token, other := c.connect(partner, "acme-fr").AccessToken, c.connect(partner, "acme-uk").AccessToken
		c.disconnect(token)
		c.dead("/wallet-summaries", token)
		c.get("/wallet-summaries", bearer(other)).is(200)
	})
}

func TestALL_6_Centrapay(t *testing.T) {
	read := "/api/accounts/" + cafe
	for name, r := range map[string]struct {
		stop             string
		key, token, read int // status of the key, of the user token, and of its access to the account
	}{
		"key":          {`organisations: [{code: centrapay-cafe, api_keys: [{name: Owner, account: ` + cafe + `, status: DISABLED}]}]`, 401, 200, 200},
		"account":      {`organisations: [{code: centrapay-cafe, accounts: [{id: ` + cafe + `, status: SUSPENDED}]}]`, 401, 200, 403},
		"organisation": {`organisations: [{code: centrapay-cafe, status: DISABLED}]`, 401, 200, 403},
		"person":       {`people: [{email: ` + user + `, status: DISABLED}]`, 200, 401, 401},
		"client":       {`clients: [{id: centrapay-web, status: DISABLED}]`, 200, 401, 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCustomer(t)
			token := c.UserToken(user, "openid")
			c.get(read, bearer(token)).is(200)
			c.get(read, bearer(token), actingFor+cafe).is(200)
			c.get(read, apiKey(ownerKey)).is(200)
			c.apply(r.stop)
			c.get(myMemberships, apiKey(ownerKey)).is(r.key)
			memberships := c.get(myMemberships, bearer(token)).is(r.token)
			if r.read != 200 && strings.Contains(memberships.text, cafe) {
				t.Errorf("the account is listed: %s", memberships.text)
			}
			c.get(read, bearer(token)).is(r.read)
			c.get(read, bearer(token), actingFor+cafe).is(r.read)
			if active := c.active(token); active != (r.token == 200) {
				t.Errorf("introspection: %v", active)
			}
		})
	}
	t.Run("membership", func(t *testing.T) {
		c := newCustomer(t)
		token := c.UserToken(user, "openid")
		c.leave(user, "centrapay-cafe")
		c.get(read, bearer(token)).is(403).holds(forbidden)
		c.get("/api/accounts/"+teaWarehouse, bearer(token)).is(200)
	})
}
