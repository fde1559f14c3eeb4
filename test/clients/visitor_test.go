package clients

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"claviger/internal/server/servertest"
)

const person = "kiri@clients.example"

// visitor is the person in a browser without JavaScript.
type visitor struct {
	*servertest.Browser

	secret string
	asked  []string // what the person was asked to do: "sign in", "approve"
}

func (i *installation) visitor(t *testing.T) *visitor {
	return &visitor{Browser: servertest.BrowserOf(t, i.issuer), secret: i.secret}
}

// goes opens an address and does what the pages ask for, until the browser is
// sent back to the client: there, with these parameters.
func (v *visitor) goes(t *testing.T, address string) (to string, answer url.Values) {
	t.Helper()
	page := v.In(t).Get(address)
	for page.Left == nil {
		switch {
		case has(page, "password"):
			v.asked = append(v.asked, "sign in")
			page = page.SignIn(person, v.secret)
		case has(page, "decision"):
			v.asked = append(v.asked, "approve")
			page = page.Approve("")
		default:
			form := page.Form("iss") // response_mode=form_post
			return form.Action, form.Values
		}
	}
	return page.Left.String(), page.Left.Query()
}

// has reports whether a page has a form with a field or a button of that name.
func has(p *servertest.Page, name string) bool {
	for _, form := range p.Forms {
		if form.Values.Has(name) || form.Buttons.Has(name) {
			return true
		}
	}
	return false
}

// eventually tries something again and again, until it is done or time is up.
func eventually(t testing.TB, failed string, done func() bool) {
	t.Helper()
	limit, again := time.After(soon), time.NewTicker(50*time.Millisecond)
	defer again.Stop()
	for !done() {
		select {
		case <-limit:
			t.Fatal(failed)
		case <-again.C:
		}
	}
}

// comesToSay opens a page until a part of it has a text, which is written every few seconds.
func (v *tour) comesToSay(address string, selector chromedp.CSS, text string) {
	v.tab.t.Helper()
	eventually(v.tab.t, address+" never says "+text, func() bool {
		v.open(address)
		return strings.Contains(v.text(selector), text)
	})
}
