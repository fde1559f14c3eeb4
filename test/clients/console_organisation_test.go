package clients

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// asksWith asks for a token with an API key.
func (v *tour) asksWith(id, secret string) (status int) {
	v.tab.t.Helper()
	r, err := http.NewRequestWithContext(v.tab.t.Context(), http.MethodPost, v.issuer+"/auth/token", http.NoBody)
	if err != nil {
		v.tab.t.Fatal(err)
	}
	r.SetBasicAuth(id, secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.tab.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// writes fills in a field of several lines.
func (v *tour) writes(selector chromedp.CSS, text string) {
	v.tab.t.Helper()
	v.within(chromedp.WaitVisible(selector))
	v.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector(%q).value = %q", selector, text)))
}

// keyWorks checks the effect on the wire.
func (v *tour) keyWorks(id, secret string, want int) {
	v.tab.t.Helper()
	if got := v.asksWith(id, secret); got != want {
		v.tab.t.Errorf("the key gets %d, want %d", got, want)
	}
}

// TestProgramsOfAnOrganisation is what its administrator does for a program: makes a
// key, tries its addresses out, rotates it and revokes it; looks at connections.
func TestProgramsOfAnOrganisation(t *testing.T) {
	v := newTour(t)
	keys := v.issuer + acmeConsole + "/api-keys"
	v.open(keys)
	v.signIn(acmeOwner, acmeOwnerPass)
	v.waitFor(`#keys`)
	v.open(keys + "/new")
	v.fill(`#key-name`, "Payroll")
	v.writes(`#key-allowed_addresses`, "everywhere")
	v.click(`#key button.primary`)
	v.waitFor(`#key-scopes-error`)
	v.sees("keys-new-wrong", "New API key")
	v.click(`input[value="wallet-summary:read"]`)
	v.writes(`#key-allowed_addresses`, "198.51.100.0/24")
	v.click(`#key-report`)
	v.click(`#key button.primary`)
	v.waitFor(`#secret`)
	v.sees("keys-made", "Payroll Active")
	secret, id := v.text(`#secret code`), v.text(`#key code`)
	v.keyWorks(id, secret, http.StatusOK)

	v.comesToSay(keys+"/"+id, `#key`, "from 127.0.0.1")
	v.waitFor(`#elsewhere`)
	v.sees("keys-key", "Payroll Active")
	v.open(keys)
	v.sees("keys", "Manage API access")
	v.open(keys + "/" + id + "/edit")
	v.sees("keys-edit", "Payroll Active")
	v.open(keys + "/" + id + "/rotate")
	v.sees("keys-rotate", "Payroll Active")
	v.click(`#rotate button.primary`)
	v.waitFor(`#secret`)
	next := v.text(`#secret code`)
	v.keyWorks(id, secret, http.StatusOK)
	v.keyWorks(id, next, http.StatusOK)
	v.open(keys + "/" + id + "/revoke")
	v.fill(`#revoke-confirm`, "Payroll")
	v.sees("keys-revoke", "Payroll Active")
	v.click(`#revoke button.bad`)
	v.waitFor(`.alert.good`)
	v.sees("keys-revoked", "Payroll Revoked")
	v.keyWorks(id, next, http.StatusUnauthorized)
	v.looksAtConnections()
}

// looksAtConnections connects a partner, and ends that.
func (v *tour) looksAtConnections() {
	v.open(v.issuer + acmeConsole + "/connections")
	v.sees("connections-none", "Connections")
	v.asks("partner", "client_id", "spendesk-partner", "scope", "wallet-summary:read payable:read")
	v.choose("acme-fr")
	v.click("[value=approve]")
	v.arrives()
	v.open(v.issuer + acmeConsole + "/connections")
	v.sees("connections-list", "Connections")
	v.click(`#connections .acts a.bad`)
	v.sees("connections-end", "End the connection to Example Partner?")
	v.fill(`#end-confirm`, "Example Partner")
	v.click(`#end button.bad`)
	v.waitFor(`.alert.good`)
	v.open(v.issuer + "/console")
	v.sees("console-start", "Your organisations")
	v.open(v.issuer + acmeConsole)
	v.sees("console-overview", "Acme France")
}

// TestIntegrationsOfAnOrganisation is the other way in: a client and the users that
// programs sign in as.
func TestIntegrationsOfAnOrganisation(t *testing.T) {
	v := newTour(t)
	base := v.issuer + "/console/YOUR_ORG"
	v.open(base + "/clients")
	v.signIn("admin@claviger.example", "open the gate at dawn")
	v.waitFor(`#clients`)
	v.sees("clients", "Clients")
	v.click(`#clients tbody th a`)
	v.sees("clients-client", "Scratch Power integration Active")
	v.open(base + "/clients/your-client-id/rotate")
	v.click(`#rotate button.primary`)
	v.waitFor(`#secret`)
	v.sees("clients-rotated", "Scratch Power integration Active")

	v.open(base + "/service-accounts/new")
	v.fill(`#service-account-username`, "till")
	v.fill(`#service-account-full_name`, "Till at the door")
	v.chooses(`#service-account-role`, "ADM")
	v.sees("services-new", "New service account")
	v.click(`#service-account button.primary`)
	v.waitFor(`#secret`)
	v.sees("services-made", "till Active")
	password := v.text(`#secret code`)
	login := `{"client_id":"your-client-id","client_secret":"your-client-secret","grant_type":"password","identifier":"till","secret_pass":"` +
		password + `","org_code":"YOUR_ORG","source_channel":"WEB"}`
	answer, err := http.Post(v.issuer+"/v1/auth/login", "application/json", strings.NewReader(login))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("the service account signs in: %v %v", answer, err)
	} else {
		_ = answer.Body.Close()
	}
	v.open(base + "/service-accounts")
	v.sees("services", "Service accounts")
	v.click(`#service-accounts tbody tr:last-child th a`)
	v.within(chromedp.WaitVisible(chromedp.CSS(`#roles`)))
	v.sees("services-account", "till Active")
	v.click(`#service-account .acts a.bad`)
	v.sees("services-disable", "till Active")
}
