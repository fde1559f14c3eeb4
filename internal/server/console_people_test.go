package server_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"claviger/internal/server/servertest"
)

const (
	acmeConsole = "/console/acme-fr"
	invitee     = "ines@acme.example"
	inviteePass = "a heron at the weir"
)

var invitationLink = regexp.MustCompile(`http://\S+/account/invitation\?invitation=\S+`)

// link returns the address in the latest message, which went there.
func (v *visitor) link(to string) string {
	v.t.Helper()
	received := v.messages()
	if len(received) == 0 || received[0].To != to {
		v.t.Fatalf("no message to %s: %+v", to, received)
	}
	link := invitationLink.FindString(received[0].Text)
	if link == "" {
		v.t.Fatalf("no link in %q", received[0].Text)
	}
	return link
}

// acme is the owner of Acme France, signed in.
func acme(t *testing.T, c *customer) *visitor {
	v := newVisitor(t, c)
	v.signedIn(acmeOwner, acmePass)
	return v
}

// invites sends an invitation by the page.
func (v *visitor) invites(email, role string) *servertest.Page {
	v.t.Helper()
	return v.Get(acmeConsole+"/members/invite").Form("email").Set("email", email).Set("role", role).Set("account_id", "organisation").Send()
}

// joins follows a link as somebody new.
func (v *visitor) joins(link string) *servertest.Page {
	v.t.Helper()
	return v.Get(link).Form("full_name").Set("full_name", "Ines Roux").Set("new_password", inviteePass).Send()
}

// with returns the form of a page whose field has a value.
func with(t *testing.T, page *servertest.Page, name, value string) *servertest.Form {
	t.Helper()
	for _, form := range page.Forms {
		if form.Values.Get(name) == value {
			return form
		}
	}
	t.Fatalf("%s (%d) has no form with %s=%s:\n%s", page.Path, page.Status, name, value, page.Body)
	return nil
}

// to returns the form of a page that is posted to a path.
func to(t *testing.T, page *servertest.Page, path string) *servertest.Form {
	t.Helper()
	for _, form := range page.Forms {
		if form.Action == path {
			return form
		}
	}
	t.Fatalf("%s (%d) has no form to %s:\n%s", page.Path, page.Status, path, page.Body)
	return nil
}

// says fails for texts that a page lacks.
func says(t *testing.T, page *servertest.Page, status int, texts ...string) {
	t.Helper()
	if page.Status != status {
		t.Errorf("%s: status %d, want %d\n%s", page.Path, page.Status, status, page.Body)
	}
	body := html.UnescapeString(page.Body)
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Errorf("%s does not say %q:\n%s", page.Path, text, body)
		}
	}
}

// silent fails for texts that a page has.
func silent(t *testing.T, page *servertest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(html.UnescapeString(page.Body), text) {
			t.Errorf("%s says %q", page.Path, text)
		}
	}
}

func TestInvitedSomebodyNewJoinsAndCanBeRemoved(t *testing.T) {
	c := newCustomer(t)
	owner, guest := acme(t, c), newVisitor(t, c)
	says(t, owner.invites(invitee, "viewer"), http.StatusOK, "The invitation is on its way", invitee)
	link := owner.link(invitee)
	without := owner.Post(acmeConsole+"/members/invite", url.Values{"email": {newcomer}, "role": {"viewer"}}, "same-origin")
	says(t, without, http.StatusBadRequest, "This is needed") // F05: no account is not all of them
	silent(t, owner.Get(acmeConsole+"/members"), link)        // it proves who holds the address

	page := guest.Get(link)
	says(t, page, http.StatusOK, "Join Acme France", "Odile Martin", "Viewer", invitee)
	if strings.Contains(page.Path, "clv_inv") {
		t.Errorf("the secret stays in the address %s", page.Path)
	}
	says(t, page.Form("full_name").Set("full_name", "").Set("new_password", "short").Send(), http.StatusBadRequest, "This is needed")
	says(t, guest.Get(link).Form("full_name").Set("full_name", "Ines").Set("new_password", "short").Send(), http.StatusBadRequest, "8")
	says(t, guest.joins(link), http.StatusOK, "You are a member now", "Acme France", "Ines Roux")
	says(t, newVisitor(t, c).signedIn(invitee, inviteePass), http.StatusOK, invitee, "Confirmed") // the link proved the address

	// A viewer sees no members, and the navigation leads to none.
	guest.Get(acmeConsole + "/members").Problem(http.StatusForbidden)
	silent(t, guest.Get(acmeConsole), acmeConsole+"/members", acmeConsole+"/audit")

	page = owner.Get(acmeConsole + "/members?q=roux")
	says(t, page, http.StatusOK, "Ines Roux", "Viewer")
	silent(t, page, "Nobody is called that")
	path := regexp.MustCompile(acmeConsole + `/members/mem_\w+`).FindString(page.Body)
	says(t, owner.Get(path).Form("version").Set("role", "owner").Send(), http.StatusOK, "The role is changed")
	says(t, guest.Get(acmeConsole+"/members"), http.StatusOK, "Odile Martin", "Ines Roux")

	confirm := owner.Get(path + "/remove")
	says(t, confirm.Form("confirm").Set("confirm", "Ines").Send(), http.StatusBadRequest, "This is not the name")
	says(t, confirm.Form("confirm").Set("confirm", "Ines Roux").Send(), http.StatusOK, "The member is removed")
	guest.Get(acmeConsole).Problem(http.StatusNotFound)
}

