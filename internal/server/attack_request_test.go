package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// onlyPage is the outcome of a request whose answer may go nowhere.
const onlyPage = "page"

// taken is the outcome of a request that is in order.
const taken = "sign-in"

// authorization is a request of the demo partner, or of another client, changed by
// pairs of names and values; "-" leaves a parameter out.
func authorization(client, redirect string, changes ...string) url.Values {
	_, query, _ := strings.Cut(asks(client, redirect, changes...), "?")
	values, _ := url.ParseQuery(query) // made by Encode
	return values
}

// outcome is what a person's browser ends on: onlyPage, taken, or the error that
// the client is told, at its own address and nowhere else.
func outcome(t *testing.T, page *servertest.Page, redirect string) string {
	t.Helper()
	switch {
	case page.Left != nil:
		if !strings.HasPrefix(page.Left.String(), redirect+"?") {
			t.Errorf("sent to %s", page.Left)
		}
		answer := page.Left.Query()
		if answer.Get("iss") != "http://"+servertest.Host { // A17
			t.Errorf("an answer without iss: %v", answer)
		}
		if answer.Get("code") != "" {
			return "code"
		}
		return answer.Get("error")
	case page.Status == http.StatusOK && strings.Contains(page.Path, "/sign-in?"):
		return taken
	case page.Status >= 400 && page.Status < 500 && page.Header.Get("Location") == "":
		return onlyPage
	}
	t.Errorf("%d %s\n%s", page.Status, page.Path, page.Body)
	return "?"
}

// pushes sends a request to the PAR endpoint of the server: the request_uri, or the
// error.
func (c *customer) pushes(client, secret, body string) (uri, failed string) {
	c.t.Helper()
	if secret == "" {
		body += "&client_id=" + url.QueryEscape(client)
	}
	lines := []string{formType}
	if secret != "" {
		lines = append(lines, basic(client, secret))
	}
	answer := c.send(http.MethodPost, "/oauth2/par", body, lines...)
	if answer.status == http.StatusCreated {
		return answer.token("request_uri"), ""
	}
	if answer.status < 400 || answer.status > 499 || answer.header.Get("Location") != "" {
		c.t.Errorf("pushed: %d %s", answer.status, answer.text)
	}
	failed, _ = answer.member("error").(string)
	return "", failed
}

const partnerSecret = "spendesk-partner-secret"

// everyWay sends one request of the partner by GET, by POST and by PAR, and wants
// the same of each. query is as it is on the wire.
func (c *customer) everyWay(query, want string) {
	c.t.Helper()
	if got := outcome(c.t, c.NewBrowser().Get("/oauth2/authorize?"+query), partnerCB); got != want {
		c.t.Errorf("GET: %s, want %s", got, want)
	}
	posted := c.posts("/oauth2/authorize", query)
	if got := outcome(c.t, posted, partnerCB); got != want {
		c.t.Errorf("POST: %s, want %s", got, want)
	}
	values, _ := url.ParseQuery(query)
	if values.Get("client_id") != "spendesk-partner" || len(values["client_id"]) > 1 {
		return // nobody who could push it
	}
	uri, failed := c.pushes("spendesk-partner", partnerSecret, query)
	switch {
	case (failed == "") != (want == taken):
		c.t.Errorf("PAR: %q, want %s", failed, want)
	case failed != "" && want != onlyPage && failed != want && failed != "invalid_request":
		c.t.Errorf("PAR: %s, want %s", failed, want)
	case failed == "" && !strings.HasPrefix(uri, "urn:ietf:params:oauth:request_uri:"):
		c.t.Errorf("PAR: %s", uri)
	}
}

