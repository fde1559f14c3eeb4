package server_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/message"
	"claviger/internal/server/servertest"
)

// visitor is a browser of its own at a server of its own, with the messages that
// the server sends.
type visitor struct {
	*servertest.Browser
	t *testing.T
	c *customer
}

func newVisitor(t *testing.T, c *customer) *visitor {
	return &visitor{Browser: c.NewBrowser(), t: t, c: c}
}

var digits = regexp.MustCompile(`\b[0-9]{6}\b`)

// messages delivers what waits and returns what was received, latest first.
func (v *visitor) messages() []message.Received {
	v.t.Helper()
	if _, err := v.c.Outbox.Deliver(v.t.Context()); err != nil {
		v.t.Fatal(err)
	}
	return v.c.Inbox.List()
}

// code returns the one-time code of the latest message, which went there.
func (v *visitor) code(to string) string {
	v.t.Helper()
	received := v.messages()
	if len(received) == 0 || received[0].To != to {
		v.t.Fatalf("no message to %s: %+v", to, received)
	}
	return digits.FindString(received[0].Text)
}

// signedIn signs a person in at the account page.
func (v *visitor) signedIn(identifier, password string) *servertest.Page {
	v.t.Helper()
	page := v.Get("/account").SignIn(identifier, password)
	if page.Status != http.StatusOK || !strings.HasSuffix(page.Path, "/account") {
		v.t.Fatalf("signed in to %d %s\n%s", page.Status, page.Path, page.Body)
	}
	return page
}

func TestSignInByEmailPhoneOrUsername(t *testing.T) {
	c := newCustomer(t)
	c.apply("people: [{email: user@centrapay.example, username: cuppa}]")
	for _, identifier := range []string{"user@centrapay.example", "USER@Centrapay.Example", "+6421234567890", "+64 21 234 567 890", "cuppa"} {
		page := newVisitor(t, c).signedIn(identifier, userPass)
		if !strings.Contains(page.Body, "user@centrapay.example") {
			t.Errorf("%s: another page", identifier)
		}
	}
	wrong := newVisitor(t, c).Get("/account").SignIn("user@centrapay.example", "wrong").Problem(http.StatusUnauthorized)
	if form := wrong.Form("password"); form.Values.Get("identifier") != "user@centrapay.example" || form.Values.Get("password") != "" {
		t.Errorf("the form has %v", form.Values)
	}
}

func TestCP_10_SignInByACode(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		v := newVisitor(t, c)
		page := v.Get(toWeb())
		page = v.Get(strings.Replace(page.Path, "/sign-in?", "/sign-in/code?", 1))
		page = page.Form("identifier").Set("identifier", "+6421234567890").Send()
		if !strings.Contains(page.Body, "•••• 890") {
			t.Errorf("the page does not say where the code went:\n%s", page.Body)
		}
		code := v.code("+6421234567890")
		page = page.Form("code").Set("code", "000000").Send().Problem(http.StatusUnauthorized)
		page = page.Form("code").Set("code", code).Send()
		answer := page.Approve("").Answer()
		if answer.Get("code") == "" {
			t.Fatalf("answer %v", answer)
		}
	})
}

func TestCP_10_RecoverTheAccount(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		elsewhere := newVisitor(t, c)
		elsewhere.signedIn("user@centrapay.example", userPass)
		v := newVisitor(t, c)
		page := v.Get("/sign-in/recover").Form("identifier").Set("identifier", "+6421234567890").Send()
		code := v.code("+6421234567890")
		page = page.Form("code").Set("code", code).Send()
		if got := page.Form("new_password").Values.Get("username"); got != "user@centrapay.example" {
			t.Errorf("password managers are told to keep it for %q", got)
		}
		page = page.Form("new_password").Set("new_password", "short").Send().Problem(http.StatusBadRequest)
		page = page.Form("new_password").Set("new_password", "two teas and a sugar").Send()
		if page.Status != http.StatusOK || !strings.HasSuffix(page.Path, "/account") {
			t.Fatalf("%d %s", page.Status, page.Path)
		}
		if page := elsewhere.Get("/account"); page.Forms[0].Values.Has("action") || !strings.Contains(page.Path, "/sign-in") { // E19
			t.Errorf("the other session is alive at %s", page.Path)
		}
		newVisitor(t, c).Get("/account").SignIn("user@centrapay.example", userPass).Problem(http.StatusUnauthorized)
		newVisitor(t, c).signedIn("user@centrapay.example", "two teas and a sugar")
		if received := v.messages(); !slices.ContainsFunc(received, func(m message.Received) bool { return strings.Contains(m.Text, "was changed") }) {
			t.Errorf("the person was not told: %+v", received)
		}
	})
}