func TestCP_4_TheLastOwnerStays(t *testing.T) {
	owner := acme(t, newCustomer(t))
	page := owner.Get(acmeConsole + "/members")
	path := regexp.MustCompile(acmeConsole + `/members/mem_\w+`).FindString(page.Body)
	says(t, owner.Get(path).Form("version").Set("role", "viewer").Send(), http.StatusForbidden, "This is the last owner")
	says(t, owner.Get(path+"/remove").Form("confirm").Set("confirm", "Odile Martin").Send(), http.StatusForbidden, "This is the last owner")
	says(t, owner.Get(acmeConsole+"/members"), http.StatusOK, "Odile Martin")
}

func TestE18_AnInvitationIsForOneAndOnce(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	owner.invites(invitee, "viewer")
	first := owner.link(invitee)
	newVisitor(t, c).joins(first)
	for name, page := range map[string]*servertest.Page{
		"again": newVisitor(t, c).Get(first), "wrong": newVisitor(t, c).Get("/account/invitation?invitation=clv_inv_x"),
		"none": newVisitor(t, c).Get("/account/invitation"),
	} {
		if says(t, page, http.StatusNotFound, "This invitation does not work"); len(page.Forms) > 0 && strings.Contains(page.Body, "new_password") {
			t.Errorf("%s: the page asks for a password", name)
		}
	}

	// One that was sent to somebody with an account is theirs alone, and signing in comes first.
	owner.invites("user@centrapay.example", "viewer")
	link := owner.link("user@centrapay.example")
	guest := newVisitor(t, c)
	page := guest.Get(link)
	says(t, page, http.StatusOK, "You have an account")
	page = guest.Post("/account/invitation", url.Values{"full_name": {"Mallory"}, "new_password": {"mallory was here"}}, "same-origin")
	says(t, page, http.StatusOK, "You have an account")
	other := newVisitor(t, c)
	other.signedIn(newcomer, newcomerPass)
	says(t, other.Get(link), http.StatusOK, "This is for somebody else")
	says(t, other.Post("/account/invitation", url.Values{}, "same-origin"), http.StatusOK, "This is for somebody else")

	// Not verified, the address may be somebody else's.
	guest.signedIn("user@centrapay.example", userPass)
	says(t, guest.Get("/account/invitation"), http.StatusOK, "Confirm your email address first")
	c.apply("people: [{email: user@centrapay.example, email_verified: true}]")
	page = guest.Get("/account/invitation")
	says(t, page, http.StatusOK, "Accept and join")
	says(t, to(t, page, "/account/invitation").Send(), http.StatusOK, "You are a member now")
}

func TestE18_WithdrawnReplacedAndOldInvitationsAreDead(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	owner.invites(invitee, "viewer")
	first := owner.link(invitee)
	members := owner.Get(acmeConsole + "/members")
	says(t, with(t, members, "action", "again").Send(), http.StatusOK, "on its way")
	second := owner.link(invitee)
	if first == second {
		t.Fatal("the same link")
	}
	newVisitor(t, c).Get(first).Problem(http.StatusNotFound)
	says(t, newVisitor(t, c).Get(second), http.StatusOK, "Join Acme France")
	says(t, with(t, owner.Get(acmeConsole+"/members"), "action", "withdraw").Send(), http.StatusOK, "no longer works")
	newVisitor(t, c).Get(second).Problem(http.StatusNotFound)

	owner.invites(invitee, "viewer")
	third := owner.link(invitee)
	c.Clock.Advance(7*24*time.Hour + time.Second)
	newVisitor(t, c).Get(third).Problem(http.StatusNotFound)
}