// posts sends a body as a page of another site does, and follows where it leads.
func (c *customer) posts(target, body string) *servertest.Page {
	c.t.Helper()
	first := c.send(http.MethodPost, target, body, formType, "Sec-Fetch-Site: cross-site")
	location := first.header.Get("Location")
	if location == "" {
		return &servertest.Page{Status: first.status, Header: first.header, Path: target, Body: first.text}
	}
	if first.status != http.StatusSeeOther && first.status != http.StatusFound {
		c.t.Errorf("POST %s is answered %d to %s", target, first.status, location)
	}
	if !strings.HasPrefix(location, "http://"+servertest.Host+"/") {
		left, err := url.Parse(location)
		if err != nil {
			c.t.Fatal(err)
		}
		return &servertest.Page{Status: first.status, Header: first.header, Path: target, Left: left}
	}
	return c.NewBrowser().Get(location)
}

func TestA01_A02_A04_A05_A06_NoRedirectToAForeignAddress(t *testing.T) {
	c := newCustomer(t)
	for _, redirect := range []string{
		"https://partner.example.evil.com/callback", "https://partnerXexample/callback", "https://evil.com/partner.example",
		"https://evilpartner.example/callback", "https://sub.partner.example/callback",
		"https://partner.example@evil.com/callback", "https://a@b@partner.example/callback", "https://partner.example:x@evil.com/",
		"https://PARTNER.example/callback", "https://partner.example./callback", "https://partner.example:443/callback",
		"https://pаrtner.example/callback", "https://xn--prtner-3fg.example/callback", "HTTPS://partner.example/callback",
		"http://partner.example/callback", "https://partner.example/callback#", "https://partner.example/callback#x",
		"http://localhost@evil.com/callback", "http://127.0.0.1.evil.com/callback", "http://localhost.evil.com/callback",
		"http://[::1]/callback", "http://2130706433/callback", "http://127.1/callback", `https://partner.example\@evil.com/`,
		"//partner.example/callback", "javascript:alert(1)//partner.example", "JaVaScRiPt://partner.example/%0aalert(1)",
		"data:text/html,<script>alert(1)</script>", "https:///partner.example/callback", "https:partner.example/callback",
		"https://partner.example\t.evil.com/", "https://partner.example\r\nLocation: https://evil.com", "https://partner.example/\x00",
		" https://partner.example/callback", "https://partner.example/callback ", "https://partner.example%2eevil.com/callback",
		"https://partner.example%00.evil.com/callback", "\xff\xfe",
	} {
		t.Run(redirect, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", redirect).Encode(), onlyPage)
		})
	}
	for _, redirect := range []string{ // of a client with exact addresses
		webCB + "?x=1", webCB + "/", webCB + "#x", webCB + "/../evil", "http://localhost:8090/OIDC-callback",
		"com.example.yourapp://oidc-callback?x", "com.example.yourapp:/oidc-callback", "COM.example.yourapp://oidc-callback",
		"com.example.yourapp.evil://oidc-callback", "https://localhost:8090/oidc-callback", "http://localhost:8090@evil.com/oidc-callback",
	} {
		c.NewBrowser().Get("/oauth2/authorize?" + authorization("centrapay-web", redirect, "scope", "openid").Encode()).Problem(http.StatusBadRequest)
	}
	c.everyWay(authorization("spendesk-partner", partnerCB).Encode(), taken)
}

