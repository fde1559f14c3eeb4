package server_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
)

// What lets somebody or something in, or widens what it may do, is changed by who has
// signed in lately. Others do that first, and come back to the whole address.
func TestASecretNeedsALateSignIn(t *testing.T) {
	c := newCustomer(t)
	v, operator := acmeOwned(t, c), operatorOf(t, c)
	id, secret := v.makesKey("Payroll", nil)
	tells(t, v.action(v.Get(acmePages+"/api-keys/"+id), "/disable"), 200, "Disabled")
	c.scratchOwner()
	manager := newVisitor(t, c)
	manager.signedIn("owner@scratch.example", scratchPass)
	account := "/console/YOUR_ORG/service-accounts/" + c.serviceAccountID("YOUR_ORG", "integration-user")
	tells(t, manager.Get(account+"/disable").Form("confirm").Set("confirm", "integration-user").Send(), 200, "Disabled")
	organisation, err := c.Store.OrganisationByCode(t.Context(), "acme-fr")
	if err != nil {
		t.Fatal(err)
	}

	c.Clock.Advance(time.Hour + time.Second)
	rotate, enable, edit := acmePages+"/api-keys/"+id+"/rotate", acmePages+"/api-keys/"+id+"/enable", acmePages+"/api-keys/"+id+"/edit"
	newAccount := "/operator/organisations/" + organisation.ID + "/accounts/new"
	for path, who := range map[string]*visitor{
		rotate: v, edit: v, acmePages + "/api-keys/new": v, acmePages + "/service-accounts/new": v, "/operator/keys/rotate?algorithm=ES256": operator, newAccount: operator,
	} {
		if page := who.Get(path); !strings.Contains(page.Path, "/sign-in?") {
			t.Errorf("%s leads to %s", path, page.Path)
		}
	}
	values := map[string][]string{"overlap": {"0"}, "name": {"x"}, "username": {"x"}, "confirm": {"ES256"}, "algorithm": {"ES256"}}
	for path, who := range map[string]*visitor{
		rotate: v, edit: v, enable: v, acmePages + "/api-keys/new": v, acmePages + "/service-accounts/new": v, account + "/enable": manager,
		newAccount: operator, "/operator/keys/rotate": operator,
	} {
		if page := who.Post(path, values, "same-origin"); !strings.Contains(page.Path, "/sign-in?") {
			t.Errorf("what is posted to %s leads to %s", path, page.Path)
		}
	}
	if key, err := c.Store.APIKey(t.Context(), id); err != nil || key.Enabled || key.Name != "Payroll" {
		t.Errorf("the key was changed: %+v, %v", key, err)
	}
	if user, err := c.Store.User(t.Context(), c.serviceAccountID("YOUR_ORG", "integration-user")); err != nil || user.Status != core.Disabled {
		t.Errorf("the service account was changed: %+v, %v", user, err)
	}
	for path, want := range map[string]string{ // where the person comes back to
		"/operator/keys/rotate?algorithm=ES256":                    "/operator/keys/rotate?algorithm=ES256",
		"/operator/keys/rotate?algorithm=ES256&q=//evil.example/x": "/operator/keys/rotate",
	} {
		back := newVisitor(t, c).Get(path).SignIn(operatorEmail, operatorPass) // signed in nowhere
		if !strings.HasSuffix(back.Path, want) {
			t.Errorf("from %s, who signs in comes to %s", path, back.Path)
		}
	}
	if page := operator.Get("/operator/keys/rotate?algorithm=ES256").SignIn(operatorEmail, operatorPass); !strings.HasSuffix(page.Path, "?algorithm=ES256") {
		t.Errorf("after it, the operator is at %s", page.Path)
	}
	if page := v.Get(rotate).SignIn(acmeOwner, acmePass); !strings.HasSuffix(page.Path, rotate) {
		t.Errorf("after it, the person is at %s", page.Path)
	}
	tells(t, v.action(v.Get(acmePages+"/api-keys/"+id), "/enable"), 200, "Active")
	c.keyWorks(id, secret, http.StatusOK)
}

