package server_test

import (
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

const (
	newcomerPass = "no sugar for me thank you"
	sessionName  = "__Host-clv_session"
	browserName  = "__Host-clv_browser"
)

// signedOut reports whether the account page is closed to the browser.
func (v *visitor) signedOut() bool {
	v.t.Helper()
	return strings.Contains(v.Get("/account").Path, "/sign-in")
}

func TestE01_TheSessionIsNewAtEverySignIn(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		mallory, victim := newVisitor(t, c), newVisitor(t, c)
		mallory.signedIn(newcomer, newcomerPass)
		planted := mallory.Cookies[sessionName]
		victim.Cookies[sessionName] = planted // as if a sibling domain could
		page := victim.Get("/sign-in").SignIn(centrapayUser, userPass)
		if victim.Cookies[sessionName] == planted || victim.signedOut() || !strings.Contains(page.Body, centrapayUser) {
			t.Error("the planted session was taken over")
		}
		if !mallory.signedOut() {
			t.Error("the planted session is alive")
		}
		// The same person again: the old secret is dead.
		before := victim.Cookies[sessionName]
		victim.Get("/sign-in").SignIn(centrapayUser, userPass)
		thief := newVisitor(t, c)
		thief.Cookies[sessionName] = before
		if victim.Cookies[sessionName] == before || !thief.signedOut() || victim.signedOut() {
			t.Error("the secret of before the sign-in is alive")
		}
		// Made-up and doubled cookies are nobody's.
		selector, _, _ := strings.Cut(strings.TrimPrefix(victim.Cookies[sessionName], "clv_ses_"), ".")
		thief.Cookies[sessionName] = secret.FormatToken(secret.Session, selector, secret.NewSecret(strings.NewReader(strings.Repeat("made up", 99))))
		if !thief.signedOut() {
			t.Error("signed in by a secret that was made up")
		}
		for _, cookie := range []string{"", "x", "clv_ses_x.y", before[:len(before)-1] + "!", strings.Repeat("x", 9000)} {
			thief.Cookies[sessionName] = cookie
			if !thief.signedOut() {
				t.Errorf("signed in by %.40q", cookie)
			}
		}
		line := "Cookie: " + sessionName + "=" + victim.Cookies[sessionName]
		twice := line + "; " + sessionName + "=" + before
		if answer := c.get("/account", twice); answer.status != http.StatusSeeOther && answer.status != http.StatusFound {
			t.Errorf("two session cookies: %d", answer.status)
		}
		c.get("/account", line).is(http.StatusOK)
	})
}

func TestE01_AFlowIsOfOneBrowser(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		node := open()
		mallory, victim := newVisitor(t, c), newVisitor(t, node)
		flow := mallory.Get(toPartner()).Form("password").Values.Get("flow")
		victim.signedIn(acmeOwner, acmePass)
		// The victim follows a link to somebody else's flow.
		for _, path := range []string{"/sign-in", "/sign-in/code", "/sign-in/recover", "/sign-in/password", "/sign-in/step-up", "/sign-in/choose", "/consent"} {
			victim.Get(path + "?flow=" + flow).Problem(http.StatusBadRequest)
			form := url.Values{"flow": {flow}, "identifier": {acmeOwner}, "password": {acmePass}, "decision": {"approve"}, "account": {"acme-uk"}}
			victim.Post(path, form, "same-origin").Problem(http.StatusBadRequest)
		}
		// A flow goes with the cookie, and with exactly one of them.
		cookie := browserName + "=" + mallory.Cookies[browserName]
		if got := c.get("/sign-in?flow="+flow, "Cookie: "+cookie+"; "+browserName+"=x"); got.status != http.StatusBadRequest {
			t.Errorf("two browser cookies: %d", got.status)
		}
		c.get("/sign-in?flow="+flow, "Cookie: "+cookie).is(http.StatusOK)
		for _, made := range []string{"", "x", flow + "x", strings.ToUpper(flow), "../" + flow} {
			if made != "" {
				mallory.Get("/consent?flow=" + url.QueryEscape(made)).Problem(http.StatusBadRequest)
			}
		}
		c.Clock.Advance(31 * time.Minute)
		mallory.Get("/sign-in?flow=" + flow).Problem(http.StatusBadRequest) // expired
	})
}

// ownForms are the pages whose forms are for this site alone.
var ownForms = []string{
	"/sign-in", "/sign-in/code", "/sign-in/recover", "/sign-in/password", "/sign-in/step-up", "/sign-in/choose", "/consent", "/account", "/connections",
}

