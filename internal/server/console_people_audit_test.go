package server_test

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/oauth"
	"claviger/test/testlog"
)

// asked has Acme France's key ask for tokens: some are refused.
func (c *customer) asked(good, bad int) {
	c.t.Helper()
	ask := func(secret string, status int) {
		c.send(http.MethodPost, "/auth/token", "", basic("my_id", secret)).is(status)
	}
	for range good {
		ask("my_secret", http.StatusOK)
	}
	for range bad {
		ask("wrong-"+testlog.Canary, http.StatusUnauthorized)
	}
	if _, err := c.Store.FlushUsage(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
}

// organisation returns one by its code.
func (c *customer) organisation(code string) *core.Organisation {
	c.t.Helper()
	organisation, err := c.Store.OrganisationByCode(c.t.Context(), code)
	if err != nil {
		c.t.Fatal(err)
	}
	return organisation
}

// happened keeps records of an organisation.
func (c *customer) happened(events ...core.Event) {
	c.t.Helper()
	err := c.Store.Write(c.t.Context(), func(tx *store.Tx) error {
		for _, e := range events {
			tx.Audit(e)
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

func TestSettingsAreChangedAndAudited(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	page := owner.Get(acmeConsole + "/settings")
	says(t, page, http.StatusOK, "Acme France", "acme-fr")
	older := owner.Get(acmeConsole + "/settings")
	says(t, page.Form("email").Set("email", "nobody").Send(), http.StatusBadRequest, "Write an email address", `value="nobody"`)
	page = owner.Get(acmeConsole+"/settings").Form("email").Set("name", "Acme, Inc -> DISABLED").Set("email", "it@acme.example").Send()
	says(t, page, http.StatusOK, "The settings are saved", "it@acme.example")
	// Two at once: the second is told, and nothing is lost (412).
	says(t, older.Form("email").Set("email", "other@acme.example").Send(), http.StatusPreconditionFailed, "Somebody else changed this", `value="other@acme.example"`)

	page = owner.Get(acmeConsole + "/audit?type=organisation.updated")
	says(t, page, http.StatusOK, "Settings of the organisation changed", "Odile Martin")
	record := regexp.MustCompile(acmeConsole + `/audit/evt_\w+`).FindString(page.Body)
	says(t, owner.Get(record), http.StatusOK, "What changed", "<bdi>Acme France</bdi>", "<bdi>Acme, Inc -> DISABLED</bdi>", "it@acme.example")
}

func TestF03_ARoleOfOnesOwnStaysWithinOnesRights(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	page := owner.Get(acmeConsole + "/roles")
	says(t, page, http.StatusOK, "Owner", "Viewer", "Everything about the organisation", "Connect partners")
	form := owner.Get(acmeConsole + "/roles/new")
	says(t, form, http.StatusOK, "Make API keys")
	silent(t, form, "ROLE_TOPUP")
	post := url.Values{"name": {"Top up"}, "code": {"topup"}, "own": {"api-keys:create", "ROLE_TOPUP"}}
	says(t, owner.Post(acmeConsole+"/roles/new", post, "same-origin"), http.StatusForbidden, "cannot allow more", `value="Top up"`)
	post = url.Values{"name": {"Keys"}, "code": {"keys"}, "own": {"api-keys:create", "api-keys:list"}}
	page = owner.Post(acmeConsole+"/roles/new", post, "same-origin")
	says(t, page, http.StatusOK, "The role is there", "Keys", "Make API keys")
	says(t, owner.Post(acmeConsole+"/roles/new", post, "same-origin"), http.StatusConflict, "with this code already")
	role := regexp.MustCompile(acmeConsole + `/roles/rol_\w+/edit`).FindString(page.Body)
	edit := owner.Get(role)
	says(t, edit, http.StatusOK, `value="Keys"`)
	says(t, edit.Form("version").Set("name", "Key makers").Set("own", "api-keys:create").Send(), http.StatusOK, "The role is changed", "Key makers")
	silent(t, owner.Get(strings.TrimSuffix(role, "/edit")), "List API keys")

	owner.invites(invitee, "keys")
	newVisitor(t, c).joins(owner.link(invitee))
	remove := owner.Get(strings.TrimSuffix(role, "/edit") + "/delete")
	says(t, remove.Form("confirm").Set("confirm", "Key makers").Send(), http.StatusConflict, "still has this role")

	// A role of the platform is not the organisation's to change.
	viewer := regexp.MustCompile(acmeConsole + `/roles/(rol_\w+)"[^>]*><bdi>Viewer`).FindStringSubmatch(owner.Get(acmeConsole + "/roles").Body)
	if viewer == nil {
		t.Fatal("no viewer")
	}
	owner.Get(acmeConsole + "/roles/" + viewer[1] + "/edit").Problem(http.StatusForbidden)
	// Nobody gives a role above their own, by whatever form.
	manager := newVisitor(t, c)
	manager.signedIn(invitee, inviteePass)
	manager.Get(acmeConsole + "/members/invite").Problem(http.StatusForbidden)
	manager.Post(acmeConsole+"/members/invite", url.Values{"email": {newcomer}, "role": {"owner"}, "account_id": {"organisation"}}, "same-origin").Problem(http.StatusForbidden)
	manager.Post(acmeConsole+"/roles/new", post, "same-origin").Problem(http.StatusForbidden)
	manager.Post(acmeConsole+"/settings", url.Values{"name": {"Mallory"}}, "same-origin").Problem(http.StatusForbidden)
}

func TestAuditIsFilteredPagedAndOfOneOrganisation(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	own, other := c.organisation("acme-fr"), c.organisation("centrapay-cafe")
	for i := range 120 {
		c.happened(core.Event{Type: core.TokenRefused, Reason: oauth.ReasonScopeNotAllowed, OrganisationID: own.ID, ClientID: "my_id", Detail: fmt.Sprint("number ", i)})
	}
	c.happened(core.Event{Type: core.MemberAdded, OrganisationID: other.ID, Detail: "secret of the cafe"})
	path := acmeConsole + "/audit?type=token.refused"
	seen := map[string]int{}
	record := regexp.MustCompile(acmeConsole + `/audit/(evt_\w+)"`)
	follow := func(page *servertest.Page, rel string) string {
		link := regexp.MustCompile(`href="([^"]+)" rel="` + rel).FindStringSubmatch(page.Body)
		if link == nil {
			return ""
		}
		return acmeConsole + "/audit" + strings.ReplaceAll(link[1], "&amp;", "&")
	}
	var pages []string
	for path != "" && len(pages) < 9 {
		pages = append(pages, path)
		page := owner.Get(path)
		says(t, page, http.StatusOK, "The client asked for a scope that it may not have")
		for _, found := range record.FindAllStringSubmatch(page.Body, -1) {
			seen[found[1]]++
		}
		path = follow(page, "next")
	}
	if len(pages) != 3 || len(seen) != 120 {
		t.Errorf("%d records on %d pages", len(seen), len(pages))
	}
	middle := owner.Get(follow(owner.Get(pages[2]), "prev"))
	first, again := record.FindStringSubmatch(owner.Get(pages[1]).Body), record.FindStringSubmatch(middle.Body)
	if first[1] != again[1] {
		t.Errorf("back from the last page are %s, not %s", again[1], first[1])
	}
	says(t, owner.Get(acmeConsole+"/audit?who="+acmeOwner+"&type=session.signed_in"), http.StatusOK, "There are no such records") // it was of no organisation
	says(t, owner.Get(acmeConsole+"/audit?from=2026-03-03"), http.StatusOK, "There are no such records")
	says(t, owner.Get(acmeConsole+"/audit?to=2026-03-02&client=my_id"), http.StatusOK, "Token refused")
	silent(t, owner.Get(acmeConsole+"/audit"), "of the cafe")

	// F10: what is asked for is never part of a statement, and nonsense is said to be some.
	for _, query := range []string{"type=x'%20OR%201=1--", "after=evt_1'--", "before=%00", "from=yesterday", "to=2026-02-31", "from=2026-03-02&to=2026-03-01"} {
		if page := owner.Get(acmeConsole + "/audit?" + query); page.Status != http.StatusBadRequest || strings.Contains(page.Body, "/audit/evt_") {
			t.Errorf("%s: %d", query, page.Status)
		}
	}
	for _, query := range []string{"who=' OR ''='", "client=%25", "who=x@y.example' OR ''='"} {
		says(t, owner.Get(acmeConsole+"/audit?"+strings.ReplaceAll(query, " ", "%20")), http.StatusOK, "There are no such records")
	}
}

func TestAuditIsExported(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	own := c.organisation("acme-fr")
	formulas := []string{`=HYPERLINK("http://evil.example")`, "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "＝1"}
	for i := range 1100 { // more than are read at once
		c.happened(core.Event{Type: core.TokenRefused, OrganisationID: own.ID, ClientID: formulas[i%len(formulas)], Detail: fmt.Sprint(i)})
	}
	c.happened(core.Event{Type: core.TokenRefused, OrganisationID: c.organisation("centrapay-cafe").ID, Detail: "of the cafe"})
	page := owner.Get(acmeConsole + "/audit.csv?type=token.refused")
	if page.Status != http.StatusOK || !strings.HasPrefix(page.Header.Get("Content-Type"), "text/csv") ||
		!strings.Contains(page.Header.Get("Content-Disposition"), `filename="audit-2026-03-02.csv"`) || page.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v", page.Status, page.Header)
	}
	lines, err := csv.NewReader(strings.NewReader(page.Body)).ReadAll()
	if err != nil || len(lines) != 1101 {
		t.Fatal(len(lines), err)
	}
	for _, line := range lines {
		for _, value := range line {
			if value != "" && strings.ContainsRune("=+-@\t\r＝", []rune(value)[0]) || strings.Contains(value, "of the cafe") {
				t.Fatalf("the file has %q", value)
			}
		}
	}
	owner.Get(acmeConsole + "/audit.csv?from=x").Problem(http.StatusBadRequest)
	stranger := newVisitor(t, c)
	stranger.signedIn("user@centrapay.example", userPass)
	stranger.Get(acmeConsole + "/audit.csv").Problem(http.StatusNotFound)
}

func TestUsageSaysWhatWasRefusedAndWhy(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	says(t, owner.Get(acmeConsole+"/usage"), http.StatusOK, "No program asked for a token")
	c.asked(3, 2)
	c.Clock.Advance(48 * time.Hour)
	owner = acme(t, c)
	c.asked(1, 0)
	page := owner.Get(acmeConsole + "/usage")
	says(t, page, http.StatusOK, "API access", "my_id", "<svg", "2 March", "4 March")
	page = owner.Get(acmeConsole + "/usage?days=7&client=my_id")
	says(t, page, http.StatusOK, "Last 7 days")
	says(t, owner.Get(acmeConsole+"/usage?days=7&client=nobody"), http.StatusOK, "No program asked")
	says(t, owner.Get(acmeConsole+"/usage?days=-1%27"), http.StatusOK, "my_id")
	other := newVisitor(t, c)
	other.signedIn("user@centrapay.example", userPass)
	other.Get(acmeConsole + "/usage").Problem(http.StatusNotFound)

	operator := newVisitor(t, c)
	operator.signedIn("admin@claviger.example", "open the gate at dawn")
	says(t, operator.Get("/operator/usage"), http.StatusOK, "my_id", "The id or secret of the client is wrong")
	says(t, operator.Get("/operator/audit?type=token.refused"), http.StatusOK, "Token refused")
	for _, path := range []string{"/operator/usage", "/operator/audit", "/operator/audit.csv"} {
		owner.Get(path).Problem(http.StatusForbidden)
	}
}

// Every page of an organisation is not there for another's people, nor with another's
// ids for one's own.
func TestF01_PeoplePagesOfAnotherOrganisation(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	owner.invites(invitee, "viewer")
	members, roles, audit := owner.Get(acmeConsole+"/members").Body, owner.Get(acmeConsole+"/roles").Body, owner.Get(acmeConsole+"/audit").Body
	find := func(text, form string) string {
		found := regexp.MustCompile(form).FindString(text)
		if found == "" {
			t.Fatalf("no %s", form)
		}
		return found
	}
	member, invitation, record, role := find(members, `mem_\w+`), find(members, `inv_\w+`), find(audit, `evt_\w+`), find(roles, `rol_\w+`)
	paths := []string{
		"/members", "/members/invite", "/members/" + member, "/members/" + member + "/remove", "/invitations/" + invitation, "/roles", "/roles/new",
		"/roles/" + role, "/audit", "/audit/" + record, "/audit.csv", "/usage", "/settings",
	}
	stranger := newVisitor(t, c)
	stranger.signedIn("user@centrapay.example", userPass)
	for _, path := range paths {
		stranger.Get(acmeConsole + path).Problem(http.StatusNotFound)
		stranger.Get("/console/nobody" + path).Problem(http.StatusNotFound)
		if !strings.Contains(path, "csv") {
			stranger.Post(acmeConsole+path, url.Values{"action": {"withdraw"}, "role": {"owner"}, "confirm": {"Odile Martin"}}, "same-origin").Problem(http.StatusNotFound)
		}
	}
	// The same person has another organisation: ids are of one of them.
	for _, path := range []string{"/members/" + member, "/members/" + member + "/remove", "/invitations/" + invitation, "/audit/" + record} {
		owner.Get("/console/acme-uk" + path).Problem(http.StatusNotFound)
		owner.Post("/console/acme-uk"+path, url.Values{"action": {"withdraw"}, "role": {"viewer"}}, "same-origin").Problem(http.StatusNotFound)
	}
	says(t, owner.Get(acmeConsole+"/members"), http.StatusOK, "Odile Martin", invitee)
}

func TestE02_E04_F04_PeopleForms(t *testing.T) {
	c := newCustomer(t)
	owner := acme(t, c)
	const markup = `"><script>alert(1)</script>`
	for path, values := range map[string]url.Values{
		"/members/invite": {"email": {markup + "@x"}, "role": {"viewer"}, "account_id": {"organisation"}}, "/settings": {"name": {markup}}, "/roles/new": {"name": {markup}, "code": {markup}},
	} {
		owner.Post(acmeConsole+path, values, "cross-site")
		for _, site := range []string{"cross-site", "same-site"} {
			page := owner.Post(acmeConsole+path, values, site)
			if page.Status != http.StatusForbidden && !strings.Contains(page.Path, "/sign-in") { // without cookies it is nobody's
				t.Errorf("%s from %s: %d %s", path, site, page.Status, page.Path)
			}
		}
		if page := owner.Post(acmeConsole+path, values, "same-origin"); strings.Contains(page.Body, "<script>alert") {
			t.Errorf("%s shows the markup", path)
		}
	}
	for _, query := range []string{"/members?q=", "/audit?who=", "/audit?from=", "/usage?client=", "/audit?done="} {
		if page := owner.Get(acmeConsole + query + url.QueryEscape(markup)); strings.Contains(page.Body, "<script>alert") {
			t.Errorf("%s shows the markup", query)
		}
	}
	// F04: what a form does not have does not get anywhere.
	owner.Post(acmeConsole+"/settings", url.Values{"name": {"Acme"}, "verified": {"on"}, "code": {"stolen"}, "status": {"DISABLED"}}, "same-origin")
	if o := c.organisation("acme-fr"); o.Verified || o.Status != core.Active || o.Name != "Acme" {
		t.Errorf("%+v", o)
	}
	owner.invites(invitee, "viewer")
	guest := newVisitor(t, c)
	guest.Get(owner.link(invitee))
	guest.Post("/account/invitation", url.Values{
		"full_name": {"Ines"}, "new_password": {inviteePass}, "operator": {"on"}, "email": {newcomer}, "role": {"owner"}, "status": {"DISABLED"},
	}, "same-origin")
	if person := c.Person(invitee); person.Operator || person.Status != core.Active || !person.EmailVerified {
		t.Errorf("%+v", person)
	}
	guest.Get(acmeConsole + "/members").Problem(http.StatusForbidden)
}
