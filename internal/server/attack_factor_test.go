package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
)

var (
	shownSecret = regexp.MustCompile(`<code id="secret">([A-Z2-7 ]+)</code>`)
	shownCode   = regexp.MustCompile(`<code>([0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4})</code>`)
)

// app is an authenticator app in which a person has set their account up.
type app struct {
	secret   string
	recovery []string
}

// setUpApp sets an app up in a browser that is signed in, with all that is asked for.
func (v *visitor) setUpApp() *app {
	v.t.Helper()
	page := v.Get("/account/authenticator").Press("action", "begin_app")
	found := shownSecret.FindStringSubmatch(page.Body)
	if found == nil {
		v.t.Fatalf("no secret at %s:\n%s", page.Path, page.Body)
	}
	a := &app{secret: strings.ReplaceAll(found[1], " ", "")}
	page = page.Form("code").Set("code", v.shows(a)).Set("action", "confirm_app").Send()
	for _, code := range shownCode.FindAllStringSubmatch(page.Body, -1) {
		a.recovery = append(a.recovery, code[1])
	}
	if page.Status != http.StatusOK {
		v.t.Fatalf("not set up: %d\n%s", page.Status, page.Body)
	}
	return a
}

// shows is the code that the app shows now.
func (v *visitor) shows(a *app) string {
	v.t.Helper()
	code, err := totp.GenerateCode(a.secret, v.c.Clock.Now())
	if err != nil {
		v.t.Fatal(err)
	}
	return code
}

// protected signs the newcomer in and sets up an app. The next code is another one.
func protected(t *testing.T, c *customer) (*visitor, *app) {
	t.Helper()
	v := newVisitor(t, c)
	v.signedIn(newcomer, newcomerPass)
	a := v.setUpApp()
	c.Clock.Advance(time.Minute)
	return v, a
}

func (v *visitor) inside() bool { return v.Cookies[authn.CookieSession] != "" }

func (v *visitor) secondPage() *servertest.Page {
	v.t.Helper()
	page := v.Get("/account").SignIn(newcomer, newcomerPass)
	if !strings.Contains(page.Path, "/sign-in/second?") || v.inside() {
		v.t.Fatalf("after the password: %d %s, signed in %t", page.Status, page.Path, v.inside())
	}
	return page
}

// TestE11_ASecondFactorIsNotGotAround: by an address, a form, a code that is sent, a
// new password, or a browser that is remembered for somebody else.
func TestE11_ASecondFactorIsNotGotAround(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		changeUser(t, c.Harness, c.Person(newcomer).ID, func(u *core.User) { u.EmailVerified = true })
		owner := newVisitor(t, c)
		owner.signedIn(newcomer, newcomerPass)
		page := owner.Get("/sign-in/step-up?return_to=/account")
		page.Form("code").Set("code", owner.code(newcomer)).Send()
		other := newVisitor(t, c)
		other.signedIn(newcomer, newcomerPass)
		a := owner.setUpApp()
		if len(a.recovery) != core.RecoveryCodes {
			t.Fatalf("%d recovery codes", len(a.recovery))
		}
		if page := other.Get("/account"); !strings.Contains(page.Path, "/sign-in") {
			t.Errorf("a session that began without the factor goes on at %s", page.Path)
		}
		c.Clock.Advance(2 * time.Hour)

		thief := newVisitor(t, c) // has the password
		flow := thief.Get(toWeb()).Form("password").Values.Get("flow")
		page = thief.Get(toWeb()).SignIn(newcomer, newcomerPass)
		if !strings.Contains(page.Path, "/sign-in/second?") {
			t.Fatalf("after the password: %s", page.Path)
		}
		for _, path := range []string{"/account", "/connections", "/consent?flow=" + flow, "/sign-in/step-up", "/sign-in/password", "/sign-in/choose?flow=" + flow, "/account/authenticator"} {
			if got := thief.Get(path); got.Left != nil || thief.inside() || strings.Contains(got.Body, "password_changed") {
				t.Errorf("%s: %d %s", path, got.Status, got.Path)
			}
		}
		for _, form := range []url.Values{
			{"step": {"app"}, "code": {"000000"}}, {"step": {"app"}}, {"step": {"recovery"}, "recovery_code": {"aaaa-aaaa-aaaa"}},
			{"step": {"recovery"}}, {"step": {"passkey_done"}, "response": {"{}"}}, {"step": {"redeem"}, "code": {"000000"}}, {"remember": {"yes"}},
		} {
			thief.Post("/sign-in/second", form, "same-origin")
			if thief.inside() {
				t.Errorf("in by %v", form)
			}
		}
		if silent := thief.Get(toWeb() + "&prompt=none").Answer(); silent.Get("code") != "" {
			t.Error("a code in silence")
		}

		reader := newVisitor(t, c) // has the mail box: a code, then a new password
		reader.messages()          // that the app was set up
		for _, path := range []string{"/sign-in/code", "/sign-in/recover"} {
			page = reader.Get(path).Form("identifier").Set("identifier", newcomer).Send()
			page = page.Form("code").Set("code", reader.code(newcomer)).Send()
			if !strings.Contains(page.Path, "/sign-in/second?") || reader.inside() {
				t.Errorf("%s: %d %s", path, page.Status, page.Path)
			}
			if page = reader.Get("/sign-in/password"); page.Status != http.StatusForbidden {
				t.Errorf("%s: a new password: %d", path, page.Status)
			}
		}
		// With the factor it goes on to where it was going: the new password.
		page = reader.Get("/sign-in/second").Form("code").Set("code", reader.shows(a)).Send()
		if !strings.Contains(page.Path, "/sign-in/password") {
			t.Errorf("a recovery goes on at %s", page.Path)
		}
	})
}