// foreign are the headers that browsers send with a form of another site.
var foreign = map[string][]string{
	"cross-site":            {"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"},
	"a sibling domain":      {"Sec-Fetch-Site: same-site", "Origin: http://sibling.127.0.0.1:8080"},
	"cross-site, no origin": {"Sec-Fetch-Site: cross-site"},
	"cross-site as ours":    {"Sec-Fetch-Site: cross-site", "Origin: http://" + servertest.Host},
	"origin null":           {"Origin: null"},
	"another origin":        {"Origin: https://evil.example"},
	"another port":          {"Origin: http://127.0.0.1:8081"},
	"a longer name":         {"Origin: http://127.0.0.1:8080.evil.example"},
	"a client's origin":     {"Origin: http://localhost:8090"},
	"an unknown site":       {"Sec-Fetch-Site: elsewhere", "Origin: https://evil.example"},
}

func TestE02_NoFormOfAnotherSite(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn(acmeOwner, acmePass)
	page := v.Get(toPartner())
	flow := page.Form("account").Values.Get("flow")
	sessions, err := c.Store.SessionsOf(t.Context(), c.Person(acmeOwner).ID, c.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{
		"flow": {flow}, "decision": {"approve"}, "account": {"acme-uk"}, "action": {"sign_out"}, "identifier": {newcomer}, "password": {newcomerPass},
		"session": {sessions[0].ID}, "new_password": {"mallory was here"}, "step": {"redeem"}, "return_to": {"/account"},
	}
	for name, lines := range foreign {
		for _, path := range ownForms {
			answer := v.raw(http.MethodPost, path, form.Encode(), lines...)
			if answer.status != http.StatusForbidden || answer.header.Get("Location") != "" || answer.header.Get("Set-Cookie") != "" {
				t.Errorf("%s to %s: %d %v", name, path, answer.status, answer.header)
			}
		}
		form.Set("decision", "sign_out")
		v.raw(http.MethodPost, "/oauth2/logout", form.Encode(), lines...)
		form.Set("decision", "approve")
	}
	// No other method is a form either.
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		for _, path := range ownForms {
			answer := v.raw(method, path+"?"+form.Encode(), "", "Sec-Fetch-Site: cross-site")
			if answer.status < 300 && strings.Contains(answer.text, "code=") || strings.HasPrefix(answer.header.Get("Location"), partnerCB) {
				t.Errorf("%s %s: %d to %s", method, path, answer.status, answer.header.Get("Location"))
			}
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if got := v.raw(method, "/consent", form.Encode()); got.status != http.StatusMethodNotAllowed {
			t.Errorf("%s: %d", method, got.status)
		}
	}
	if v.signedOut() {
		t.Fatal("signed out by another site")
	}
	if got := page.Approve("acme-uk").Answer().Get("code"); got == "" { // nothing of it had an effect
		t.Error("the flow was answered")
	}
}

// TestE02_AConsentIsOfWhomItWasShownTo: between the page and its form, somebody else
// signs in in another tab.
func TestE02_AConsentIsOfWhomItWasShownTo(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		tab := newVisitor(t, c)
		page := tab.Get(toWeb("prompt", "consent")).SignIn(centrapayUser, userPass)
		tab.Get("/sign-in").SignIn(newcomer, newcomerPass) // in another tab
		shown := page.Approve("")
		if shown.Left != nil || shown.Status != http.StatusOK || !strings.Contains(shown.Body, newcomer) {
			t.Fatalf("approved for somebody else: %d %v", shown.Status, shown.Left)
		}
		again := page.Approve("") // the first tab is still open, and names the first person
		if again.Left != nil {
			t.Errorf("a form that named %s approves for %s", centrapayUser, newcomer)
		}
		if answer := shown.Approve("").Answer(); answer.Get("code") == "" {
			t.Errorf("the page of %s: %v", newcomer, answer)
		} else if claims := wireClaims(t, tab.redeemWeb(answer.Get("code")).token("id_token")); claims["sub"] != c.Person(newcomer).ID {
			t.Errorf("a token for %v", claims["sub"])
		}
		// A session that somebody else took over by renewing it is the same person's.
		page = tab.Get(toWeb("prompt", "consent"))
		tab.Get("/sign-in").SignIn(newcomer, newcomerPass)
		if answer := page.Approve("").Answer(); answer.Get("code") == "" {
			t.Errorf("after signing in again: %v", answer)
		}
	})
}

func TestE02_E19_NoConsentAfterSigningOut(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c, other := open(), open()
		v := newVisitor(t, c)
		page := v.Get(toPartner()).SignIn(acmeOwner, acmePass)
		session := v.Cookies[sessionName]
		v.Get("/account").Press("action", "sign_out")
		if after := page.Approve("acme-uk"); after.Left != nil || !strings.Contains(after.Path, "/sign-in") {
			t.Errorf("approved without anybody: %s %v", after.Path, after.Left)
		}
		v.Cookies[sessionName] = session // a copy of the cookie is of no use, on no node
		there := &visitor{Browser: v.Browser, t: t, c: other}
		form := page.Pressing("decision", "approve").Set("account", "acme-uk")
		for name, tab := range map[string]*visitor{"here": v, "on another node": there} {
			if after := tab.submit(form); !strings.Contains(after.header.Get("Location"), "/sign-in?") {
				t.Errorf("approved by a dead session %s: %d %s", name, after.status, after.header.Get("Location"))
			}
		}
	})
}

