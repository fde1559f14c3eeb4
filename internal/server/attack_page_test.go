package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/test/processors"
)

// everyPage opens the pages of the browser flow, also those of errors.
func everyPage(t *testing.T, c *customer) map[string]*servertest.Page {
	t.Helper()
	v := newVisitor(t, c)
	pages := map[string]*servertest.Page{"sign-in": v.Get(toPartner())}
	pages["code"] = v.Get("/sign-in/code")
	pages["code sent"] = pages["code"].Form("identifier").Set("identifier", acmeOwner).Send()
	pages["code wrong"] = pages["code sent"].Form("code").Set("code", "1").Send()
	pages["recover"] = v.Get("/sign-in/recover")
	pages["sign-in wrong"] = pages["sign-in"].SignIn(acmeOwner, "wrong")
	pages["consent"] = pages["sign-in"].SignIn(acmeOwner, acmePass)
	pages["choose"] = v.Get(toPartner("prompt", "select_account"))
	pages["logout"] = v.Get("/oauth2/logout")
	pages["account"] = v.Get("/account")
	pages["connections"] = v.Get("/console/acme-fr/connections")
	pages["form_post"] = v.Get(toPartner("response_mode", "form_post", "prompt", "none"))
	pages["bad client"] = v.Get("/oauth2/authorize?client_id=nobody")
	pages["bad flow"] = v.Get("/consent?flow=x")
	pages["another site"] = v.Post("/consent", url.Values{}, "same-site")
	pages["a bad action"] = v.Post("/account", url.Values{"action": {"x"}}, "same-origin")
	pages["a bad method"] = v.method(http.MethodDelete, "/consent")
	pages["no password to set"] = newVisitor(t, c).Get("/sign-in/password")
	pages["logged out"] = newVisitor(t, c).Get("/oauth2/logout")
	return pages
}

func (v *visitor) method(method, target string) *servertest.Page {
	answer := v.raw(method, target, "")
	return &servertest.Page{Status: answer.status, Header: answer.header, Path: target, Body: answer.text}
}

func TestE03_E04_A18_EveryPageIsAloneAndOfThisSite(t *testing.T) {
	for name, page := range everyPage(t, newCustomer(t)) {
		policy := page.Header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: %q is not in %q", name, want, policy)
			}
		}
		for _, never := range []string{"unsafe", "*", "data:", "blob:"} {
			if strings.Contains(policy, never) {
				t.Errorf("%s: %q is in %q", name, never, policy)
			}
		}
		if scripts := name == "form_post" || name == "connections"; scripts == strings.Contains(policy, "script-src 'none'") {
			t.Errorf("%s: %s", name, policy)
		}
		for header, want := range map[string]string{
			"X-Frame-Options": "DENY", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Type": "text/html; charset=utf-8", "Access-Control-Allow-Origin": "",
		} {
			if got := page.Header.Get(header); got != want {
				t.Errorf("%s: %s is %q", name, header, got)
			}
		}
		ownContent(t, name, page.Body)
	}
}

// ownContent fails where a page loads from elsewhere, or holds what runs.
func ownContent(t *testing.T, name, body string) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if slices.Contains([]string{"iframe", "object", "embed", "base", "style", "video", "audio"}, node.Data) || node.Data == "script" && node.FirstChild != nil {
			t.Errorf("%s: there is a <%s>", name, node.Data)
		}
		for _, a := range node.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "style", a.Key == "srcdoc":
				t.Errorf("%s: <%s %s=%q>", name, node.Data, a.Key, a.Val)
			case a.Key == "src", node.Data == "link" && a.Key == "href":
				if !strings.HasPrefix(a.Val, "/assets/") {
					t.Errorf("%s: <%s> loads %q", name, node.Data, a.Val)
				}
			case strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") && a.Key != "value":
				t.Errorf("%s: <%s %s=%q>", name, node.Data, a.Key, a.Val)
			}
		}
	}
}

// markup is in every name that somebody outside may choose.
const markup = `"><script>alert(1)</script><img src=x onerror=alert(1)>'{{.}}</title><!--`

