package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// A connection is seen and ended by the company's people; the partner's next
// refresh is a 401.
func TestSD_10_ConnectionsAreSeenAndEnded(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		v := newVisitor(t, c)
		code := v.Get(toPartner()).SignIn(acmeOwner, acmePass).Approve("acme-fr").Answer().Get("code")
		token := c.post("/oauth2/token/create", fields{
			"grant_type": "authorization_code", "client_id": "spendesk-partner", "client_secret": "spendesk-partner-secret",
			"code": code, "redirect_uri": partnerCB, "code_verifier": verifier,
		}.json()).is(http.StatusCreated)
		refresh := func(text string) wireAnswer {
			return c.post("/oauth2/token/refresh", fields{"grant_type": "refresh_token", "refresh_token": text}.json())
		}
		second := refresh(token.token("refresh_token")).is(http.StatusOK)

		page := v.Get("/connections")
		for _, want := range []string{"Acme France", "Example Partner", "balance", "Odile Martin", "2 March 2026"} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the page does not say %q:\n%s", want, page.Body)
			}
		}
		if strings.Contains(page.Body, "Acme Labs") { // a viewer there
			t.Error("the page shows a company whose connections are not theirs")
		}
		consent := page.Form("consent").Values.Get("consent")

		stranger := newVisitor(t, c)
		stranger.signedIn("user@centrapay.example", userPass)
		form := stranger.Get("/connections")
		if strings.Contains(form.Body, "Example Partner") {
			t.Error("a stranger sees the connection")
		}
		stranger.Post("/connections", map[string][]string{"action": {"end"}, "consent": {consent}}, "same-origin").Problem(http.StatusNotFound)
		third := refresh(second.token("refresh_token")).is(http.StatusOK)

		page = page.Form("consent").Set("action", "end").Send()
		if !strings.Contains(page.Body, "The connection is ended") || strings.Contains(page.Body, "Example Partner") {
			t.Errorf("%d\n%s", page.Status, page.Body)
		}
		refresh(third.token("refresh_token")).is(http.StatusUnauthorized)
		c.get("/wallet-summaries", bearer(third.token("access_token"))).is(http.StatusUnauthorized)

		// Asked again, the person approves everything anew.
		page = v.Get(toPartner())
		if strings.Contains(page.Body, "Already connected") {
			t.Error("an ended connection counts")
		}
	})
}

// One partner, several companies: connections that live and end on their own.
func TestSD_4_SeveralCompaniesAreSeveralConnections(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn(acmeOwner, acmePass)
	tokens := map[string]wireAnswer{}
	for _, company := range []string{"acme-fr", "acme-uk"} {
		code := v.Get(toPartner()).Approve(company).Answer().Get("code")
		tokens[company] = c.post("/oauth2/token/create", fields{
			"grant_type": "authorization_code", "client_id": "spendesk-partner", "client_secret": "spendesk-partner-secret",
			"code": code, "redirect_uri": partnerCB, "code_verifier": verifier,
		}.json()).is(http.StatusCreated)
	}
	page := v.Get("/connections")
	if len(page.Forms) != 2 {
		t.Fatalf("%d connections\n%s", len(page.Forms), page.Body)
	}
	page.Forms[0].Set("action", "end").Send()
	alive := 0
	for company, token := range tokens {
		a := c.get("/wallet-summaries", bearer(token.token("access_token")))
		if a.status == http.StatusOK && strings.Contains(a.text, `"id":"`+company+`"`) {
			alive++
		}
	}
	if alive != 1 {
		t.Errorf("%d connections are alive", alive)
	}
}

// The same partner and company again is asked about what is new, and for nothing
// where nothing is (prompt=consent apart).
func TestConsentAsksForWhatIsNew(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn("user@centrapay.example", userPass)
	page := v.Get(toWeb("scope", "openid email"))
	page.Approve("")
	if answer := v.Get(toWeb("scope", "openid email")).Answer(); answer.Get("code") == "" {
		t.Errorf("asked again: %v", answer)
	}
	page = v.Get(toWeb("scope", "openid email phone"))
	if !strings.Contains(page.Body, "See your phone number") || strings.Contains(page.Body, "See your email address") {
		t.Errorf("the page asks for\n%s", page.Body)
	}
	page.Approve("")
	page = v.Get(toWeb("scope", "openid email", "prompt", "consent"))
	if !strings.Contains(page.Body, "See your email address") {
		t.Errorf("prompt=consent asks for\n%s", page.Body)
	}
	// Taken back on the account page, it is asked for again, and its tokens are dead.
	token := v.redeemWeb(page.Approve("").Answer().Get("code"))
	c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(token.token("access_token"))).is(http.StatusOK)
	page = v.Get("/account").Form("consent").Set("action", "revoke_app").Send()
	if !strings.Contains(page.Body, "no longer has access") {
		t.Errorf("%s", page.Body)
	}
	c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(token.token("access_token"))).is(http.StatusUnauthorized)
	v.Get(toWeb("scope", "openid email")).Pressing("decision", "approve")
}

// Naming a claim is no way round the consent page: it says what is told.
func TestConsentCoversClaimsAskedForByName(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn("user@centrapay.example", userPass)
	page := v.Get(toWeb("scope", "openid", "claims", `{"userinfo":{"phone_number":null}}`))
	if !strings.Contains(page.Body, "See your phone number") || strings.Contains(page.Body, "See your email address") {
		t.Errorf("the page asks for\n%s", page.Body)
	}
	token := v.redeemWeb(page.Approve("").Answer().Get("code"))
	told := c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(token.token("access_token"))).is(http.StatusOK)
	if told.member("phone_number") != "+6421234567890" || told.member("email") != nil {
		t.Errorf("userinfo tells %s", told.text)
	}
	if answer := v.Get(toWeb("scope", "openid", "claims", `{"userinfo":{"phone_number":null}}`, "prompt", "none")).Answer(); answer.Get("code") == "" {
		t.Errorf("%v", answer)
	}
	if answer := v.Get(toWeb("scope", "openid", "claims", `{"id_token":{"email":null}}`, "prompt", "none")).Answer(); answer.Get("error") != "consent_required" {
		t.Errorf("%v", answer)
	}
}

// A company with several accounts sees which of them a partner is connected to.
func TestSD_10_ConnectionsNameTheAccount(t *testing.T) {
	c := newCustomer(t)
	c.apply("organisations: [{code: acme-fr, name: Acme France, accounts: [{id: acme-travel, name: Acme Travel, type: org, currency: EUR}]}]")
	c.connect("spendesk-partner", "acme-travel")
	v := newVisitor(t, c)
	v.signedIn(acmeOwner, acmePass)
	if page := v.Get("/connections"); !strings.Contains(page.Body, "Acme Travel") {
		t.Errorf("%s", page.Body)
	}
}
