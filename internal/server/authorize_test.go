package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"claviger/internal/server/servertest"
)

const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // RFC 7636 Appendix B
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	acmeOwner = "owner@acme.example"
	acmePass  = "correct horse battery staple"
	userPass  = "tea and two sugars please"
	partnerCB = "https://partner.example/callback"
	webCB     = "http://localhost:8090/oidc-callback"
)

// asks is an authorization request, with what a test changes; "-" leaves a
// parameter out.
func asks(client, redirect string, changes ...string) string {
	values := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect}, "state": {"s1"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		values.Set(changes[i], changes[i+1])
		if changes[i+1] == "-" {
			values.Del(changes[i])
		}
	}
	return "/oauth2/authorize?" + values.Encode()
}

func toPartner(changes ...string) string { return asks("spendesk-partner", partnerCB, changes...) }

func toWeb(changes ...string) string {
	return asks("centrapay-web", webCB, append([]string{"scope", "openid email", "nonce", "n1"}, changes...)...)
}

func TestSD_3_SD_4_ConnectACompany(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		b := c.NewBrowser()
		page := b.Get(toPartner())
		if page.Status != 200 || !strings.HasPrefix(page.Path, "http://"+servertest.Host+"/sign-in?") && !strings.HasPrefix(page.Path, "/sign-in?") {
			t.Fatalf("%d %s", page.Status, page.Path)
		}
		page = page.SignIn(acmeOwner, acmePass)
		form := page.Pressing("decision", "approve")
		if got := strings.Join(form.Choices["account"], " "); got != "acme-fr acme-uk" { // not acme-labs
			t.Errorf("companies to choose from: %q", got)
		}
		if !strings.Contains(page.Body, "Example Partner") || !strings.Contains(page.Body, "balance") {
			t.Error("the page does not say who asks for what")
		}
		answer := page.Approve("acme-uk")
		if answer.Left == nil || answer.Status != http.StatusFound {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		got := answer.Answer()
		if !strings.HasPrefix(answer.Left.String(), partnerCB+"?") || got.Get("state") != "s1" || got.Get("iss") != "http://"+servertest.Host || got.Get("code") == "" {
			t.Errorf("answer %s", answer.Left)
		}
		body := fields{"grant_type": "authorization_code", "client_id": "spendesk-partner", "client_secret": "spendesk-partner-secret",
			"code": got.Get("code"), "redirect_uri": partnerCB, "code_verifier": verifier}.json()
		token := c.post("/oauth2/token/create", body).is(201)
		wallet := c.get("/wallet-summaries", bearer(token.token("access_token"))).is(200)
		if !strings.Contains(wallet.text, `"id":"acme-uk"`) {
			t.Errorf("the token is for %s", wallet.text)
		}
		// The same again: signed in, the companies are there to pick; for the one that
		// is connected nothing is new.
		page = b.Get(toPartner())
		page.Pressing("decision", "approve")
		if !strings.Contains(page.Body, "Already connected") {
			t.Error("the page does not say what is connected")
		}
		if again := page.Approve("acme-uk").Answer(); again.Get("code") == "" {
			t.Error("no code for a connected company")
		}
		if refused := b.Get(toPartner()).Press("decision", "refuse").Answer(); refused.Get("error") != "access_denied" || refused.Get("state") != "s1" || refused.Get("iss") == "" {
			t.Errorf("refusal %v", refused)
		}
	})
}

// The statuses that integrators were promised, and 303 after a form with a secret.
func TestSD_3_SD_4_A18_RedirectStatuses(t *testing.T) {
	c := newCustomer(t)
	c.get(toPartner()).is(http.StatusFound)
	v := newVisitor(t, c)
	page := v.Get(toPartner())
	r := c.send(http.MethodPost, "/sign-in", fields{"flow": page.Form("password").Values.Get("flow"), "identifier": acmeOwner, "password": acmePass}.form(),
		formType, "Cookie: __Host-clv_browser="+v.Cookies["__Host-clv_browser"], "Sec-Fetch-Site: same-origin")
	r.is(http.StatusSeeOther)
	if got := r.header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("Referrer-Policy %q", got)
	}
	if answer := page.SignIn(acmeOwner, acmePass).Approve("acme-fr"); answer.Status != http.StatusFound {
		t.Errorf("approved with %d", answer.Status)
	}
}