// TestE11_ARememberedBrowser: the password is enough there, for that person alone,
// for 30 days, and no longer than the password stays.
func TestE11_ARememberedBrowser(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		_, a := protected(t, c)
		v := newVisitor(t, c)
		v.secondPage().Form("code").Set("code", v.shows(a)).Set("remember", "yes").Send()
		value := v.Cookies[authn.CookieRemembered]
		if !v.inside() || value == "" {
			t.Fatal("not remembered")
		}
		again := func(value string) bool {
			w := newVisitor(t, c)
			w.Cookies[authn.CookieRemembered] = value
			w.Get("/account").SignIn(newcomer, newcomerPass)
			return w.inside()
		}
		if !again(value) {
			t.Error("asked again in a browser that is remembered")
		}
		if again(strings.Repeat("0", 32)) || again("") {
			t.Error("remembered by nothing")
		}
		// It stands in for the factor at no step-up, and adds none.
		w := newVisitor(t, c)
		w.Cookies[authn.CookieRemembered] = value
		w.Get("/account").SignIn(newcomer, newcomerPass)
		if page := w.Get("/account/authenticator").Press("action", "remove_app"); !strings.Contains(page.Path, "/sign-in/step-up?") {
			t.Errorf("the app was removed from a remembered browser: %s", page.Path)
		}
		c.Clock.Advance(core.RememberedFor + time.Minute)
		if again(value) {
			t.Error("remembered for ever")
		}
		v = newVisitor(t, c)
		v.secondPage().Form("code").Set("code", v.shows(a)).Set("remember", "yes").Send()
		value = v.Cookies[authn.CookieRemembered]
		v.Get("/account").Pressing("action", "change_password").Set("current_password", newcomerPass).Set("new_password", "two teas and a sugar").Send()
		w = newVisitor(t, c)
		w.Cookies[authn.CookieRemembered] = value
		w.Get("/account").SignIn(newcomer, "two teas and a sugar")
		if w.inside() {
			t.Error("remembered beyond a change of the password")
		}
	})
}

// TestE10_E18_ACodeOfAnAppCountsOnce: on all nodes, in parallel too, for its owner.
func TestE10_E18_ACodeOfAnAppCountsOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c, node := open(), open()
		_, a := protected(t, c)
		forms := make([]*servertest.Form, 12)
		tabs := make([]*visitor, 12)
		code := newVisitor(t, c).shows(a)
		for i := range forms {
			tabs[i] = newVisitor(t, []*customer{c, node}[i%2])
			forms[i] = tabs[i].secondPage().Form("code").Set("code", code)
		}
		answers := make([]wireAnswer, len(forms))
		var group sync.WaitGroup
		for i := range forms {
			group.Go(func() { answers[i] = tabs[i].submit(forms[i]) })
		}
		group.Wait()
		in := 0
		for _, answer := range answers {
			if strings.Contains(strings.Join(answer.header.Values("Set-Cookie"), ";"), authn.CookieSession) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d got in by one code", in)
		}
		// One step late is in time, two are not.
		c.Clock.Advance(2 * time.Minute)
		v := newVisitor(t, c)
		late := v.shows(a)
		c.Clock.Advance(30 * time.Second)
		if page := v.secondPage().Form("code").Set("code", late).Send(); !v.inside() {
			t.Errorf("one step late: %d", page.Status)
		}
		c.Clock.Advance(2 * time.Minute)
		w := newVisitor(t, c)
		late = w.shows(a)
		c.Clock.Advance(time.Minute)
		w.secondPage().Form("code").Set("code", late).Send().Problem(http.StatusUnauthorized)
	})
}

