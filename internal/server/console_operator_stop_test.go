package server_test

import (
	"net/http"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/core"
)

// A form says what it wants, and never does the opposite, however late or often it is
// sent: whom one operator has stopped, another one's form does not let back in.
func TestAFormThatStopsNeverStarts(t *testing.T) {
	c := newCustomer(t)
	v := operatorOf(t, c)
	organisation, err := c.Store.OrganisationByCode(t.Context(), "acme-fr")
	if err != nil {
		t.Fatal(err)
	}
	person, client := c.Person(acmeOwner), "spendesk-partner"
	for _, x := range []struct {
		path, name, page string
		change           string // another one of the same thing
		status           func() core.Status
	}{
		{"/operator/people/" + person.ID + "/stop", "Odile Martin", "/operator/sessions?q=" + person.ID, "people: [{email: " + acmeOwner + ", phone: '+33612345678'}]",
			func() core.Status { return c.Person(acmeOwner).Status }},
		{"/operator/organisations/" + organisation.ID + "/stop", organisation.Name, "/operator/organisations/" + organisation.ID,
			"organisations: [{code: acme-fr, phone: '+33123456789'}]", func() core.Status {
				o, err := c.Store.Organisation(t.Context(), organisation.ID)
				if err != nil {
					t.Fatal(err)
				}
				return o.Status
			}},
		{"/operator/clients/" + client + "/stop", "Example Partner", "/operator/clients/" + client, "clients: [{id: " + client + ", products: [x]}]",
			func() core.Status {
				x, err := c.Store.Client(t.Context(), client)
				if err != nil {
					t.Fatal(err)
				}
				return x.Status
			}},
	} {
		first, second, third := v.Get(x.path).Form("confirm"), v.Get(x.path).Form("confirm"), v.Get(x.path).Form("confirm")
		c.apply(x.change)
		page := first.Set("confirm", x.name).Send() // of the thing as it was before
		says(t, page, http.StatusPreconditionFailed, "Somebody else changed this")
		again := page.Form("confirm").Set("confirm", x.name)
		says(t, again.Send(), http.StatusOK, "changed")
		says(t, again.Send(), http.StatusOK, "This was done already")
		says(t, second.Set("confirm", x.name).Send(), http.StatusOK, "This was done already")
		if status := x.status(); status != core.Disabled {
			t.Errorf("%s: a form that stops has let it go again: %s", x.path, status)
		}
		says(t, v.Get(x.path), http.StatusOK, "This was done already")
		start := to(t, v.Get(x.page), x.path)
		says(t, start.Send(), http.StatusOK)
		if status := x.status(); status != core.Active {
			t.Errorf("%s: %s after it was let go again", x.path, status)
		}
		says(t, start.Send(), http.StatusOK, "This was done already")
		says(t, third.Set("confirm", x.name).Send(), http.StatusPreconditionFailed)
		if status := x.status(); status != core.Active {
			t.Errorf("%s: %s by a form of the thing as it was", x.path, status)
		}
		third.Values.Del("status")
		third.Set("confirm", x.name).Send().Problem(http.StatusBadRequest)
	}
}

// Whoever is stopped is signed out in the same write, and let back in is signed in
// nowhere.
func TestE19_StoppingAPersonEndsTheirSessions(t *testing.T) {
	c := newCustomer(t)
	owner, operator, person := acme(t, c), c.signedIn(operatorEmail), c.Person(acmeOwner)
	for _, status := range []core.Status{core.Suspended, core.Active} {
		if _, err := c.Admin.SetPersonStatus(t.Context(), operator, person.ID, admin.AnyVersion, status); err != nil {
			t.Fatal(err)
		}
	}
	if sessions, err := c.Store.SessionsOf(t.Context(), person.ID, c.Clock.Now()); err != nil || len(sessions) != 0 {
		t.Errorf("%d sessions live on, %v", len(sessions), err)
	}
	if page := owner.Get(acmeConsole); !strings.HasPrefix(page.Path, "/sign-in") {
		t.Errorf("still signed in: %s", page.Path)
	}
}