func TestA09_A10_NothingLeavesForAnUnprovenAddress(t *testing.T) {
	c := newCustomer(t)
	changeClient(t, c.Harness, "centrapay-web", func(client *core.Client) { client.Status = core.Suspended })
	const evil = "https://evil.example/cb"
	for name, query := range map[string]url.Values{
		"no redirect_uri":                authorization("spendesk-partner", "-", "redirect_uri", "-"),
		"an empty redirect_uri":          authorization("spendesk-partner", ""),
		"no client_id":                   authorization("-", partnerCB, "client_id", "-"),
		"an unknown client":              authorization("nobody", partnerCB),
		"a stopped client":               authorization("centrapay-web", webCB),
		"a client_id in another case":    authorization("Spendesk-Partner", partnerCB),
		"a client_id with NUL":           authorization("spendesk-partner\x00", partnerCB),
		"a client_id of no text":         authorization("\xff\xfe", partnerCB),
		"an API key for a client":        authorization("my_id", partnerCB),
		"foreign and no response_type":   authorization("spendesk-partner", evil, "response_type", "-"),
		"foreign and a bad scope":        authorization("spendesk-partner", evil, "scope", "admin"),
		"foreign and a bad prompt":       authorization("spendesk-partner", evil, "prompt", "none login"),
		"foreign and prompt=none":        authorization("spendesk-partner", evil, "prompt", "none"),
		"foreign and a request object":   authorization("spendesk-partner", evil, "request", "e30.e30."),
		"foreign and form_post":          authorization("spendesk-partner", evil, "response_mode", "form_post"),
		"foreign and a bad hint":         authorization("spendesk-partner", evil, "id_token_hint", "x"),
		"foreign and unknown to another": authorization("nobody", evil, "response_type", "token"),
	} {
		t.Run(name, func(t *testing.T) { c.in(t).everyWay(query.Encode(), onlyPage) })
	}
	// A10: twice, and so unproven.
	for _, name := range []string{"client_id", "redirect_uri", "state", "response_mode"} {
		query := authorization("spendesk-partner", partnerCB, "response_mode", "query")
		query.Add(name, query.Get(name))
		t.Run("twice "+name, func(t *testing.T) { c.in(t).everyWay(query.Encode(), onlyPage) })
	}
}

func TestA10_OddClientIDsOnEitherEngine(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		b := c.NewBrowser()
		for _, odd := range []string{"a\x00b", "\xff", strings.Repeat("x", 20_000), "'; drop table clients; --", "%00"} {
			for _, target := range []string{
				"/oauth2/authorize?" + authorization(odd, partnerCB).Encode(),
				"/oauth2/authorize?" + url.Values{"client_id": {odd}, "request_uri": {"urn:ietf:params:oauth:request_uri:x"}}.Encode(),
				"/oauth2/logout?" + url.Values{"client_id": {odd}}.Encode(),
				"/sign-in?" + url.Values{"flow": {odd}}.Encode(),
			} {
				b.Get(target).Problem(http.StatusBadRequest)
			}
			for _, line := range [][]string{{formType, basic(url.QueryEscape(odd), "x")}, {formType}} {
				for _, path := range []string{"/oauth2/par", "/oauth2/token", "/oauth2/revoke"} {
					body := url.Values{"grant_type": {"authorization_code"}, "code": {"x"}, "token": {"x"}, "client_id": {odd}}.Encode()
					if answer := c.send(http.MethodPost, path, body, line...); answer.status >= 500 {
						t.Errorf("%s for %.20q: %d %s", path, odd, answer.status, answer.text)
					}
				}
			}
		}
	})
}

func TestA11_A12_ResponseTypesAndModes(t *testing.T) {
	c := newCustomer(t)
	for _, kind := range []string{
		"token", "id_token", "code id_token", "code token", "id_token token", "none", "Code", "code code", "code,token", "[code]",
	} {
		t.Run("type "+kind, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", partnerCB, "response_type", kind).Encode(), "unsupported_response_type")
		})
	}
	c.everyWay(authorization("spendesk-partner", partnerCB, "response_type", "-").Encode(), "invalid_request")
	for _, mode := range []string{"fragment", "web_message", "jwt", "query.jwt", "Query", "form-post", "query fragment"} {
		t.Run("mode "+mode, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", partnerCB, "response_mode", mode).Encode(), "invalid_request")
		})
	}
	changeClient(t, c.Harness, "spendesk-partner", func(client *core.Client) { client.Browser.ResponseModes = []string{"query"} })
	c.everyWay(authorization("spendesk-partner", partnerCB, "response_mode", "form_post").Encode(), "invalid_request") // not on its list
	c.everyWay(authorization("spendesk-partner", partnerCB, "response_mode", "query").Encode(), taken)
	// A form cannot be posted to an app: refused at once, not after the person approved.
	app := c.NewBrowser().Get(toWeb("redirect_uri", "com.example.yourapp://oidc-callback", "response_mode", "form_post"))
	if app.Left == nil || app.Answer().Get("error") != "invalid_request" {
		t.Errorf("form_post to an app: %d %s", app.Status, app.Path)
	}
}

