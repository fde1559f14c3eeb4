package server_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
)

// Whoever lost the phone and the recovery codes gets back in by the operator, who types
// the name; their sessions end, they are told, and the audit trail says who did it.
func TestE12_TheOperatorResetsLostFactors(t *testing.T) {
	c := newCustomer(t)
	v, _ := protected(t, c)
	c.apply(`people: [{email: ` + newcomer + `, email_verified: true}]`) // they can be told
	newVisitor(t, c).secondPage()                                        // after the password: what was lost
	operator := operatorOf(t, c)
	person := c.Person(newcomer)
	page := operator.Get("/operator/sessions?q=" + person.ID)
	says(t, page, http.StatusOK, "Authenticator app", "Recovery codes left: 10")
	path := foundIn(t, page, `"(/operator/people/usr_\w+/factors)"`)
	confirm := operator.Get(path)
	says(t, confirm.Form("confirm").Set("confirm", "somebody").Send(), http.StatusBadRequest, "This is not the name")
	newVisitor(t, c).secondPage()
	name := foundIn(t, confirm, `<strong>(?:<bdi>)?([^<]+)(?:</bdi>)?</strong></label>`)
	done := confirm.Form("confirm").Set("confirm", name).Send()
	says(t, done, http.StatusOK, "The second factors are gone", "signed in nowhere")
	silent(t, done, "Authenticator app", path)
	if message := v.messages()[0]; message.To != newcomer || !strings.Contains(message.Subject, "reset") {
		t.Errorf("they were told %+v", message)
	}
	if page := v.Get("/account").SignIn(newcomer, newcomerPass); !v.inside() {
		t.Errorf("the password alone leads to %s", page.Path)
	}
	events, err := c.Store.Events(t.Context(), store.EventFilter{Type: core.FactorsReset})
	if err != nil || len(events) != 1 || events[0].SubjectID != c.Person(operatorEmail).ID || events[0].Target != "user/"+person.ID {
		t.Errorf("%+v, %v", events, err)
	}

	// It asks for a late sign-in, is for operators alone, and for nobody's own factors.
	for _, who := range []*visitor{v, acme(t, c)} {
		who.Get(path).Problem(http.StatusForbidden)
		who.Post(path, map[string][]string{"confirm": {name}}, "same-origin").Problem(http.StatusForbidden)
	}
	operator.Post(path, map[string][]string{"confirm": {name}}, "cross-site").Problem(http.StatusForbidden)
	own := c.Person(operatorEmail).ID
	silent(t, operator.Get("/operator/sessions?q="+own), "/factors")
	operator.Post("/operator/people/"+own+"/factors", map[string][]string{"confirm": {operatorEmail}}, "same-origin").Problem(http.StatusForbidden)
	c.Clock.Advance(time.Hour + time.Second)
	if page := operator.Get(path); !strings.Contains(page.Path, "/sign-in?") {
		t.Errorf("a while after the sign-in, the page is at %s", page.Path)
	}
}

func TestManagementAPI_FactorsAreReset(t *testing.T) {
	c := newCustomer(t).withTenants()
	v, _ := protected(t, c)
	operator, owner := bearer(c.adminToken("operator@platform.test")), bearer(c.adminToken("owner@cafe.test"))
	reset := func(who, person string) wireAnswer {
		return c.send(http.MethodDelete, "/admin/v1/users/"+person+"/factors", "", who)
	}
	reset(owner, c.Person(newcomer).ID).is(http.StatusNotFound)
	reset(owner, c.Person("owner@cafe.test").ID).is(http.StatusNotFound)
	reset(operator, "nobody@cafe.test").is(http.StatusNotFound)
	reset(operator, c.Person("operator@platform.test").ID).is(http.StatusForbidden)
	newVisitor(t, c).secondPage()
	reset(operator, newcomer).is(http.StatusNoContent)
	if page := v.Get("/account").SignIn(newcomer, newcomerPass); !v.inside() {
		t.Errorf("the password alone leads to %s", page.Path)
	}
	if err := c.Admin.ResetFactors(t.Context(), admin.Actor{Name: "cli"}, c.serviceAccountID("cafe", "pos")); err == nil {
		t.Error("a service account has factors")
	}
}
