package server_test

import (
	"fmt"
	"net/http"
	"regexp"
	"testing"

	"claviger/internal/core"
	"claviger/internal/store"
)

// However many clients there are, a page counts those with most requests one by one and
// the others together, and nothing is missing from the sums.
func TestUsageOfManyClientsIsBounded(t *testing.T) {
	c := newCustomer(t)
	owner, id := acme(t, c), c.organisation("acme-fr").ID
	operator := newVisitor(t, c)
	operator.signedIn("admin@claviger.example", "open the gate at dawn")
	if err := c.Store.Write(t.Context(), func(tx *store.Tx) error {
		for i := range 205 { // app_202 asks three times, app_000 is refused once beside
			e := core.Event{At: c.Clock.Now(), Type: core.TokenIssued, OrganisationID: id, ClientID: fmt.Sprintf("app_%03d", min(i, 202))}
			tx.Audit(e)
		}
		tx.Audit(core.Event{At: c.Clock.Now(), Type: core.TokenRefused, OrganisationID: id, ClientID: "app_000"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Store.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	others := regexp.MustCompile(`<bdi>Others</bdi></span></div></th>\s*<td[^\n]*<bdi>3</bdi>[^\n]*\s*<td[^\n]*<bdi>0</bdi>`)
	for path, who := range map[string]*visitor{acmeConsole + "/usage": owner, "/operator/usage": operator} {
		page := who.Get(path)
		says(t, page, http.StatusOK, "1 to 50 of 200", "app_202", "Others")
		if others.MatchString(page.Body) {
			t.Errorf("%s: the others come before the last page", path)
		}
		if page = who.Get(path + "?page=4"); !others.MatchString(page.Body) {
			t.Errorf("%s: what the others did is not on the last page:\n%s", path, page.Body)
		}
		// One that is not among them can be asked for all the same.
		page = who.Get(path + "?client=app_201")
		says(t, page, http.StatusOK, `value="app_201" selected`, "app_100")
		if others.MatchString(page.Body) {
			t.Errorf("%s: others beside the one that is asked for", path)
		}
	}
}
