package server_test

import (
	"net/http"
	"testing"

	"claviger/internal/core"
)

// stops gives an organisation a status, as the platform does.
func (c *customer) stops(id string, status core.Status) {
	c.t.Helper()
	operator := bearer(c.adminToken("operator@platform.test"))
	c.send(http.MethodPatch, "/admin/v1/organisations/"+id, `{"status":"`+string(status)+`"}`, operator, jsonType, "If-Match: *").is(http.StatusOK)
}

// An organisation that the platform has stopped is managed by nobody of its own, by
// neither face, until it is let in again.
func TestALL_6_AStoppedOrganisationIsNotManagedByItsPeople(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		id := c.organisationID("cafe")
		owner, operator, cafe := bearer(c.adminToken("owner@cafe.test")), bearer(c.adminToken("operator@platform.test")), "/admin/v1/organisations/"+id
		manages := func(who, key string, read, changed, made int) {
			t.Helper()
			c.get(cafe, who).is(read)
			c.get(cafe+"/members", who).is(read)
			c.send(http.MethodPatch, cafe, `{"name":"Cafe `+key+`"}`, who, jsonType, "If-Match: *").is(changed)
			c.post(cafe+"/api-keys", `{"account_id":"cafe-till","name":"`+key+`"}`, who).is(made)
			c.send(http.MethodPatch, "/admin/v1/clients/cafe-client", `{"name":"`+key+`"}`, who, jsonType, "If-Match: *").is(changed)
		}
		manages(owner, "Before", http.StatusOK, http.StatusOK, http.StatusCreated)
		for _, status := range []core.Status{core.Suspended, core.Disabled} {
			c.stops(id, status)
			manages(owner, "During", http.StatusNotFound, http.StatusNotFound, http.StatusNotFound)
			if seen := c.get("/admin/v1/organisations", owner).is(http.StatusOK).items("id"); len(seen) != 0 {
				t.Errorf("%s: its owner sees %v", status, seen)
			}
			manages(operator, "During "+string(status), http.StatusOK, http.StatusOK, http.StatusCreated)
		}
		c.stops(id, core.Active)
		manages(owner, "After", http.StatusOK, http.StatusOK, http.StatusCreated)
	})
}

func TestALL_6_NobodyJoinsAStoppedOrganisation(t *testing.T) {
	c := newCustomer(t).withTenants()
	id := c.organisationID("acme-fr")
	owner, guest := acme(t, c), newVisitor(t, c)
	says(t, owner.invites(invitee, "viewer"), http.StatusOK, "The invitation is on its way")
	link := owner.link(invitee)
	c.stops(id, core.Suspended)
	owner.Get(acmeConsole).Problem(http.StatusNotFound)
	owner.Get(acmeConsole + "/members").Problem(http.StatusNotFound)
	if page := guest.Get(link); page.Status != http.StatusNotFound {
		t.Errorf("the invitation is shown: %d\n%s", page.Status, page.Body)
	}
	c.stops(id, core.Active)
	says(t, owner.Get(acmeConsole+"/members"), http.StatusOK, "Odile Martin")
	says(t, guest.joins(link), http.StatusOK, "You are a member now")
}

// Whoever the platform itself invited is kept out by the same rule.
func TestALL_6_AnInvitationByTheOperatorToAStoppedOrganisation(t *testing.T) {
	c := newCustomer(t).withTenants()
	id, operator := c.organisationID("cafe"), bearer(c.adminToken("operator@platform.test"))
	c.post("/admin/v1/organisations/"+id+"/invitations", `{"email":"`+invitee+`","role":"teller"}`, operator).is(http.StatusCreated)
	guest := newVisitor(t, c)
	link := guest.link(invitee)
	c.stops(id, core.Disabled)
	if page := guest.Get(link); page.Status != http.StatusNotFound {
		t.Errorf("the invitation is shown: %d\n%s", page.Status, page.Body)
	}
	c.stops(id, core.Active)
	says(t, guest.joins(link), http.StatusOK, "You are a member now")
}

// What the platform has suspended, an organisation's own people cannot set going.
func TestALL_6_OnlyThePlatformLiftsItsSuspension(t *testing.T) {
	c := newCustomer(t).withTenants()
	owner, operator := bearer(c.adminToken("owner@cafe.test")), bearer(c.adminToken("operator@platform.test"))
	robot := c.post("/admin/v1/organisations/"+c.organisationID("cafe")+"/service-accounts", `{"username":"robot"}`, owner).is(http.StatusCreated)
	for _, path := range []string{"/admin/v1/clients/cafe-client", "/admin/v1/service-accounts/" + robot.string("id")} {
		set := func(who, status string, answer int) {
			t.Helper()
			c.send(http.MethodPatch, path, `{"status":"`+status+`"}`, who, jsonType, "If-Match: *").is(answer)
		}
		set(owner, "DISABLED", http.StatusOK)
		set(owner, "ACTIVE", http.StatusOK)
		set(owner, "SUSPENDED", http.StatusForbidden)
		set(operator, "SUSPENDED", http.StatusOK)
		set(owner, "ACTIVE", http.StatusForbidden)
		set(owner, "DISABLED", http.StatusForbidden)
		set(operator, "ACTIVE", http.StatusOK)
	}
}
