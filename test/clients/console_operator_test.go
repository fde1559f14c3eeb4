package clients

import (
	"fmt"
	"html"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	operatorEmail = "admin@claviger.example"
	operatorPass  = "open the gate at dawn"
)

var operatorLink = regexp.MustCompile(`https?://[^\s<"]+/account/operator\?link=clv_inv_\w+`)

// TestOperatorOfThePlatform is what an operator does: onboards a partner, looks into a
// denial, tries a dialect, and makes another operator.
func TestOperatorOfThePlatform(t *testing.T) {
	v := newTour(t)
	v.asksForTokens()
	v.open(v.issuer + "/operator")
	v.signIn(operatorEmail, operatorPass)
	v.waitFor(`#organisations`)
	for _, at := range [][3]string{
		{"/operator/organisations", "organisations", "Organisations"}, {"/operator/organisations/new", "organisation-new", "New organisation"},
		{"/operator/accounts/acme-fr", "account", "Acme France Active"}, {"/operator/clients", "clients", "Clients"},
		{"/operator/clients/spendesk-partner", "client", "Example Partner Active"}, {"/operator/clients/spendesk-partner/stop", "client-stop", "Stop Example Partner"},
		{"/operator/roles", "roles", "Roles"}, {"/operator/dialects", "dialects", "Dialects"},
		{"/operator/dialects/spendesk/transcripts/api-key", "transcript", "api-key"}, {"/operator/keys", "keys", "Signing keys"},
		{"/operator/keys/rotate?algorithm=ES256", "key-rotate", "Rotate ES256"}, {"/operator/sessions", "people", "People and sessions"},
		{"/operator/sessions?q=" + operatorEmail, "person", operatorEmail + " Active"},
		{"/operator/decisions?kind=person&who=" + acmeOwner + "&action=connections:approve&account=acme-labs", "decision", "Why was this denied?"},
	} {
		v.open(v.issuer + at[0])
		v.sees("operator-"+at[1], at[2])
	}
	v.onboards()
	v.tries()
	v.invitesOperator()
}

// fillsLines fills in a field of several lines.
func (v *tour) fillsLines(selector chromedp.CSS, text string) {
	v.tab.t.Helper()
	v.within(chromedp.WaitVisible(selector))
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).value = %q", selector, text)))
}

func (v *tour) onboards() {
	v.open(v.issuer + "/operator/partners/new")
	v.fill(`#client-company`, "Books & Co")
	v.fill(`#client-website`, "https://books.example")
	v.fill(`#client-contact`, "dev@books.example")
	v.fill(`#client-name`, "Books")
	v.chooses(`#client-dialect`, "spendesk")
	v.fillsLines(`#client-redirect_uris`, "http://books.example/back")
	v.click(`#client button.primary`)
	v.waitFor(`#client-redirect_uris-error`)
	v.sees("operator-partner-wrong", "Onboard a partner")
	v.fillsLines(`#client-redirect_uris`, "https://books.example/back")
	v.click(`#client button.primary`)
	v.waitFor(`#secret`)
	v.sees("operator-partner-made", "Books Active")
}

func (v *tour) tries() {
	v.open(v.issuer + "/operator/dialects/spendesk/try?sample=api-key/token")
	v.click(`#try button.primary`)
	v.waitFor(`#answered`)
	v.sees("operator-try", "Try it")
}

func (v *tour) invitesOperator() {
	v.open(v.issuer + "/operator/people/invite")
	v.click(`#invite button.primary`)
	v.waitFor(`#link`)
	v.sees("operator-invite", "Invite an operator")
	source, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.documentElement.outerHTML`))
	if err != nil {
		v.tab.t.Fatal(err)
	}
	v.open(operatorLink.FindString(html.UnescapeString(source)))
	v.fill(`#operator-full_name`, "Olga Ortiz")
	v.fill(`#operator-email`, "olga@claviger.example")
	v.fill(`#operator-new_password`, "a lantern on the pier")
	v.sees("operator-first-start", "Become the operator")
	v.click(`#operator button.primary`)
	v.waitFor(`#organisations`)
	v.sees("operator-welcome", "Organisations")
}