func TestE04_MarkupOfOthersIsText(t *testing.T) {
	c := newCustomer(t)
	changeClient(t, c.Harness, "spendesk-partner", func(client *core.Client) {
		client.Name, client.Website = "Partner "+markup, "https://evil.example/"+markup
		client.Browser.PolicyURI, client.Browser.TermsURI = "javascript:alert(1)//https://x", "https://x/"+markup
		client.Scopes = append(client.Scopes, `<b>x</b>`)
	})
	changeClient(t, c.Harness, "centrapay-web", func(client *core.Client) { client.Name = "Site " + markup })
	changeOrganisation(t, c.Harness, "acme-uk", func(o *core.Organisation) { o.Name = "Company " + markup })
	change(t, c.Harness, func(tx *store.Tx) error {
		account, err := tx.Account("acme-uk")
		if err != nil {
			return err
		}
		account.Name = "Account " + markup
		return tx.PutAccount(account)
	})
	changeUser(t, c.Harness, c.Person(acmeOwner).ID, func(u *core.User) { u.FullName = "Person " + markup })
	v := newVisitor(t, c)
	v.Header.Set("User-Agent", "Firefox/140.0 "+markup)
	v.Header.Set("Accept-Language", markup)
	pages := map[string]*servertest.Page{}
	pages["sign-in"] = v.Get(toPartner("login_hint", "hint"+markup, "ui_locales", markup, "state", markup, "acr_values", markup))
	if got := pages["sign-in"].Form("password").Values.Get("identifier"); got != "hint"+markup {
		t.Errorf("login_hint is shown as %q", got)
	}
	pages["sign-in wrong"] = pages["sign-in"].SignIn("who"+markup, "wrong")
	pages["code"] = v.Get("/sign-in/code?return_to="+url.QueryEscape("/"+markup)).Form("identifier").Set("identifier", "who"+markup).Send()
	pages["code wrong"] = pages["code"].Form("code").Set("code", markup).Set("code_id", markup).Set("destination", markup).Send()
	pages["consent"] = pages["sign-in"].SignIn(acmeOwner, acmePass)
	pages["consent wrong"] = pages["consent"].Pressing("decision", "approve").Set("account", markup).Send()
	pages["consent"].Approve("acme-uk")
	pages["choose"] = v.Get(toPartner("prompt", "select_account"))
	pages["account"] = v.Get("/account?done=" + url.QueryEscape(markup) + "&ui_locales=" + url.QueryEscape(markup))
	pages["connections"] = v.Get("/console/acme-uk/connections")
	pages["site"] = v.Get(toWeb("prompt", "consent"))
	pages["logout"] = v.Get("/oauth2/logout?client_id=centrapay-web&state=" + url.QueryEscape(markup))
	pages["form_post"] = v.Get(toPartner("state", markup, "response_mode", "form_post", "prompt", "none", "nonce", markup))
	pages["error"] = v.Get("/oauth2/authorize?client_id=" + url.QueryEscape(markup) + "&" + url.QueryEscape(markup) + "=1")
	pages["error twice"] = v.Get("/oauth2/logout?" + url.QueryEscape(markup) + "=1&" + url.QueryEscape(markup) + "=2")
	for name, page := range pages {
		if page.Left != nil || page.Body == "" {
			t.Errorf("%s: left for %v", name, page.Left)
			continue
		}
		for _, raw := range []string{"<script>alert", "<img src=x", "'{{", "<b>x</b>", "<!--"} {
			if strings.Contains(page.Body, raw) {
				t.Errorf("%s: %q is markup", name, raw)
			}
		}
		ownContent(t, name, page.Body)
		for header, values := range page.Header {
			if strings.Contains(strings.Join(values, ""), "alert(1)") {
				t.Errorf("%s: in the header %s", name, header)
			}
		}
	}
	for name, want := range map[string]string{"consent": "Partner &#34;&gt;&lt;script&gt;", "connections": "Company &#34;&gt;", "site": "Site &#34;&gt;"} {
		if !strings.Contains(pages[name].Body, want) {
			t.Errorf("%s does not show %q", name, want)
		}
	}
}

func TestE22_TheWayBackIsOfThisSite(t *testing.T) {
	c := newCustomer(t)
	for _, back := range []string{
		"//evil.example", `/\evil.example`, `\\evil.example`, "/%09/evil.example", "/\t/evil.example", "/%5cevil.example", "https://evil.example",
		"javascript:alert(1)", "/account//evil.example", "/.evil.example/..//evil.example", "/account\r\nLocation: https://evil.example", "@evil.example",
		"/account?x=//evil.example", "http://" + servertest.Host + "@evil.example/", "///evil.example", "/\x00", "\xff",
	} {
		for _, path := range []string{"/sign-in", "/sign-in/code", "/sign-in/recover"} {
			v := newVisitor(t, c)
			page := v.Get(path + "?return_to=" + url.QueryEscape(back))
			if path == "/sign-in" {
				form := page.Form("password").Set("identifier", acmeOwner).Set("password", acmePass)
				if kept := form.Values.Get("return_to"); kept != "" && kept != "/account" {
					t.Errorf("%s keeps %q", path, kept)
				}
				for _, sent := range []string{form.Values.Get("return_to"), back} { // also where the form is changed
					answer := v.submit(form.Set("return_to", sent))
					if location := answer.header.Get("Location"); location != "http://"+servertest.Host+"/account" {
						t.Errorf("%q leads to %q", sent, location)
					}
				}
			}
			for _, f := range page.Forms {
				if !strings.HasPrefix(f.Action, "/") || strings.HasPrefix(f.Action, "//") {
					t.Errorf("%s: a form goes to %q", path, f.Action)
				}
			}
		}
	}
}

