package server_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// of takes out of a page what differs between any two.
var of = regexp.MustCompile(`otc_[0-9a-z]{26}|flow=[0-9a-z]{26}|value="[0-9a-z]{26}"`)

// alike is a page with the name that was typed replaced.
func alike(body, typed string) string {
	return of.ReplaceAllString(strings.ReplaceAll(body, typed, "TYPED"), "ID")
}

func TestE05_NoPageTellsWhoExists(t *testing.T) {
	c := newCustomer(t)
	c.apply("people: [{email: aaaa@claviger.example, password: " + testlog.Canary + "-tea}, {email: bbbb@claviger.example}]")
	changeUser(t, c.Harness, c.Person("aaaa@claviger.example").ID, func(u *core.User) { u.EmailVerified = true })
	c.apply("people: [{email: cccc@claviger.example, password: " + testlog.Canary + "-tea}, {email: dddd@claviger.example, password: " + testlog.Canary + "-tea}]")
	changeUser(t, c.Harness, c.Person("cccc@claviger.example").ID, func(u *core.User) { u.Status = core.Disabled })
	changeUser(t, c.Harness, c.Person("dddd@claviger.example").ID, func(u *core.User) { u.Status = core.Suspended })
	password := func(typed string) string {
		secret := testlog.Canary + "-tea"
		if typed == "aaaa@claviger.example" {
			secret = "wrong"
		}
		page := newVisitor(t, c).Get("/sign-in").SignIn(typed, secret).Problem(http.StatusUnauthorized)
		return alike(page.Body, typed)
	}
	ask := func(path, typed string) string {
		page := newVisitor(t, c).Get(path).Form("identifier").Set("identifier", typed).Send()
		if page.Status != http.StatusOK {
			t.Errorf("%s of %s: %d", path, typed, page.Status)
		}
		wrong := page.Form("code").Set("code", "000000").Send().Problem(http.StatusUnauthorized)
		return alike(page.Body, strings.TrimSpace(typed[:1]+"…@claviger.example")) + alike(wrong.Body, typed[:1]+"…@claviger.example")
	}
	want := map[string]string{"password": password("aaaa@claviger.example"), "/sign-in/code": "", "/sign-in/recover": ""}
	neutral := func(text, typed string) string { return strings.ReplaceAll(text, typed, "TYPED") }
	for _, path := range []string{"/sign-in/code", "/sign-in/recover"} {
		want[path] = neutral(ask(path, "aaaa@claviger.example"), "aaaa@claviger.example")
	}
	for who, typed := range map[string]string{
		"one without a password": "bbbb@claviger.example", "a disabled one": "cccc@claviger.example", "a suspended one": "dddd@claviger.example",
		"nobody": "zzzz@claviger.example",
	} {
		if got := password(typed); got != want["password"] {
			t.Errorf("%s is told apart by a password:\n%s", who, got)
		}
		for _, path := range []string{"/sign-in/code", "/sign-in/recover"} {
			if got := neutral(ask(path, typed), typed); got != want[path] {
				t.Errorf("%s is told apart at %s:\n%s", who, path, got)
			}
		}
	}
}

func TestE07_E08_E09_GuessersAreSlowedAndTheVictimIsNot(t *testing.T) {
	c := newCustomer(t)
	home := newVisitor(t, c)
	home.IP = "192.0.2.77"
	home.signedIn(centrapayUser, userPass) // a known device
	home.Get("/oauth2/logout").Press("decision", "sign_out")
	var group sync.WaitGroup
	answers := make([]int, 60)
	for i := range answers {
		group.Go(func() {
			body := url.Values{"identifier": {centrapayUser}, "password": {"guess"}}.Encode()
			answers[i] = c.send(http.MethodPost, "/sign-in", body, formType, "From-IP: 203.0.113."+string(rune('0'+i%10)), "Sec-Fetch-Site: same-origin").status
		})
	}
	group.Wait()
	let := 0
	for _, status := range answers {
		switch status {
		case http.StatusUnauthorized:
			let++
		case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		default:
			t.Errorf("a guess is answered %d", status)
		}
	}
	if let > 10 {
		t.Errorf("%d guesses were let through", let)
	}
	guesser := newVisitor(t, c)
	guesser.IP = "203.0.113.99"
	locked := guesser.Get("/sign-in").SignIn(centrapayUser, userPass).Problem(http.StatusTooManyRequests) // even the right one
	if locked.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	home.IP = "192.0.2.200" // moved, with the device
	home.signedIn(centrapayUser, userPass)
	page := home.Get("/account").Form("current_password").Set("action", "change_password").Set("current_password", userPass).Set("new_password", "two teas and a sugar").Send()
	if page.Status != http.StatusOK {
		t.Errorf("the victim cannot change the password: %d", page.Status)
	}
}

