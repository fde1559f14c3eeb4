package server_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"claviger/internal/server/servertest"
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

		if _, err := c.Store.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		page := v.Get("/console/acme-fr/connections")
		for _, want := range []string{"Acme France", "Example Partner", "balance", "Odile Martin", "2026-03-02"} {
			if !strings.Contains(page.Body, want) {
				t.Errorf("the page does not say %q:\n%s", want, page.Body)
			}
		}
		if n := strings.Count(page.Body, "2026-03-02"); n != 4 { // each time is said twice, for programs and for people
			t.Errorf("it was approved and used: %d times", n)
		}
		end := linkTo(t, page, "/end")
		v.Get("/console/acme-labs/connections").Problem(http.StatusForbidden) // a viewer there

		stranger := newVisitor(t, c)
		stranger.signedIn("user@centrapay.example", userPass)
		stranger.Get("/console/acme-fr/connections").Problem(http.StatusNotFound)
		yes := map[string][]string{"confirm": {"Example Partner"}}
		stranger.Post(end, yes, "same-origin").Problem(http.StatusNotFound)
		stranger.Post(strings.Replace(end, "acme-fr", "centrapay-cafe", 1), yes, "same-origin").Problem(http.StatusForbidden) // may end none of their own
		v.Post(strings.Replace(end, "acme-fr", "acme-uk", 1), yes, "same-origin").Problem(http.StatusNotFound)
		v.Post(end, map[string][]string{"confirm": {"Example"}}, "same-origin").Problem(http.StatusBadRequest)
		third := refresh(second.token("refresh_token")).is(http.StatusOK)

		page = v.Get(end).Form("confirm").Set("confirm", "Example Partner").Send()
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

// linkTo is where the first link of a page leads whose end is that.
func linkTo(t *testing.T, page *servertest.Page, end string) string {
	t.Helper()
	link := regexp.MustCompile(`href="(/[^"]*` + end + `)"`).FindStringSubmatch(page.Body)
	if link == nil {
		t.Fatalf("%s has no link to %s:\n%s", page.Path, end, page.Body)
	}
	return link[1]
}

// endsConnection ends the first connection of an organisation.
func (v *visitor) endsConnection(organisation, partner string) *servertest.Page {
	v.t.Helper()
	page := v.Get("/console/" + organisation + "/connections")
	return v.Get(linkTo(v.t, page, "/end")).Form("confirm").Set("confirm", partner).Send()
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
	v.endsConnection("acme-uk", "Example Partner")
	if page := v.Get("/console/acme-uk/connections"); !strings.Contains(page.Body, "No partner is connected") {
		t.Errorf("%s", page.Body)
	}
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
	if page := v.Get("/console/acme-fr/connections"); !strings.Contains(page.Body, "Acme Travel") {
		t.Errorf("%s", page.Body)
	}
}