func TestE23_CookiesOfAWholeVisit(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	page := v.Get(toPartner())
	set := page.Set
	page = page.SignIn(acmeOwner, acmePass)
	set = append(set, page.Set...)
	signedOut := v.Get("/oauth2/logout").Press("decision", "sign_out")
	set = append(set, signedOut.Set...)
	names := map[string]bool{}
	for _, cookie := range set {
		names[cookie.Name] = true
		if !strings.HasPrefix(cookie.Name, "__Host-") || !cookie.Secure || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || cookie.Path != "/" || cookie.Domain != "" {
			t.Errorf("%+v", cookie)
		}
		if strings.Contains(cookie.Value, acmeOwner) || strings.Contains(cookie.Value, c.Person(acmeOwner).ID) || len(cookie.Value) > 400 {
			t.Errorf("%s says %q", cookie.Name, cookie.Value)
		}
	}
	if len(names) != 3 || len(signedOut.Set) == 0 || signedOut.Set[0].MaxAge >= 0 {
		t.Errorf("cookies %v; at the end %v", names, signedOut.Set)
	}
}

// forged are headers by which a proxy, or whoever says to be one, names another host.
var forged = []string{
	"X-Forwarded-Host: evil.example", "X-Forwarded-Proto: gopher", "X-Forwarded-Port: 666", "Forwarded: host=evil.example;proto=gopher",
	"X-Original-URL: /evil.example", "X-Rewrite-URL: /evil.example", "X-Host: evil.example", "X-Forwarded-Server: evil.example", "X-Forwarded-Prefix: /evil.example",
}

func TestH08_E17_NoHeaderChangesALink(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	page := v.Get(toPartner())
	form := page.Form("password").Set("identifier", acmeOwner).Set("password", acmePass)
	recovery := v.Get("/sign-in/recover").Form("identifier").Set("identifier", "+6421234567890")
	for name, answer := range map[string]wireAnswer{
		"authorize":          v.raw(http.MethodGet, toPartner(), "", forged...),
		"authorize by POST":  v.raw(http.MethodPost, "/oauth2/authorize", strings.TrimPrefix(toPartner(), "/oauth2/authorize?"), forged...),
		"an error":           v.raw(http.MethodGet, toPartner("response_type", "token"), "", forged...),
		"the sign-in page":   v.raw(http.MethodGet, "/sign-in", "", forged...),
		"the account page":   v.raw(http.MethodGet, "/account", "", forged...),
		"the root":           v.raw(http.MethodGet, "/", "", forged...),
		"signing in":         v.submit(form, append(forged, "Sec-Fetch-Site: same-origin")...),
		"recovering":         v.submit(recovery, append(forged, "Sec-Fetch-Site: same-origin")...),
		"signing out":        v.raw(http.MethodPost, "/oauth2/logout", "", append(forged, "Sec-Fetch-Site: cross-site")...),
		"discovery":          v.raw(http.MethodGet, "/.well-known/openid-configuration", "", forged...),
		"a pushed request":   c.send(http.MethodPost, "/oauth2/par", authorization("spendesk-partner", partnerCB).Encode(), append(forged, formType, basic("spendesk-partner", partnerSecret))...),
		"a page of an error": v.raw(http.MethodGet, "/consent?flow=x", "", forged...),
	} {
		all := answer.text
		for name, values := range answer.header {
			all += name + strings.Join(values, " ")
		}
		if strings.Contains(all, "evil.example") || strings.Contains(all, "gopher") || strings.Contains(all, ":666") {
			t.Errorf("%s: a forged host is in the answer: %v\n%s", name, answer.header, answer.text)
		}
		if location := answer.header.Get("Location"); location != "" && !strings.HasPrefix(location, "http://"+servertest.Host+"/") && !strings.HasPrefix(location, partnerCB) {
			t.Errorf("%s leads to %s", name, location)
		}
	}
	for _, message := range v.messages() {
		if strings.Contains(message.Text+message.Subject, "evil") {
			t.Errorf("sent: %+v", message)
		}
	}
	for _, host := range []string{"evil.example", "127.0.0.1:8080@evil.example", "127.0.0.1:8080.evil.example", "127.0.0.1:8081", "127.0.0.1:8080, evil.example", " "} {
		for _, path := range []string{"/oauth2/authorize", "/sign-in", "/oauth2/logout", "/account"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = host
			if response := c.Do(r); response.StatusCode != http.StatusMisdirectedRequest || response.Header.Get("Location") != "" {
				t.Errorf("Host %q at %s: %d", host, path, response.StatusCode)
			}
		}
	}
}