// TestE09_ThePresentPasswordIsBehindTheGate: who has taken over a session does not
// get to guess the password.
func TestE09_ThePresentPasswordIsBehindTheGate(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	page := v.signedIn(centrapayUser, userPass)
	var last *servertest.Page
	for range 12 {
		last = page.Pressing("action", "change_password").Set("current_password", "guess").Set("new_password", "two teas and a sugar").Send()
	}
	last.Problem(http.StatusTooManyRequests)
	page.Pressing("action", "change_password").Set("current_password", userPass).Set("new_password", "two teas and a sugar").Send().Problem(http.StatusTooManyRequests)
}

func TestE10_E18_ACodeIsForOneBrowserOncePurposeAndAll(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c, node := open(), open()
		const phone = "+6421234567890"
		send := func(v *visitor, path string) (form *servertest.Form, code string) {
			page := v.Get(path).Form("identifier").Set("identifier", phone).Send()
			return page.Form("code"), v.code(phone)
		}
		v, mallory := newVisitor(t, c), newVisitor(t, c)
		form, code := send(v, "/sign-in/code")
		form.Set("code", code)

		mallory.Get("/sign-in") // a browser of its own
		if stolen := mallory.submit(form); stolen.status != http.StatusUnauthorized {
			t.Errorf("in another browser: %d", stolen.status)
		}
		for _, path := range []string{"/sign-in/recover", "/sign-in/step-up", "/account"} { // for what it was not sent
			other := v.raw(http.MethodPost, path, form.Values.Encode()+"&action=redeem_phone", "Sec-Fetch-Site: same-origin")
			if other.status == http.StatusOK || other.header.Get("Set-Cookie") != "" && strings.Contains(other.header.Get("Set-Cookie"), sessionName) {
				t.Errorf("at %s: %d", path, other.status)
			}
		}
		// Fifty at once, over two nodes: one gets in.
		answers := make([]wireAnswer, 50)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() {
				tab := &visitor{Browser: v.Browser, t: t, c: []*customer{c, node}[i%2]}
				answers[i] = tab.submit(form)
			})
		}
		group.Wait()
		in := 0
		for _, answer := range answers {
			if strings.Contains(strings.Join(answer.header.Values("Set-Cookie"), ";"), sessionName) {
				in++
			}
		}
		if in != 1 {
			t.Errorf("%d got in by one code", in)
		}
		if again := v.submit(form); again.status != http.StatusUnauthorized && again.status != http.StatusTooManyRequests {
			t.Errorf("used again: %d", again.status)
		}
		// Guessed: five tries, and then the right one is wrong too.
		w := newVisitor(t, c)
		w.IP = "198.51.100.1"
		form, code = send(w, "/sign-in/code")
		for range 5 {
			form.Set("code", "000000").Send().Problem(http.StatusUnauthorized)
		}
		if late := form.Set("code", code).Send(); late.Status != http.StatusUnauthorized && late.Status != http.StatusTooManyRequests {
			t.Errorf("the right code after five guesses: %d", late.Status)
		}
	})
}

// TestE11_TwoFactorsAreNotSkipped: what a client needs is not had by another page,
// another form or twice the same factor.
func TestE11_TwoFactorsAreNotSkipped(t *testing.T) {
	c := newCustomer(t)
	needs := toWeb("claims", `{"id_token":{"acr":{"essential":true,"value":"2"}}}`)
	v := newVisitor(t, c)
	page := v.Get(needs).SignIn(centrapayUser, userPass)
	flow := page.Form("code").Values.Get("flow")
	around := func(name string, v *visitor, flow string) {
		t.Helper()
		for _, path := range []string{"/consent", "/sign-in", "/sign-in/choose"} {
			for _, page := range []*servertest.Page{
				v.Get(path + "?flow=" + flow),
				v.Post(path, url.Values{"flow": {flow}, "decision": {"approve"}, "acr": {"2"}}, "same-origin"),
				v.Post(path, url.Values{"flow": {flow}, "decision": {"continue"}}, "same-origin"),
			} {
				if page.Left != nil {
					t.Errorf("%s, by %s: left for %s", name, path, page.Left)
				}
			}
		}
		if silent := v.Get(needs + "&prompt=none").Answer(); silent.Get("code") != "" {
			t.Errorf("%s: a code in silence", name)
		}
	}
	around("with a password alone", v, flow)

	// A new password is a factor, and not the other one; a recovery neither.
	c.Clock.Advance(2 * time.Hour) // enough codes were sent
	r := newVisitor(t, c)
	page = r.Get(needs)
	flow = page.Form("password").Values.Get("flow")
	page = r.Get("/sign-in/recover?flow="+flow).Form("identifier").Set("identifier", "+6421234567890").Send()
	page = page.Form("code").Set("code", r.code("+6421234567890")).Send()
	around("after a code", r, flow)
	page = page.Form("new_password").Set("new_password", "two teas and a sugar").Send()
	around("after a recovery", r, flow)
	if page.Left != nil || !page.Forms[0].Values.Has("password") { // a second code would be the same factor
		t.Errorf("after a recovery the person is asked at %s", page.Path)
	}
	r.messages() // that the password was changed
	page = page.SignIn(centrapayUser, "two teas and a sugar")
	page = page.Form("code").Set("code", r.code("+6421234567890")).Send()
	if answer := page.Approve("").Answer(); answer.Get("code") == "" {
		t.Errorf("with both: %v", answer)
	}
}