// TestE02_B02_OneApprovalOneCode: the form is sent fifty times at once.
func TestE02_B02_OneApprovalOneCode(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		nodes := []*customer{c, open()}
		uri, _ := c.pushes("spendesk-partner", partnerSecret, authorization("spendesk-partner", partnerCB).Encode())
		for name, target := range map[string]string{
			"asked": toPartner(), "pushed": "/oauth2/authorize?" + url.Values{"client_id": {"spendesk-partner"}, "request_uri": {uri}}.Encode(),
		} {
			v := newVisitor(t, c)
			page := v.Get(target).SignIn(acmeOwner, acmePass)
			approve := page.Pressing("decision", "approve").Set("account", "acme-uk")
			refuse := maps.Clone(approve.Values)
			refuse.Set("decision", "refuse")
			answers := make([]wireAnswer, 50)
			var group sync.WaitGroup
			for i := range answers {
				group.Go(func() {
					tab := &visitor{Browser: v.Browser, t: t, c: nodes[i%2]}
					body := approve.Values.Encode()
					if i%10 == 9 {
						body = refuse.Encode()
					}
					answers[i] = tab.raw(http.MethodPost, "/consent", body, "Sec-Fetch-Site: same-origin")
				})
			}
			group.Wait()
			sent := 0
			for _, answer := range answers {
				if strings.HasPrefix(answer.header.Get("Location"), partnerCB) {
					sent++
				} else if answer.status != http.StatusBadRequest {
					t.Errorf("%s: %d %s", name, answer.status, answer.text)
				}
			}
			if sent != 1 {
				t.Errorf("%s: %d answers left", name, sent)
			}
			page.Approve("acme-fr").Problem(http.StatusBadRequest) // and no more
		}
	})
}

// TestF08_TheFormCannotChooseMoreThanThePage: what a person may connect is decided
// when they approve.
func TestF08_TheFormCannotChooseMoreThanThePage(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		nobodysCode := func(name string, page *servertest.Page, status int) {
			t.Helper()
			if page.Left != nil || page.Status != status {
				t.Errorf("%s: %d, left for %v", name, page.Status, page.Left)
			}
		}
		v := newVisitor(t, c)
		page := v.Get(toPartner()).SignIn(acmeOwner, acmePass)
		for _, account := range []string{
			"acme-labs", "Jaim1Cu1Q55uooxSens6yk", "ACME-UK", "*", "all", " acme-uk", "acme-uk ", "acme-uk\x00", "acme-uk,acme-fr", "\xff", "'", "../acme-uk",
		} {
			nobodysCode(account, page.Approve(account), http.StatusForbidden)
		}
		twice := page.Pressing("decision", "approve").Values
		twice["account"] = []string{"acme-uk", "acme-labs"}
		nobodysCode("two at once", v.Post("/consent", twice, "same-origin"), http.StatusBadRequest)
		delete(twice, "account")
		nobodysCode("none", v.Post("/consent", twice, "same-origin"), http.StatusBadRequest)
	})
}

// TestF08_WhatIsStoppedBetweenThePageAndItsForm: the page was right when it was
// shown.
func TestF08_WhatIsStoppedBetweenThePageAndItsForm(t *testing.T) {
	account := func(c *customer) {
		change(c.t, c.Harness, func(tx *store.Tx) error {
			account, err := tx.Account("acme-uk")
			if err != nil {
				return err
			}
			account.Status = core.Suspended
			return tx.PutAccount(account)
		})
	}
	for name, test := range map[string]struct {
		stop func(c *customer)
		want string // of outcome
	}{
		"the company": {func(c *customer) {
			changeOrganisation(c.t, c.Harness, "acme-uk", func(o *core.Organisation) { o.Status = core.Suspended })
		}, onlyPage},
		"the account":    {account, onlyPage},
		"the membership": {func(c *customer) { c.leave(acmeOwner, "acme-uk") }, onlyPage},
		"the permission of the role": {func(c *customer) {
			change(c.t, c.Harness, func(tx *store.Tx) error {
				role, err := tx.RoleByCode("", "owner")
				if err != nil {
					return err
				}
				delete(role.Grants, core.PermissionConnect)
				return tx.PutRole(role)
			})
		}, onlyPage},
		"the person": {func(c *customer) {
			changeUser(c.t, c.Harness, c.Person(acmeOwner).ID, func(u *core.User) { u.Status = core.Disabled })
		}, taken},
		"the client": {func(c *customer) {
			changeClient(c.t, c.Harness, "spendesk-partner", func(client *core.Client) { client.Status = core.Disabled })
		}, "unauthorized_client"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCustomer(t)
			page := newVisitor(t, c).Get(toPartner()).SignIn(acmeOwner, acmePass)
			form := page.Pressing("decision", "approve").Set("account", "acme-uk")
			test.stop(c)
			if got := outcome(t, form.Send(), partnerCB); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}
