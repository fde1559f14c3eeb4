package clients

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"

	"claviger/test/chromium"
)

const (
	acmeOwner     = "owner@acme.example"
	acmeOwnerPass = "correct horse battery staple"
	acmeConsole   = "/console/acme-fr"
)

// expectAccessible has axe-core look at the page on show.
func (v *tour) expectAccessible(name string) {
	v.tab.t.Helper()
	for _, violation := range chromium.Axe(v.tab.t, v.ctx) {
		v.tab.t.Errorf("%s: %s", name, violation)
	}
}

// sees takes the pictures of a page, and has axe-core look at it.
func (v *tour) sees(name, heading string) {
	v.tab.t.Helper()
	v.shows(name, heading)
	v.expectAccessible(name)
}

// chooses an option of a select.
func (v *tour) chooses(selector chromedp.CSS, value string) {
	v.tab.t.Helper()
	v.within(chromedp.WaitVisible(selector))
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).value = %q", selector, value)))
}

var invitationLink = regexp.MustCompile(`https?://[^\s<"]+/account/invitation\?invitation=[A-Za-z0-9_.-]+`)

// invitation is the link in the latest message, as soon as it is there.
func (v *tour) invitation() string {
	v.tab.t.Helper()
	link := ""
	eventually(v.tab.t, "no invitation came", func() bool {
		for _, message := range v.inbox() {
			if link = invitationLink.FindString(html.UnescapeString(message)); link != "" {
				return true
			}
		}
		return false
	})
	return link
}

// asksForTokens has the demo key of Acme France ask twice, once with a wrong secret.
func (v *tour) asksForTokens() {
	v.tab.t.Helper()
	for _, secret := range []string{"my_secret", "my_other_secret"} {
		r, err := http.NewRequestWithContext(v.tab.t.Context(), http.MethodPost, v.issuer+"/auth/token", http.NoBody)
		if err != nil {
			v.tab.t.Fatal(err)
		}
		r.SetBasicAuth("my_id", secret)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			v.tab.t.Fatal(err)
		}
		_ = answer.Body.Close()
	}
}

// TestPeopleOfAnOrganisation is what its administrator does: invites somebody, who
// makes an account, and gives them a role of the organisation's own; then looks at what
// happened.
func TestPeopleOfAnOrganisation(t *testing.T) {
	v := newTour(t)
	v.asksForTokens()
	v.open(v.issuer + acmeConsole + "/members")
	v.signIn(acmeOwner, acmeOwnerPass)
	v.waitFor(`#members`)
	v.open(v.issuer + acmeConsole + "/roles/new")
	v.fill(`#role-name`, "Key makers")
	v.fill(`#role-code`, "keys")
	v.click(`input[value="api-keys:create"]`)
	v.sees("people-role-new", "New role")
	v.click(`#role button.primary`)
	v.sees("people-roles", "Roles")
	v.open(v.issuer + acmeConsole + "/members/invite")
	v.fill(`#invite-email`, "ines")
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#invite form").noValidate = true`))
	v.click(`#invite button.primary`)
	v.waitFor(`#invite-email-error`)
	v.sees("people-invite-wrong", "Invite somebody")
	v.fill(`#invite-email`, "ines@acme.example")
	v.chooses(`#invite-role`, "viewer")
	v.chooses(`#invite-account_id`, "organisation")
	v.click(`#invite button.primary`)
	v.waitFor(`#invitations`)
	v.sees("people-members", "Members")
	link := v.invitation()
	v.signsUp(link)
	v.looksBack()
}

// signsUp is somebody new, in this browser too.
func (v *tour) signsUp(link string) {
	v.open(v.issuer + "/account")
	v.click(`button[value=sign_out]`)
	v.waitFor(`.seal`)
	v.open(link)
	v.fill(`#join-full_name`, "Ines Roux")
	v.fill(`#join-new_password`, "a heron at the weir")
	v.sees("people-invitation", "Join Acme France")
	v.click(`#join button.primary`)
	v.waitFor(`.alert.good`)
	v.sees("people-joined", "Acme France")
	v.open(link)
	v.sees("people-invitation-used", "This invitation does not work")
	v.open(v.issuer + "/account")
	v.click(`button[value=sign_out]`)
	v.waitFor(`.seal`)
}

// looksBack is the administrator again.
func (v *tour) looksBack() {
	v.open(v.issuer + acmeConsole + "/members?q=ines")
	v.signIn(acmeOwner, acmeOwnerPass)
	v.waitFor(`#members`)
	v.open(v.issuer + acmeConsole + "/members?q=ines")
	v.click(`#members tbody th a`)
	v.chooses(`#role-role`, "keys")
	v.sees("people-member", "Ines Roux")
	v.click(`#role button.primary`)
	v.waitFor(`.alert.good`)
	v.open(v.issuer + acmeConsole + "/members?q=ines")
	v.click(`#members .acts a.bad`)
	v.sees("people-remove", "Remove Ines Roux?")
	v.open(v.issuer + acmeConsole + "/settings")
	v.fill(`#settings-email`, "it@acme.example")
	v.click(`#settings button.primary`)
	v.waitFor(`.alert.good`)
	v.sees("people-settings", "Settings")
	v.open(v.issuer + acmeConsole + "/audit")
	v.sees("people-audit", "Audit")
	v.open(v.issuer + acmeConsole + "/audit?type=organisation.updated")
	v.click(`#audit tbody td a`)
	v.sees("people-audit-record", "Settings of the organisation changed")
	v.comesToSay(v.issuer+acmeConsole+"/usage?days=7", `main`, "my_id")
	v.sees("people-usage", "Usage")
}