// TestE12_AWayBackInIsAddedWithAllThatThereIs: who finds a browser open, or knows no
// more than the password, does not make their own phone the way back in.
func TestE12_AWayBackInIsAddedWithAllThatThereIs(t *testing.T) {
	c := newCustomer(t)
	add := func(page *servertest.Page) *servertest.Page {
		return page.Form("phone").Set("phone", "+64217654321").Set("action", "verify_phone").Send()
	}
	old := newVisitor(t, c)
	page := old.signedIn(newcomer, newcomerPass)
	c.Clock.Advance(11 * time.Minute)
	asked := add(page)
	if !strings.Contains(asked.Path, "/sign-in?") || len(old.messages()) != 0 {
		t.Errorf("a browser that was left open adds a number: %d %s", asked.Status, asked.Path)
	}
	page = asked.SignIn(newcomer, newcomerPass)
	page = add(page).Form("code").Set("code", old.code("+64217654321")).Send() // the first, with the password just now
	if person := c.Person(newcomer); !person.PhoneVerified {
		t.Errorf("%d %s", page.Status, page.Path)
	}

	thief := newVisitor(t, c) // knows the password
	page = thief.signedIn(centrapayUser, userPass)
	before := len(thief.messages())
	for _, action := range []string{"verify_phone", "redeem_phone"} {
		stopped := page.Form("phone").Set("phone", "+64217650000").Set("action", action).Set("step", "resend").Send()
		if !strings.Contains(stopped.Path, "/sign-in/step-up?") {
			t.Errorf("%s: %d %s", action, stopped.Status, stopped.Path)
		}
	}
	for _, message := range thief.messages()[:len(thief.messages())-before] {
		if message.To != "+6421234567890" {
			t.Errorf("a message to %s", message.To)
		}
	}
	// Who holds the number that is verified may.
	page = thief.Get("/sign-in/step-up?return_to=/account").Form("code").Set("code", thief.code("+6421234567890")).Send()
	page.Form("phone").Set("phone", "+64217650000").Set("action", "verify_phone").Send().Form("code").Set("code", thief.code("+64217650000")).Send()
	if person := c.Person(centrapayUser); person.Phone != "+64217650000" {
		t.Errorf("the number is %s", person.Phone)
	}
}

func TestE14_ALongPasswordAndACrowd(t *testing.T) {
	c := newCustomer(t, onePlace)
	for _, size := range []int{2_000, 60_000, 1 << 20} {
		body := url.Values{"identifier": {centrapayUser}, "password": {strings.Repeat("x", size)}}.Encode()
		answer := c.send(http.MethodPost, "/sign-in", body, formType, "Sec-Fetch-Site: same-origin")
		if answer.status != http.StatusBadRequest && (answer.status != http.StatusUnauthorized || size > 64<<10) {
			t.Errorf("a password of %d bytes: %d", size, answer.status)
		}
	}
	statuses := make([]int, 100)
	var group sync.WaitGroup
	for i := range statuses {
		group.Go(func() {
			body := url.Values{"identifier": {fmt.Sprint("somebody", i)}, "password": {"wrong"}}.Encode()
			answer := c.send(http.MethodPost, "/sign-in", body, formType, "Sec-Fetch-Site: same-origin", fmt.Sprint("From-IP: 198.51.100.", i))
			if statuses[i] = answer.status; answer.status >= 500 && answer.header.Get("Retry-After") == "" {
				t.Errorf("%d without Retry-After", answer.status)
			}
		})
	}
	group.Wait()
	busy := 0
	for _, status := range statuses {
		if status != http.StatusUnauthorized && status != http.StatusServiceUnavailable {
			t.Errorf("one of a crowd: %d", status)
		}
		if status != http.StatusUnauthorized {
			busy++
		}
	}
	if busy == 0 {
		t.Error("nobody of a crowd was sent away")
	}
	newVisitor(t, c).signedIn(newcomer, newcomerPass) // and it is over
}