func TestA12_TheClientNeedsTheGrantType(t *testing.T) {
	c := newCustomer(t)
	changeClient(t, c.Harness, "spendesk-partner", func(client *core.Client) { client.GrantTypes = []string{"refresh_token"} })
	c.everyWay(authorization("spendesk-partner", partnerCB).Encode(), "unauthorized_client")
}

func TestA13_A14_AChallengeAndS256Alone(t *testing.T) {
	c := newCustomer(t)
	for name, changes := range map[string][]string{
		"left out":            {"code_challenge", "-", "code_challenge_method", "-"},
		"only the method":     {"code_challenge", "-"},
		"plain":               {"code_challenge_method", "plain"},
		"no method":           {"code_challenge_method", "-"},
		"s256":                {"code_challenge_method", "s256"},
		"S512":                {"code_challenge_method", "S512"},
		"short":               {"code_challenge", challenge[:42]},
		"long":                {"code_challenge", challenge + "A"},
		"with NUL":            {"code_challenge", challenge[:42] + "\x00"},
		"with padding":        {"code_challenge", challenge + "="},
		"not base64url":       {"code_challenge", challenge[:42] + "+"},
		"of no text":          {"code_challenge", challenge[:42] + "\xff"},
		"the verifier itself": {"code_challenge", verifier, "code_challenge_method", "plain"},
	} {
		t.Run(name, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", partnerCB, changes...).Encode(), "invalid_request")
		})
	}
	without := []string{"code_challenge", "-", "code_challenge_method", "-"}
	changeClient(t, c.Harness, "spendesk-partner", func(client *core.Client) { client.Browser.WithoutPKCE = true })
	c.everyWay(authorization("spendesk-partner", partnerCB, without...).Encode(), taken)
	c.everyWay(authorization("spendesk-partner", partnerCB, "code_challenge", "-").Encode(), "invalid_request") // half of it
	changeClient(t, c.Harness, "centrapay-web", func(client *core.Client) { client.Browser.WithoutPKCE = true })
	page := c.NewBrowser().Get(toWeb(without...)) // a public client has nothing else
	if got := outcome(t, page, webCB); got != "invalid_request" {
		t.Errorf("a public client without PKCE: %s", got)
	}
}

func TestA15_NoParameterTwice(t *testing.T) {
	c := newCustomer(t)
	whole := authorization("spendesk-partner", partnerCB, "scope", "payable:read", "nonce", "n", "prompt", "login", "max_age", "9",
		"ui_locales", "fr", "login_hint", "x", "claims", "{}", "acr_values", "1", "display", "page")
	for name := range whole {
		if name == "client_id" || name == "redirect_uri" || name == "state" {
			continue // those make the address unproven: A10
		}
		for _, again := range []string{whole.Get(name), "", "other"} {
			t.Run(name+" and "+again, func(t *testing.T) {
				c.in(t).everyWay(whole.Encode()+"&"+url.Values{name: {again}}.Encode(), "invalid_request")
			})
		}
	}
	for _, name := range []string{"unknown", "a[]", "<script>alert(1)</script>", "x\r\nSet-Cookie: a=b", "é\"\\", "\x00", "\xff", strings.Repeat("n", 9000)} {
		twice := whole.Encode() + "&" + url.Values{name: {"1", "2"}}.Encode()
		page := c.NewBrowser().Get("/oauth2/authorize?" + twice)
		if got := outcome(t, page, partnerCB); got != "invalid_request" {
			t.Errorf("%q twice: %s", name, got)
			continue
		}
		// RFC 6749 §4.1.2.1: what may be in a description.
		description := page.Answer().Get("error_description")
		if strings.ContainsFunc(description, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) || len(description) > 300 {
			t.Errorf("%.30q twice is described as %.300q", name, description)
		}
	}
	// PHP's arrays are other names, which nobody knows: what they stand for is missing.
	for _, name := range []string{"response_type", "code_challenge", "client_id", "redirect_uri"} {
		query := authorization("spendesk-partner", partnerCB)
		query.Set(name+"[]", query.Get(name))
		query.Del(name)
		want := "invalid_request"
		if name == "client_id" || name == "redirect_uri" {
			want = onlyPage
		}
		if got := outcome(t, c.NewBrowser().Get("/oauth2/authorize?"+query.Encode()), partnerCB); got != want {
			t.Errorf("%s[]: %s, want %s", name, got, want)
		}
	}
}

