package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
)

const webHome = "http://localhost:8090/" // the post-logout URI of the demo website

func toLogout(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return "/oauth2/logout?" + values.Encode()
}

func TestE21_NoForeignAddressAfterLogout(t *testing.T) {
	c := newCustomer(t)
	c.twin("other-web", "centrapay-web", func(client *core.Client) { client.PostLogoutURIs = []string{"https://other.example/"} })
	v := newVisitor(t, c)
	idToken, _ := v.webToken()
	for _, uri := range []string{
		"https://evil.example/", "https://other.example/", webHome + "x", webHome + "?x=1", webHome + "#x", "http://localhost:8090",
		"HTTP://localhost:8090/", "http://localhost:8091/", "https://localhost:8090/", "http://localhost:8090@evil.example/", "javascript:alert(1)",
		webCB, "//localhost:8090/", "http://127.0.0.1:8090/", webHome + "\r\nLocation: https://evil.example", webHome + "\x00", "\xff",
	} {
		for name, more := range map[string][]string{
			"a hint": {"id_token_hint", idToken}, "a client": {"client_id", "centrapay-web"}, "both": {"id_token_hint", idToken, "client_id", "centrapay-web"},
		} {
			page := v.Get(toLogout(append(more, "post_logout_redirect_uri", uri)...))
			if page.Left != nil || page.Status != http.StatusBadRequest {
				t.Errorf("%s by %s: %d, left for %v", uri, name, page.Status, page.Left)
			}
		}
		// Nobody says whose address it is: there is none.
		if page := v.Get(toLogout("post_logout_redirect_uri", uri)).Press("decision", "stay"); page.Left != nil {
			t.Errorf("%s of nobody: left for %s", uri, page.Left)
		}
	}
	for name, pairs := range map[string][]string{
		"a client that is not the hint's": {"id_token_hint", idToken, "client_id", "other-web", "post_logout_redirect_uri", "https://other.example/"},
		"another client, and no address":  {"id_token_hint", idToken, "client_id", "other-web"},
		"an unknown client":               {"client_id", "nobody"},
		"a hint of nonsense":              {"id_token_hint", "x", "post_logout_redirect_uri", webHome},
	} {
		if page := v.Get(toLogout(pairs...)); page.Left != nil || page.Status != http.StatusBadRequest {
			t.Errorf("%s: %d, left for %v", name, page.Status, page.Left)
		}
	}
	v.Get(toLogout("client_id", "centrapay-web") + "&client_id=other-web").Problem(http.StatusBadRequest)
	if v.signedOut() {
		t.Fatal("one of them signed the person out")
	}
	page := v.Get(toLogout("id_token_hint", idToken, "post_logout_redirect_uri", webHome, "state", "a b&c=d\r\nx: y"))
	if page.Left == nil || !strings.HasPrefix(page.Left.String(), webHome+"?state=") || page.Answer().Get("state") != "a b&c=d\r\nx: y" || !v.signedOut() {
		t.Errorf("signed out to %v", page.Left)
	}
}

// TestE21_NobodySignsAnotherOut: a link or a form anywhere asks, and signs nobody
// out; only the ID token of this very session does.
func TestE21_NobodySignsAnotherOut(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		v, elsewhere := newVisitor(t, c), newVisitor(t, c)
		foreignToken, _ := elsewhere.webToken() // the same person, in another browser
		mallory := newVisitor(t, c)
		page := mallory.Get(toWeb()).SignIn(newcomer, newcomerPass)
		mallorysToken := mallory.redeemWeb(page.Approve("").Answer().Get("code")).token("id_token")
		v.webToken()
		for name, pairs := range map[string][]string{
			"a link":                       {},
			"a link of a client":           {"client_id", "centrapay-web", "post_logout_redirect_uri", webHome},
			"a decision in the link":       {"decision", "sign_out"},
			"a token of another session":   {"id_token_hint", foreignToken, "post_logout_redirect_uri", webHome},
			"a token of somebody else":     {"id_token_hint", mallorysToken, "decision", "sign_out", "post_logout_redirect_uri", webHome},
			"a token without a session id": {"id_token_hint", c.signed("JWT", `{"iss":"http://`+servertest.Host+`","aud":"centrapay-web","sub":"`+c.Person(centrapayUser).ID+`","exp":99999999999,"iat":1}`)},
		} {
			if asked := v.Get(toLogout(pairs...)); asked.Left != nil || asked.Status != http.StatusOK {
				t.Errorf("%s: %d, left for %v", name, asked.Status, asked.Left)
			} else {
				asked.Pressing("decision", "sign_out")
			}
			body := strings.TrimPrefix(toLogout(append(pairs, "decision", "sign_out")...), "/oauth2/logout?")
			for from, lines := range foreign {
				posted := v.raw(http.MethodPost, "/oauth2/logout", body, lines...)
				bare := c.send(http.MethodPost, "/oauth2/logout", body, append(lines, formType)...) // SameSite: without the cookie
				for what, answer := range map[string]wireAnswer{"with": posted, "without": bare} {
					if answer.header.Get("Set-Cookie") != "" || strings.HasPrefix(answer.header.Get("Location"), webHome) {
						t.Errorf("%s posted from %s %s the cookie: %d %v", name, from, what, answer.status, answer.header)
					}
				}
			}
			v.Post("/oauth2/logout", url.Values{"decision": {"sign_out"}}, "cross-site").Pressing("decision", "sign_out")
			if v.signedOut() {
				t.Fatalf("signed out by %s", name)
			}
		}
		// A form of a client with the token of the session does what the link does.
		own, _ := v.webToken()
		answer := v.Post("/oauth2/logout", url.Values{"id_token_hint": {own}, "post_logout_redirect_uri": {webHome}, "state": {"s9"}}, "cross-site")
		if answer.Left == nil || answer.Left.String() != webHome+"?state=s9" || !v.signedOut() {
			t.Errorf("the form of a client: %d %v", answer.Status, answer.Left)
		}
		if elsewhere.signedOut() {
			t.Error("another browser is signed out")
		}
	})
}

func TestE21_E19_ThePagesButtonEndsTheSessionEverywhere(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c, node := open(), open()
		v := newVisitor(t, c)
		_, tokens := v.webToken("scope", "openid email")
		_, offline := v.webToken("scope", "openid email offline_access", "prompt", "consent")
		code := v.Get(toWeb()).Answer().Get("code") // not redeemed yet
		cookie := "Cookie: " + sessionName + "=" + v.Cookies[sessionName]
		v.Get("/oauth2/logout").Press("decision", "stay")
		if v.signedOut() {
			t.Error("signed out by staying")
		}
		v.Get("/oauth2/logout").Press("decision", "sign_out")
		for name, at := range map[string]*customer{"here": c, "on another node": node} {
			if answer := at.get("/account", cookie); answer.status == http.StatusOK {
				t.Errorf("the session is alive %s", name)
			}
			redeemed := at.send(http.MethodPost, "/oauth2/token", fields{"grant_type": "authorization_code", "client_id": "centrapay-web", "code": code,
				"redirect_uri": webCB, "code_verifier": verifier}.form(), formType)
			if redeemed.status != http.StatusBadRequest || redeemed.member("error") != "invalid_grant" {
				t.Errorf("a code of the ended session %s: %d %s", name, redeemed.status, redeemed.text)
			}
		}
		c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(tokens.token("access_token"))).is(http.StatusUnauthorized)
		c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(offline.token("access_token"))).is(http.StatusOK) // OpenID Connect Core §11
	})
}
