package clients

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"golang.org/x/oauth2"
)

// tour is a walk through the pages of the server, with pictures of each.
type tour struct {
	*installation
	*tab

	dir string
}

// shows takes the pictures of a page, which has that heading.
func (v *tour) shows(name, heading string) {
	v.tab.t.Helper()
	v.within(chromedp.WaitVisible(`//h1[normalize-space()="` + heading + `"]`))
	v.picture(v.dir, name)
	wide, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](`document.documentElement.scrollWidth > innerWidth`))
	if err != nil || wide {
		v.tab.t.Errorf("%s scrolls sideways (%v)", name, err)
	}
	for _, said := range v.Heard() {
		if !strings.Contains(said, "the server responded with a status of 4") { // the page is that of an error
			v.tab.t.Errorf("%s: the console: %s", name, said)
		}
	}
}

// asks opens an authorization request of one of the clients.
func (v *tour) asks(client string, more ...string) {
	v.tab.t.Helper()
	v.open(v.request(client, more...))
}

func (v *tour) request(client string, more ...string) string {
	redirect := v.site + "/" + client + "/callback"
	query := url.Values{
		"response_type": {"code"}, "client_id": {client}, "redirect_uri": {redirect}, "scope": {"openid profile email"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())}, "code_challenge_method": {"S256"},
	}
	for n := 0; n < len(more); n += 2 {
		query.Set(more[n], more[n+1])
	}
	return v.issuer + "/oauth2/authorize?" + query.Encode()
}

// arrives waits until the browser is back at the client.
func (v *tour) arrives() {
	v.tab.t.Helper()
	v.waitFor("#arrived")
	v.Heard()
}

var (
	received = regexp.MustCompile(`(?s)<article class="message">.*?</article>`)
	digits   = regexp.MustCompile(`\b[0-9]{6}\b`)
)

// inbox returns the messages that dev kept instead of sending them, latest first.
func (v *tour) inbox() []string {
	v.tab.t.Helper()
	response, err := http.Get(v.issuer + "/dev/inbox")
	if err != nil {
		v.tab.t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		v.tab.t.Fatal(err)
	}
	return received.FindAllString(string(page), -1)
}

// code returns the code of the next message that send has the server send.
func (v *tour) code(send func()) (code string) {
	v.tab.t.Helper()
	before := len(v.inbox())
	send()
	eventually(v.tab.t, "no message came", func() bool {
		messages := v.inbox()
		if len(messages) > before {
			code = digits.FindString(messages[0])
		}
		return len(messages) > before
	})
	return code
}

func (v *tour) submit() { v.tab.t.Helper(); v.click("form button.primary") }

func newTour(t *testing.T) *tour {
	t.Helper()
	i := newInstallation(t)
	i.pages.HandleFunc("/{client}/callback", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, `<!doctype html><title>Client</title><link rel="icon" href="data:,"><p id="arrived">Welcome back</p>`)
	})
	return &tour{installation: i, tab: newTab(t), dir: pictureDir(t)}
}

// TestPagesOfTheFlow shows every page to a person as they come to it: on a phone
// and a desktop, light and dark.
func TestPagesOfTheFlow(t *testing.T) {
	v := newTour(t)
	for _, part := range []func(*tour){(*tour).signsIn, (*tour).returns, (*tour).looksAtAccount, (*tour).leaves, (*tour).recovers, (*tour).connects, (*tour).goesWrong} {
		part(v)
	}
}

func (v *tour) signsIn() {
	v.asks("framed", "scope", "openid")
	v.shows("sign-in", "Sign in")
	v.signIn(person, "wrong")
	v.waitFor(".alert.bad")
	v.shows("sign-in-refused", "Sign in")
	v.click(`a[href*="/sign-in/code"]`)
	v.shows("ask-code", "Sign in with a code")
	code := v.code(func() {
		v.fill("#identifier", person)
		v.submit()
		v.shows("enter-code", "Enter your code")
	})
	wrong := "000000"
	if code == wrong {
		wrong = "111111"
	}
	v.fill("#code", wrong)
	v.submit()
	v.waitFor("#code-error")
	v.shows("enter-code-refused", "Enter your code")
	v.fill("#code", code)
	v.submit()
	v.shows("consent", "Tea Stand asks for access")
	v.click("[value=approve]")
	v.arrives()
}