// E11: the page for a new password is for whom a code has just let in.
func TestE11_NewPasswordNeedsARecovery(t *testing.T) {
	c := newCustomer(t)
	newVisitor(t, c).Get("/sign-in/password").Problem(http.StatusForbidden)
	v := newVisitor(t, c)
	v.signedIn("user@centrapay.example", userPass)
	v.Get("/sign-in/password").Problem(http.StatusForbidden)

	late := newVisitor(t, c)
	page := late.Get("/sign-in/recover").Form("identifier").Set("identifier", "+6421234567890").Send()
	page = page.Form("code").Set("code", late.code("+6421234567890")).Send()
	c.Clock.Advance(11 * time.Minute)
	page.Form("new_password").Set("new_password", "two teas and a sugar").Send().Problem(http.StatusForbidden)
}

func TestCP_10_AVerifiedNZNumberIsTrusted(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		v := newVisitor(t, c)
		page := v.signedIn("newcomer@centrapay.example", "no sugar for me thank you")
		flags := func() []string {
			account, err := c.Admin.IndividualAccount(t.Context(), c.Person("newcomer@centrapay.example").ID)
			if err != nil {
				t.Fatal(err)
			}
			return account.Flags
		}
		if len(flags()) != 0 {
			t.Fatalf("flags before: %v", flags())
		}
		verify := func(page *servertest.Page, typed, number string) *servertest.Page {
			page = page.Form("phone").Set("phone", typed).Set("action", "verify_phone").Send()
			return page.Form("code").Set("code", v.code(number)).Send()
		}
		page = verify(page, "+61 412 345 678", "+61412345678") // another country: verified, not trusted
		if len(flags()) != 0 || !strings.Contains(page.Body, "is confirmed") {
			t.Errorf("flags %v\n%s", flags(), page.Body)
		}
		page = page.Form("phone").Set("phone", "+64 21 765 4321").Set("action", "verify_phone").Send() // E12: shows first that the other is theirs
		page = page.Form("code").Set("code", v.code("+61412345678")).Send()
		page = verify(page, "+64 21 765 4321", "+64217654321")
		if received := v.messages(); received[0].To != "+61412345678" || !strings.Contains(received[0].Text, "no longer belongs") {
			t.Errorf("the old number was not told: %+v", received[0])
		}
		if got := flags(); !slices.Equal(got, []string{core.FlagTrustedUser}) {
			t.Errorf("flags %v", got)
		}
		if person := c.Person("newcomer@centrapay.example"); person.Phone != "+64217654321" || !person.PhoneVerified {
			t.Errorf("%+v", person)
		}
		page = page.Form("phone").Set("phone", "+6421234567890").Set("action", "verify_phone").Send() // somebody else's
		page = page.Form("code").Set("code", v.code("+6421234567890")).Send().Problem(http.StatusConflict)
		page.Form("phone").Set("phone", "not a number").Set("action", "verify_phone").Send().Problem(http.StatusBadRequest)
	})
}