func TestH11_LanguagesOfAnyLength(t *testing.T) {
	c := newCustomer(t)
	began := processors.Start()
	for name, list := range map[string]string{
		"many":       strings.Repeat("fr;q=0.1,", 10_000) + "en",
		"one long":   strings.Repeat("x", 60_000),
		"one nested": "en" + strings.Repeat("-x", 20_000),
		"stars":      strings.Repeat("*,", 20_000),
		"weights":    "fr;q=" + strings.Repeat("9", 30_000),
		"variants":   "en" + strings.Repeat("-u-co-phonebk", 3_000),
		"no text":    "\xff\xfe,\x80",
		"a tag":      "fr_<script>",
	} {
		for _, path := range []string{"/sign-in", "/oauth2/authorize?client_id=nobody", "/oauth2/logout"} {
			if answer := c.get(path, "Accept-Language: "+list); answer.status >= 500 || answer.header.Get("Content-Language") == "" {
				t.Errorf("%s at %s: %d", name, path, answer.status)
			}
		}
		capped := list[:min(len(list), 6_000)]
		v := newVisitor(t, c)
		page := v.Get(toPartner("ui_locales", capped, "claims_locales", capped[:min(len(capped), 2_000)]))
		if strings.Contains(name, "no text") {
			continue // refused, as it is in any parameter
		}
		if page.Status != http.StatusOK || page.Left != nil || page.Header.Get("Content-Language") == "" {
			t.Errorf("ui_locales of %s: %d %v", name, page.Status, page.Left)
		}
	}
	if took := began.Took(); took > 20*time.Second {
		t.Errorf("it took %s", took)
	}
	if page := newVisitor(t, c).Get(toPartner("ui_locales", "xx fr-CA en")); page.Header.Get("Content-Language") != "fr" {
		t.Errorf("a language in the middle: %s", page.Header.Get("Content-Language"))
	}
}

func TestH10_PagesAndClientsByTheirOrigin(t *testing.T) {
	c := newCustomer(t)
	c.twin("other-web", "centrapay-web", func(client *core.Client) { client.Origins = []string{"https://other.example"} })
	v := newVisitor(t, c)
	_, tokens := v.webToken()
	access := tokens.token("access_token")
	info := func(origin string) wireAnswer {
		return c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(access), "Origin: "+origin)
	}
	if answer := info(websiteOrigin).is(http.StatusOK); answer.header.Get("Access-Control-Allow-Origin") != websiteOrigin {
		t.Errorf("its own origin: %v", answer.header)
	}
	for _, origin := range []string{"https://other.example", "https://evil.example", "null", "http://localhost:8090.evil.example", "http://LOCALHOST:8090", "\xff"} {
		if answer := info(origin); answer.status != http.StatusForbidden || strings.Contains(answer.text, "sub") {
			t.Errorf("userinfo from %s: %d %s", origin, answer.status, answer.text)
		}
	}
	if answer := c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(access), "Origin: "+websiteOrigin, "Origin: https://evil.example"); answer.status == http.StatusOK && answer.header.Get("Access-Control-Allow-Origin") != websiteOrigin {
		t.Errorf("two origins: %v", answer.header)
	}
	for _, path := range append([]string{"/oauth2/authorize", "/oauth2/logout", "/", "/oauth2/par"}, ownForms...) {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			preflight := c.send(http.MethodOptions, path, "", "Origin: "+websiteOrigin, "Access-Control-Request-Method: "+method)
			actual := v.raw(method, path, "", "Origin: "+websiteOrigin, "Sec-Fetch-Site: cross-site")
			for name, answer := range map[string]wireAnswer{"preflight": preflight, "request": actual} {
				if answer.header.Get("Access-Control-Allow-Origin")+answer.header.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s of %s %s: %v", name, method, path, answer.header)
				}
			}
			if preflight.status < 400 {
				t.Errorf("preflight of %s %s: %d", method, path, preflight.status)
			}
		}
	}
	changeClient(t, c.Harness, "other-web", func(client *core.Client) { client.Status = core.Disabled })
	if answer := c.send(http.MethodOptions, "/oauth2/token", "", "Origin: https://other.example", "Access-Control-Request-Method: POST"); answer.status != http.StatusForbidden {
		t.Errorf("an origin of a disabled client: %d", answer.status)
	}
}