func (v *tour) returns() {
	v.asks("framed", "prompt", "select_account", "scope", "openid")
	v.shows("choose", "Who is signing in?")
	v.click("[value=continue]")
	v.arrives()
	v.asks("framed", "prompt", "consent", "ui_locales", "fr")
	v.waitFor("html[lang=fr] [value=approve]")
	v.picture(v.dir, "consent-french")
	v.click("[value=approve]")
	v.arrives()
	code := v.code(func() {
		v.asks("framed", "prompt", "login")
		v.signIn(person, v.secret)
		v.arrives()
		v.asks("framed", "claims", `{"id_token": {"acr": {"essential": true, "values": ["2"]}}}`)
		v.shows("step-up", "Confirm that it is you")
	})
	v.fill("#code", code)
	v.submit()
	v.arrives()
}

func (v *tour) looksAtAccount() {
	v.open(v.issuer + "/account")
	v.waitFor("#sessions")
	v.picture(v.dir, "account")
	code := v.code(func() {
		v.fill("#phone", "+64 21 555 099")
		v.click("[value=verify_phone]")
		v.shows("verify-phone", "Confirm your phone number")
	})
	v.fill("#code", code)
	v.submit()
	v.waitFor(".alert.good")
	v.picture(v.dir, "account-verified")
	v.open(v.issuer + "/dev/inbox")
	v.waitFor(".message")
	v.picture(v.dir, "inbox")
}

func (v *tour) leaves() {
	v.open(v.issuer + "/oauth2/logout")
	v.shows("sign-out", "Do you want to sign out?")
	v.click("[value=sign_out]")
	v.waitFor(".seal.good")
	v.picture(v.dir, "signed-out")
}

func (v *tour) recovers() {
	v.open(v.issuer + "/sign-in/recover")
	v.shows("recover", "Recover your account")
	code := v.code(func() {
		v.fill("#identifier", person)
		v.submit()
		v.shows("recover-code", "Enter your code")
	})
	v.fill("#code", code)
	v.submit()
	v.shows("new-password", "Choose a new password")
	v.fill("#new_password", "another "+v.secret)
	v.submit()
	v.waitFor("#sessions")
	v.click("[value=sign_out]")
	v.waitFor(".seal.good")
}

// connects is an owner of companies at a partner's, then in what is connected; and
// somebody who has none.
func (v *tour) connects() {
	partner := []string{"client_id", "spendesk-partner", "scope", "wallet-summary:read payable:read"}
	v.asks("partner", partner...)
	v.signIn(owner, ownerPassword)
	v.shows("consent-companies", "Example Partner asks for access")
	v.choose("acme-fr")
	v.click("[value=approve]")
	v.arrives()
	v.asks("partner", partner...)
	v.shows("consent-connected", "Example Partner asks for access")
	v.open(v.issuer + "/console/acme-fr/connections")
	v.waitFor("#connections table")
	v.picture(v.dir, "connections")
	v.open(v.issuer + "/oauth2/logout")
	v.click("[value=sign_out]")
	v.waitFor(".seal.good")
	v.asks("partner", partner...)
	v.signIn("newcomer@centrapay.example", "no sugar for me thank you")
	v.shows("consent-no-company", "Example Partner asks for access")
	v.click("[value=refuse]")
	v.arrives()
}

func (v *tour) goesWrong() {
	v.asks("framed", "redirect_uri", "https://elsewhere.example/callback")
	v.waitFor(".seal.bad")
	v.picture(v.dir, "problem")
	v.without(v.tab.t)
	v.asks("framed", "response_mode", "form_post", "prompt", "none")
	v.waitFor("#answer")
	v.picture(v.dir, "form-post")
	v.click("#answer button")
	v.arrives()
}