// TestE09_CodesOfAppsAreBehindTheGate: a thief with the password cannot guess on, and
// does not get more tries by the password; fifty wrong ones over days end the app.
func TestE09_CodesOfAppsAreBehindTheGate(t *testing.T) {
	c := newCustomer(t)
	_, a := protected(t, c)
	refused := 0
	for range 14 {
		v := newVisitor(t, c)
		v.IP = "203.0.113.9"
		page := v.secondPage().Form("code").Set("code", "000000").Send()
		if page.Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 4 {
		t.Errorf("%d of 14 guesses were refused by the gate", refused)
	}
	for range 8 {
		c.Clock.Advance(time.Hour)
		v := newVisitor(t, c)
		v.IP = "203.0.113.9"
		page := v.secondPage()
		for range 6 {
			page.Form("code").Set("code", "000000").Send()
		}
	}
	c.Clock.Advance(time.Hour)
	v := newVisitor(t, c)
	page := v.secondPage()
	page.Form("code").Set("code", v.shows(a)).Send().Problem(http.StatusUnauthorized) // even the right one
	v.Get("/sign-in/second?way=recovery").Form("recovery_code").Set("recovery_code", strings.ToUpper(a.recovery[0])).Send()
	if !v.inside() {
		t.Error("the owner does not get in by a recovery code")
	}
	w := newVisitor(t, c)
	if w.secondPage().Form("code").Set("code", w.shows(a)).Send(); !w.inside() {
		t.Error("the app is dead after its owner got in")
	}
}

// TestE18_ARecoveryCodeWorksOnce, for its owner, who is told.
func TestE18_ARecoveryCodeWorksOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		changeUser(t, c.Harness, c.Person(newcomer).ID, func(u *core.User) { u.Phone, u.PhoneVerified = "+64211112222", true })
		v := newVisitor(t, c)
		v.signedIn(newcomer, newcomerPass)
		v.Get("/sign-in/step-up?return_to=/account").Form("code").Set("code", v.code("+64211112222")).Send()
		a := v.setUpApp()
		if told := v.messages()[0]; told.To != "+64211112222" || !strings.Contains(told.Text, "authenticator app was set up") {
			t.Errorf("told %+v", told)
		}
		by := func(code string) *visitor {
			w := newVisitor(t, c)
			w.secondPage()
			w.Get("/sign-in/second?way=recovery").Form("recovery_code").Set("recovery_code", code).Send()
			return w
		}
		w := by(a.recovery[3])
		if !w.inside() {
			t.Fatal("not in by a recovery code")
		}
		if told := v.messages()[0]; !strings.Contains(told.Text, "recovery code was used") {
			t.Errorf("told %+v", told)
		}
		if by(a.recovery[3]).inside() {
			t.Error("in by a used recovery code")
		}
		// New ones take the place of the old.
		page := w.Get("/account/recovery-codes").Press("action", "new_codes")
		fresh := shownCode.FindStringSubmatch(page.Body)
		if fresh == nil {
			t.Fatalf("no new codes at %s", page.Path)
		}
		if by(a.recovery[4]).inside() {
			t.Error("in by a code that was replaced")
		}
		if !by(fresh[1]).inside() {
			t.Error("not in by a new code")
		}
	})
}

// TestE12_FactorsAreChangedWithAllThatThereIs: a browser that was left open, or one
// that is signed in with less, changes nothing.
func TestE12_FactorsAreChangedWithAllThatThereIs(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn(newcomer, newcomerPass)
	v.setUpApp()
	removed := func() bool {
		factors, err := c.Store.Factors(t.Context(), c.Person(newcomer).ID)
		return err != nil || !factors.Any()
	}
	for _, form := range []struct{ path, action string }{
		{"/account/authenticator", "begin_app"}, {"/account/authenticator", "confirm_app"}, {"/account/authenticator", "remove_app"},
		{"/account/passkeys", "begin_passkey"}, {"/account/passkeys", "finish_passkey"}, {"/account/passkeys", "remove_passkey"},
		{"/account/recovery-codes", "new_codes"},
	} {
		page := v.Post(form.path, url.Values{"action": {form.action}, "name": {"Mine"}, "code": {"000000"}}, "same-origin")
		if !strings.Contains(page.Path, "/sign-in/step-up?") { // the session has one factor
			t.Errorf("%s: %d %s", form.action, page.Status, page.Path)
		}
	}
	c.Clock.Advance(11 * time.Minute)
	if page := v.Get("/account/authenticator").Press("action", "remove_app"); !strings.Contains(page.Path, "/sign-in?") {
		t.Errorf("a browser that was left open: %s", page.Path)
	}
	if removed() {
		t.Error("the app is gone")
	}
}

// TestE12_TheFactorIsRemovedByItsOwner, after a step-up with it.
func TestE12_TheFactorIsRemovedByItsOwner(t *testing.T) {
	c := newCustomer(t)
	v, a := protected(t, c)
	page := v.Get("/account/authenticator").Press("action", "remove_app")
	page = page.Form("code").Set("code", v.shows(a)).Send()
	page = v.Get("/account/authenticator").Press("action", "remove_app")
	if page.Status != http.StatusOK || !strings.Contains(page.Body, "app is removed") {
		t.Fatalf("%d %s", page.Status, page.Path)
	}
	w := newVisitor(t, c)
	w.signedIn(newcomer, newcomerPass) // by the password again
	left, err := c.Store.Factors(t.Context(), c.Person(newcomer).ID)
	if err != nil || left.RecoveryCodes != 0 {
		t.Errorf("%+v, %v", left, err)
	}
}
