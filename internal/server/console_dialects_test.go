package server_test

import (
	"net/http"
	"regexp"
	"testing"
)

// A request counts for the dialect of the route that it came in by, whatever dialect its
// client is registered for.
func TestUseOfADialectIsThatOfItsRoutes(t *testing.T) {
	c := newCustomer(t)
	c.apply(`clients: [{id: plain, name: Standard bearer, secret: plain-secret, dialect: spendesk, grant_types: [client_credentials], scopes: read}]`)
	for range 3 {
		c.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", formType, basic("plain", "plain-secret")).is(http.StatusOK)
	}
	v := operatorOf(t, c)
	id, secret := acmeOwned(t, c).makesKey("Payroll", nil)
	c.keyWorks(id, secret, http.StatusOK)
	c.keyWorks(id, "clv_key_wrong", http.StatusUnauthorized)
	if _, err := c.Store.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	row := foundIn(t, v.Get("/operator/dialects"), `(?s)/operator/dialects/spendesk".*?</tr>`)
	if numbers := regexp.MustCompile(`>\s*(\d+)\s*<`).FindAllStringSubmatch(row, -1); len(numbers) != 3 || numbers[1][1] != "2" || numbers[2][1] != "1" {
		t.Errorf("requests and refusals: %v in %s", numbers, row)
	}
	page := v.Get("/operator/dialects/spendesk")
	says(t, page, http.StatusOK, "Payroll")
	silent(t, page, "Standard bearer")
}