func TestA15_QueryOrBodyNeverBoth(t *testing.T) {
	c := newCustomer(t)
	good := authorization("spendesk-partner", partnerCB).Encode()
	for name, target := range map[string]string{
		"all of it":    "/oauth2/authorize?" + good,
		"one":          "/oauth2/authorize?state=s2",
		"another name": "/oauth2/authorize?x=1",
	} {
		if got := outcome(t, c.posts(target, good), partnerCB); got != onlyPage {
			t.Errorf("%s in the query: %s", name, got)
		}
	}
	for _, kind := range []string{"application/json", "multipart/form-data; boundary=x", "text/plain", "", "application/x-www-form-urlencoded, text/plain"} {
		answer := c.send(http.MethodPost, "/oauth2/authorize", good, "Content-Type: "+kind)
		if answer.status != http.StatusBadRequest || answer.header.Get("Location") != "" {
			t.Errorf("a body of %q: %d", kind, answer.status)
		}
	}
	for name, body := range map[string]string{"too long": good + "&x=" + strings.Repeat("x", 33<<10), "a bad escape": good + "&x=%zz", "semicolons": good + ";x=1"} {
		for _, page := range []*servertest.Page{c.posts("/oauth2/authorize", body), c.NewBrowser().Get("/oauth2/authorize?" + body)} {
			if got := outcome(t, page, partnerCB); got != onlyPage {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}

func TestA15_WhatARequestMayNotHold(t *testing.T) {
	c := newCustomer(t)
	for name, changes := range map[string][]string{
		"NUL in a nonce":         {"nonce", "n\x00"},
		"NUL in a hint":          {"login_hint", "\x00" + testlog.Canary},
		"no text":                {"login_hint", "\xff"},
		"an unknown prompt":      {"prompt", "create"},
		"none beside another":    {"prompt", "none login"},
		"prompt in another case": {"prompt", "None"},
		"max_age below zero":     {"max_age", "-1"},
		"max_age of a word":      {"max_age", "soon"},
		"max_age of a fraction":  {"max_age", "1.5"},
		"max_age beyond it all":  {"max_age", "99999999999999999999"},
		"max_age in hex":         {"max_age", "0x10"},
		"claims of no JSON":      {"claims", "{"},
		"claims of a list":       {"claims", "[]"},
		"claims twice":           {"claims", `{"id_token":{},"id_token":{}}`},
		"claims of numbers":      {"claims", `{"id_token":{"sub":{"value":7}}}`},
		"claims too long":        {"claims", `{"id_token":{"x":{"value":"` + strings.Repeat("x", 9000) + `"}}}`},
		"a forged hint":          {"id_token_hint", "e30.e30.x"},
		"registration":           {"registration", "{}"},
	} {
		want := map[string]string{"registration": "registration_not_supported"}[name]
		if want == "" {
			want = "invalid_request"
		}
		t.Run(name, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", partnerCB, changes...).Encode(), want)
		})
	}
	for _, scope := range []string{"admin", "payable:read admin", "introspect", "payable:read\x00", "payable:read,settlement:read", `payable:read "x"`} {
		want := "invalid_scope"
		if strings.Contains(scope, "\x00") {
			want = "invalid_request"
		}
		t.Run("scope "+scope, func(t *testing.T) {
			c.in(t).everyWay(authorization("spendesk-partner", partnerCB, "scope", scope).Encode(), want)
		})
	}
}