// Of two who change a thing at once, the second sees what the first did beside their
// own words, which are saved when they are sent again.
func TestWhatSomebodyElseChangedIsShown(t *testing.T) {
	c := newCustomer(t)
	v, operator := acmeOwned(t, c), operatorOf(t, c)
	says(t, v.Get(acmePages+"/roles/new").Form("code").Set("code", "books").Set("name", "Books").Set("own", "api-keys:create").Send(), http.StatusOK)
	roles := v.Get(acmePages + "/roles")
	organisation, err := c.Store.OrganisationByCode(t.Context(), "acme-fr")
	if err != nil {
		t.Fatal(err)
	}
	c.apply(`clients: [{id: spendesk-partner, company: Partner, website: "https://partner.example", contact: dev@partner.example}]`)
	for _, x := range []struct {
		who                 *visitor
		path, field         string
		theirs, ours, shown string // shown: of theirs, beside ours
	}{
		{v, acmePages + "/settings", "phone", "+33111111111", "+33122222222", "+33111111111"},
		{v, foundIn(t, roles, acmePages+`/roles/rol_\w+/edit`), "own", "api-keys:update", "api-keys:create", "API keys"},
		{operator, "/operator/organisations/" + organisation.ID + "/edit", "phone", "+33133333333", "+33144444444", "+33133333333"},
		{operator, "/operator/clients/spendesk-partner/edit", "products", "theirs", "ours", "theirs"},
		{operator, "/operator/accounts/acme-fr", "category", "theirs", "ours", "theirs"},
	} {
		page := x.who.Get(x.path)
		first, second := to(t, page, page.Path), to(t, x.who.Get(x.path), page.Path)
		says(t, first.Set(x.field, x.theirs).Send(), http.StatusOK)
		stale := second.Set(x.field, x.ours).Send()
		says(t, stale, http.StatusPreconditionFailed, "Somebody else changed this", x.ours)
		now := regexp.MustCompile(`(?s)As it is now.*?</section>`).FindString(html.UnescapeString(stale.Body))
		if !strings.Contains(now, x.shown) || strings.Contains(now, x.ours) {
			t.Errorf("%s: what is stored now is shown as %q", x.path, now)
		}
		again := to(t, stale, page.Path)
		if again.Values.Get(x.field) != x.ours {
			t.Errorf("%s: what was typed is lost: %v", x.path, again.Values)
		}
		says(t, again.Send(), http.StatusOK)
		if left := to(t, x.who.Get(x.path), page.Path).Values.Get(x.field); left != x.ours {
			t.Errorf("%s: %q is stored", x.path, left)
		}
	}
}

// Who may make API keys may not for that change them, nor the other way round.
func TestF03_MakingAndChangingKeysAreTwoPermissions(t *testing.T) {
	c := newCustomer(t)
	c.apply(`roles:
  - {code: keymaker, name: Key maker, grants: {own: ["api-keys:create"]}}
  - {code: keykeeper, name: Key keeper, grants: {own: ["api-keys:update"]}}
people:
  - {email: maker@acme.example, password: "copper kettle on the hob", memberships: [{organisation: acme-fr, role: keymaker}]}
  - {email: keeper@acme.example, password: "copper kettle on the hob", memberships: [{organisation: acme-fr, role: keykeeper}]}`)
	maker, keeper := newVisitor(t, c), newVisitor(t, c)
	maker.signedIn("maker@acme.example", "copper kettle on the hob")
	keeper.signedIn("keeper@acme.example", "copper kettle on the hob")
	list := acmePages + "/api-keys"

	says(t, maker.Get(list), http.StatusOK, list+"/new")
	id, secret := maker.makesKey("Payroll", map[string]string{"expires_at": c.Clock.Now().AddDate(0, 0, 5).Format(time.DateOnly)})
	c.keyWorks(id, secret, http.StatusOK)
	says(t, maker.Get(list), http.StatusOK, "Payroll ends on", list+"/new?for=")
	for _, page := range []string{"/edit", "/rotate", "/revoke"} {
		silent(t, maker.Get(list+"/"+id), id+page)
		silent(t, maker.Get(list), id+page)
		maker.Get(list + "/" + id + page).Problem(http.StatusForbidden)
	}

	silent(t, keeper.Get(list), list+"/new")
	keeper.Get(list + "/new").Problem(http.StatusForbidden)
	says(t, keeper.Get(list), http.StatusOK, id+"/rotate", id+"/revoke")
	says(t, keeper.Get(list+"/"+id+"/edit").Form("name").Set("name", "Salaries").Send(), http.StatusOK, "The API key is changed")
	page := keeper.Get(list+"/"+id+"/rotate").Form("overlap").Set("overlap", "0").Send()
	c.keyWorks(id, found(t, page, secretShown), http.StatusOK)
	revoke := keeper.Get(list + "/" + id + "/revoke")
	says(t, revoke.Form("confirm").Set("confirm", "Salaries").Send(), http.StatusOK, "Revoked")
	says(t, keeper.Get(list), http.StatusOK, "Salaries")
}

// Whom to turn to about a client is changed also where the three fields, one after the
// other, are the same text as before.
func TestTheCompanyOfAnOwnedClientIsChangedFieldByField(t *testing.T) {
	c := newCustomer(t)
	c.apply(`clients: [{id: your-client-id, company: Books, website: "https://books.example", contact: xy}]`)
	v := operatorOf(t, c)
	const path = "/operator/clients/your-client-id"
	page := to(t, v.Get(path+"/edit"), path+"/edit").Set("website", "https://books.examplex").Set("contact", "y").Send()
	says(t, page, http.StatusOK, "The client is changed", "https://books.examplex")
}