func TestSessionsAreListedAndEnded(t *testing.T) {
	c := newCustomer(t)
	v, other := newVisitor(t, c), newVisitor(t, c)
	other.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	other.signedIn("user@centrapay.example", userPass)
	page := v.signedIn("user@centrapay.example", userPass)
	if !strings.Contains(page.Body, "Firefox, Linux") {
		t.Error("the other browser is not named")
	}
	page = page.Press("action", "end_session")
	if !strings.Contains(other.Get("/account").Path, "/sign-in") {
		t.Error("the other session is alive")
	}
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "The session is ended") {
		t.Errorf("%d\n%s", page.Status, page.Body)
	}
	stranger := newVisitor(t, c)
	mine := stranger.signedIn(acmeOwner, acmePass)
	session, err := c.Store.SessionsOf(t.Context(), c.Person("user@centrapay.example").ID, c.Clock.Now())
	if err != nil || len(session) != 1 {
		t.Fatal(err, len(session))
	}
	mine.Form("current_password").Set("action", "end_session").Set("session", session[0].ID).Send().Problem(http.StatusNotFound)
	page.Press("action", "sign_out")
	if !strings.Contains(v.Get("/account").Path, "/sign-in") {
		t.Error("still signed in")
	}
}

func TestChangePassword(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	page := v.signedIn("user@centrapay.example", userPass)
	change := func(page *servertest.Page, current, fresh string) *servertest.Page {
		return page.Pressing("action", "change_password").Set("current_password", current).Set("new_password", fresh).Send()
	}
	page = change(page, "wrong", "two teas and a sugar").Problem(http.StatusUnauthorized)
	page = change(page, userPass, "password123").Problem(http.StatusBadRequest)
	page = change(page, userPass, "two teas and a sugar")
	if !strings.Contains(page.Body, "Your password is changed") {
		t.Errorf("%d\n%s", page.Status, page.Body)
	}
	newVisitor(t, c).signedIn("user@centrapay.example", "two teas and a sugar")
}

// A client that insists on two factors gets them: the code comes after the
// password, and the session remembers both.
func TestStepUp(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	needs := toWeb("claims", `{"id_token":{"acr":{"essential":true,"values":["2"]}}}`)
	page := v.Get(needs).SignIn("user@centrapay.example", userPass)
	before := v.Cookies["__Host-clv_session"]
	page = page.Form("code").Set("code", v.code("+6421234567890")).Send()
	if v.Cookies["__Host-clv_session"] == before { // E01
		t.Error("the secret of the session did not change")
	}
	token := v.redeemWeb(page.Approve("").Answer().Get("code"))
	if claims := wireClaims(t, token.token("id_token")); claims["acr"] != "2" {
		t.Errorf("%v", claims)
	}
	if answer := newVisitor(t, c).Get(needs + "&prompt=none").Answer(); answer.Get("error") != "login_required" {
		t.Errorf("%v", answer)
	}
	none := newVisitor(t, c) // nobody can reach newcomer by a code
	if answer := none.Get(needs).SignIn("newcomer@centrapay.example", "no sugar for me thank you").Answer(); answer.Get("error") != "unmet_authentication_requirements" {
		t.Errorf("%v", answer)
	}
}

// redeemWeb exchanges a code of the demo website.
func (v *visitor) redeemWeb(code string) wireAnswer {
	v.t.Helper()
	return v.c.send(http.MethodPost, "/oauth2/token", fields{
		"grant_type": "authorization_code", "client_id": "centrapay-web", "code": code, "redirect_uri": webCB, "code_verifier": verifier,
	}.form(), formType).is(http.StatusOK)
}

func TestPromptSelectAccount(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn("user@centrapay.example", userPass)
	c.Clock.Advance(time.Second)
	page := v.Get(toWeb("prompt", "select_account"))
	if answer := page.Press("decision", "continue").Approve("").Answer(); answer.Get("code") == "" {
		t.Errorf("%v", answer)
	}
	page = v.Get(toWeb("prompt", "select_account")).Press("decision", "other")
	page = page.SignIn("newcomer@centrapay.example", "no sugar for me thank you")
	if !strings.Contains(page.Body, "newcomer@centrapay.example") {
		t.Errorf("%s", page.Body)
	}
}
