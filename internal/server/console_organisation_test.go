package server_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

var (
	keyMadeID   = regexp.MustCompile(`<code>(key_[0-9A-Za-z]+)</code>`)
	secretShown = regexp.MustCompile(`<code>(clv_[0-9A-Za-z_-]+)</code>`)
)

const acmePages = "/console/acme-fr"

// acmeOwned is the owner of Acme France, signed in.
func acmeOwned(t *testing.T, c *customer) *visitor {
	t.Helper()
	v := newVisitor(t, c)
	v.signedIn(acmeOwner, acmePass)
	return v
}

// found is what a page shows by a pattern.
func found(t *testing.T, page *servertest.Page, pattern *regexp.Regexp) string {
	t.Helper()
	match := pattern.FindStringSubmatch(page.Body)
	if match == nil {
		t.Fatalf("%s (%d) shows no %s:\n%s", page.Path, page.Status, pattern, page.Body)
	}
	return match[1]
}

// makesKey makes a key by the page, and returns its id and secret.
func (v *visitor) makesKey(name string, values map[string]string) (id, secret string) {
	v.t.Helper()
	form := v.Get(acmePages+"/api-keys/new").Form("name").Set("name", name).Set("scopes", "wallet-summary:read")
	for field, value := range values {
		form.Set(field, value)
	}
	page := form.Send()
	return found(v.t, page, keyMadeID), found(v.t, page, secretShown)
}

func (c *customer) keyWorks(id, secret string, status int) {
	c.t.Helper()
	c.send(http.MethodPost, "/auth/token", "", basic(id, secret)).is(status)
}

// tells checks what a page says.
func tells(t *testing.T, page *servertest.Page, status int, wanted ...string) {
	t.Helper()
	if page.Status != status {
		t.Errorf("%s: %d, want %d\n%s", page.Path, page.Status, status, page.Body)
	}
	for _, want := range wanted {
		if !strings.Contains(page.Body, want) {
			t.Errorf("%s does not say %q:\n%s", page.Path, want, page.Body)
		}
	}
}

// SD-2: made in the page, a key works where keys do, its last use is seen, it is
// rotated with an overlap, and once revoked it does not work any more.
func TestSD_2_AKeyFromMadeToRevoked(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	tells(t, v.Get(acmePages+"/api-keys"), 200, "Manage API access", "Settings", "Integrations", "API access", "New API key")

	form := v.Get(acmePages+"/api-keys/new").Form("name").Set("name", "Reporting")
	form.Values["scopes"] = []string{"wallet-summary:read", "payable:read"}
	page := form.Send()
	tells(t, page, 200, "The key Reporting is made", "shown this once", "/auth/token", "See the company&#39;s bills to pay")
	if cache := page.Header.Get("Cache-Control"); cache != "no-store" {
		t.Errorf("the page of a secret: Cache-Control %q", cache)
	}
	id, secret := found(t, page, keyMadeID), found(t, page, secretShown)
	if strings.Contains(page.Path, secret) {
		t.Error("the secret is in the address")
	}
	token := c.send(http.MethodPost, "/auth/token", "", basic(id, secret)).is(http.StatusOK)
	if scope := token.member("scope"); scope != "wallet-summary:read payable:read" {
		t.Errorf("scope %v", scope)
	}
	c.get("/wallet-summaries", bearer(token.token("access_token"))).is(http.StatusOK)

	if _, err := c.Store.FlushUsage(t.Context()); err != nil {
		t.Fatal(err)
	}
	key := v.Get(acmePages + "/api-keys/" + id)
	tells(t, key, 200, id, "Active", "from 192.0.2.20", "by Odile Martin")
	if strings.Contains(key.Body, secret) {
		t.Error("the secret is shown again")
	}

	page = v.Get(acmePages+"/api-keys/"+id+"/rotate").Form("overlap").Set("overlap", "24").Send()
	next := found(t, page, secretShown)
	c.keyWorks(id, secret, http.StatusOK)
	c.keyWorks(id, next, http.StatusOK)
	tells(t, v.Get(acmePages+"/api-keys/"+id), 200, "The old secret works until")
	c.Clock.Advance(24*time.Hour + time.Second)
	c.keyWorks(id, secret, http.StatusUnauthorized)
	c.keyWorks(id, next, http.StatusOK)

	v.signIn(acmeOwner, acmePass)
	revoke := v.Get(acmePages + "/api-keys/" + id + "/revoke")
	tells(t, revoke.Form("confirm").Set("confirm", "Reportin").Send(), 400, "This is not the name")
	c.keyWorks(id, next, http.StatusOK)
	tells(t, revoke.Form("confirm").Set("confirm", "Reporting").Send(), 200, "Revoked", "Nothing works with it any more")
	c.keyWorks(id, next, http.StatusUnauthorized)
	c.get("/wallet-summaries", bearer(token.token("access_token"))).is(http.StatusUnauthorized)
}

// signIn proves again who somebody is, whose session is old or has ended.
func (v *visitor) signIn(identifier, password string) {
	v.t.Helper()
	v.Get("/sign-in?return_to=/account").SignIn(identifier, password)
}

// SD-2: at most a year, warned of 14 days before its end, refused after.
func TestSD_2_TheEndOfAKey(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	day := func(days int) string { return c.Clock.Now().AddDate(0, 0, days).Format(time.DateOnly) }
	for _, wrong := range []string{day(366), day(365), day(-1), "", "tomorrow", "2026-02-30"} {
		page := v.Get(acmePages+"/api-keys/new").Form("name").Set("name", "Reporting").Set("scopes", "payable:read").Set("expires_at", wrong).Send()
		tells(t, page, 400, `id="key-expires_at-error"`, `value="Reporting"`)
	}
	year, _ := v.makesKey("Year", map[string]string{"expires_at": day(364)})
	edit := v.Get(acmePages + "/api-keys/" + year + "/edit")
	last := foundIn(t, edit, `name="expires_at"[^>]* max="([0-9-]+)"`)
	says(t, edit.Form("expires_at").Set("expires_at", day(100)).Send(), http.StatusOK, "The API key is changed")
	says(t, v.Get(edit.Path).Form("expires_at").Set("expires_at", last).Send(), http.StatusOK, "The API key is changed") // the last that is offered
	says(t, v.Get(edit.Path).Form("expires_at").Set("expires_at", day(365)).Send(), http.StatusBadRequest)
	id, secret := v.makesKey("Month", map[string]string{"expires_at": day(30)})
	list := acmePages + "/api-keys"
	if page := v.Get(list); strings.Contains(page.Body, "Month ends on") {
		t.Error("it is warned of too early")
	}
	c.Clock.Advance(18 * 24 * time.Hour)
	v.signIn(acmeOwner, acmePass)
	tells(t, v.Get(list), 200, "Month ends on", "Days left: 12")
	tells(t, v.Get(list+"/"+id), 200, "Month ends on")
	c.Clock.Advance(13 * 24 * time.Hour)
	v.signIn(acmeOwner, acmePass)
	c.keyWorks(id, secret, http.StatusUnauthorized)
	tells(t, v.Get(list+"?state=expired"), 200, "Month", "Expired")
	if page := v.Get(list + "?state=expired"); strings.Contains(page.Body, "Year") {
		t.Error("the filter leaves others in")
	}
}

// Addresses are tried out first: uses from elsewhere are listed and work, until they
// no longer are only reported.
func TestSD_2_AddressesAreTriedOutFirst(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	id, secret := v.makesKey("Payroll", map[string]string{"allowed_addresses": "198.51.100.0/24\n2001:db8::1", "report": "on"})
	path := acmePages + "/api-keys/" + id
	tells(t, v.Get(path), 200, "Only reported", "198.51.100.0/24", "It was used from no other address")
	c.keyWorks(id, secret, http.StatusOK)
	tells(t, v.Get(path), 200, "Used from elsewhere", "<code>192.0.2.20</code>")
	form := v.Get(path + "/edit").Form("name")
	tells(t, form.Set("allowed_addresses", "198.51.100.0/99").Send(), 400, `id="key-allowed_addresses-error"`, "198.51.100.0/99")
	form.Values.Del("report")
	tells(t, form.Set("allowed_addresses", "198.51.100.0/24").Send(), 200, "The API key is changed")
	c.keyWorks(id, secret, http.StatusUnauthorized)
	c.send(http.MethodPost, "/auth/token", "", basic(id, secret)).is(http.StatusUnauthorized)
}

// Disabled, a key does not work, and enabled it does again.
func TestSD_2_DisableAndEnable(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	id, secret := v.makesKey("Payroll", nil)
	path := acmePages + "/api-keys/" + id
	tells(t, v.action(v.Get(path), "/disable"), 200, "Disabled")
	c.keyWorks(id, secret, http.StatusUnauthorized)
	tells(t, v.action(v.Get(path), "/enable"), 200, "Active")
	c.keyWorks(id, secret, http.StatusOK)
}

// action sends the form of a page that goes to a path.
func (v *visitor) action(page *servertest.Page, path string) *servertest.Page {
	v.t.Helper()
	for _, form := range page.Forms {
		if strings.HasSuffix(form.Action, path) {
			return form.Send()
		}
	}
	v.t.Fatalf("%s has no form for %s:\n%s", page.Path, path, page.Body)
	return nil
}

// Of two who change a key at once, the second sees what the first did.
func TestAKeyIsChangedAsItWasSeen(t *testing.T) {
	c := newCustomer(t)
	one, two := acmeOwned(t, c), acmeOwned(t, c)
	id, _ := one.makesKey("Payroll", nil)
	path := acmePages + "/api-keys/" + id
	first, second := one.Get(path+"/edit").Form("name"), two.Get(path+"/edit").Form("name")
	tells(t, first.Set("name", "Salaries").Send(), 200, "The API key is changed", "Salaries")
	page := second.Set("name", "Wages").Send()
	tells(t, page, http.StatusPreconditionFailed, "Somebody else changed this", "Salaries", `value="Wages"`)
	tells(t, page.Form("name").Send(), 200, "Wages")
}

// F03, D06: nothing is given beyond what the page offers, whatever is posted.
func TestF03_D06_AKeyIsGivenNoMoreThanTheMakerHas(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	form := func() *servertest.Form {
		return v.Get(acmePages+"/api-keys/new").Form("name").Set("name", "Reach").Set("scopes", "payable:read")
	}
	tells(t, form().Set("scopes", "payable:read introspect").Send(), 400, `id="key-scopes-error"`)
	tells(t, form().Set("role", "external-asset-provider").Send(), 403, `id="key-role-error"`)
	tells(t, form().Set("for", "nothing").Send(), 400)
	tells(t, form().Set("account_id", "acme-labs").Send(), 404)
	tells(t, form().Set("account_id", "acme-uk").Send(), 404) // the person's own, of another organisation
	v.Post(acmePages+"/api-keys/new", form().Values, "cross-site").Problem(http.StatusForbidden)
	viewer := "/console/acme-labs"
	tells(t, v.Get(viewer+"/api-keys/new"), 403)
	tells(t, v.Get(viewer+"/api-keys"), 403)
	if keys := v.Get(acmePages + "/api-keys"); strings.Contains(keys.Body, "Reach") {
		t.Error("a key was made")
	}
}

// F01: what is another organisation's is not there, by its code or by an id.
func TestF01_PagesOfAnotherOrganisation(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	id, _ := v.makesKey("Payroll", nil)
	stranger := newVisitor(t, c)
	stranger.signedIn("user@centrapay.example", userPass)
	foreign := "/console/centrapay-cafe"
	for _, page := range []string{"", "/edit", "/rotate", "/revoke", "/enable", "/disable"} {
		for _, path := range []string{acmePages, foreign, "/console/acme-uk", "/console/nowhere"} {
			stranger.Get(path + "/api-keys/" + id + page).Problem(http.StatusNotFound)
			stranger.Post(path+"/api-keys/"+id+page, map[string][]string{"overlap": {"0"}, "confirm": {"Payroll"}, "name": {"x"}}, "same-origin").Problem(404)
		}
		v.Get("/console/acme-uk/api-keys/" + id + page).Problem(http.StatusNotFound) // their own organisation, not the key's
	}
	for _, page := range []string{"/clients/your-client-id", "/clients/your-client-id/rotate", "/clients/spendesk-partner", "/connections/con_x/end"} {
		v.Get(acmePages + page).Problem(http.StatusNotFound)
	}
	for _, page := range []string{"", "/api-keys", "/api-keys/new", "/connections", "/clients", "/service-accounts", "/service-accounts/new"} {
		stranger.Get(acmePages + page).Problem(http.StatusNotFound)
	}
	tells(t, v.Get(acmePages+"/api-keys/"+id), 200, "Active")
}

// SP-9: an organisation's administrator sees its clients and code, and rotates a secret.
func TestSP_9_ClientsAreSeenAndRotated(t *testing.T) {
	c := newCustomer(t)
	c.scratchOwner()
	v := newVisitor(t, c)
	v.signedIn("owner@scratch.example", scratchPass)
	list := v.Get("/console/YOUR_ORG/clients")
	tells(t, list, 200, "Scratch Power integration", "your-client-id", "YOUR_ORG")
	page := v.Get("/console/YOUR_ORG/clients/your-client-id/rotate")
	tells(t, page.Form("overlap").Set("overlap", "5").Send(), 400, "Choose one of these")
	page = page.Form("overlap").Set("overlap", "1").Send()
	next := found(t, page, secretShown)
	login := func(secret string) wireAnswer {
		return c.post("/v1/auth/login", scratchPower().right.with("client_secret", secret).json())
	}
	for _, secret := range []string{next, "your-client-secret"} {
		login(secret).is(http.StatusOK)
	}
	c.Clock.Advance(time.Hour + time.Second)
	login("your-client-secret").is(http.StatusUnauthorized)
	login(next).is(http.StatusOK)
}

const scratchPass = "slate and chalk and dust"

// scratchOwner gives the organisation of the demo data an administrator who signs in.
func (c *customer) scratchOwner() {
	c.apply(`people: [{email: owner@scratch.example, full_name: Sam Okoro, password: "` + scratchPass + `", memberships: [{organisation: YOUR_ORG, role: ADM}]}]`)
}

// PE-7: people of the organisation make a service account, whose password works on the
// wire, and stop and reset it.
func TestPE_7_AServiceAccountFromMadeToDisabled(t *testing.T) {
	c := newCustomer(t)
	c.scratchOwner()
	v := newVisitor(t, c)
	v.signedIn("owner@scratch.example", scratchPass)
	base := "/console/YOUR_ORG/service-accounts"
	tells(t, v.Get(base), 200, "integration-user", "Administrator")
	form := func() *servertest.Form {
		return v.Get(base+"/new").Form("username").Set("role", "ADM").Set("account_id", "")
	}
	tells(t, form().Set("username", "integration-user").Send(), 409, "service-account-username-error")
	tells(t, form().Set("username", "till").Set("email", "no address").Send(), 400, "service-account-email-error", `value="till"`)
	page := form().Set("username", "till").Set("full_name", "Till").Send()
	password := found(t, page, secretShown)
	tells(t, page, 200, "The service account till is made")
	login := func(password string) wireAnswer {
		return c.post("/v1/auth/login", scratchPower().right.with("identifier", "till", "secret_pass", password).json())
	}
	login(password).is(http.StatusOK)

	id := c.serviceAccountID("YOUR_ORG", "till")
	page = v.Get(base+"/"+id+"/reset").Form("overlap").Set("overlap", "0").Send()
	next := found(t, page, secretShown)
	if a := login(password); a.status == http.StatusOK {
		t.Error("the old password works on")
	}
	login(next).is(http.StatusOK)

	tells(t, v.Get(base+"/"+id+"/edit").Form("full_name").Set("full_name", "Till at the door").Send(), 200, "Till at the door")
	disable := v.Get(base + "/" + id + "/disable")
	tells(t, disable.Form("confirm").Set("confirm", "tilt").Send(), 400, "This is not the name")
	tells(t, disable.Form("confirm").Set("confirm", "till").Send(), 200, "Disabled")
	if a := login(next); a.status == http.StatusOK {
		t.Error("a disabled service account signs in")
	}
	tells(t, v.action(v.Get(base+"/"+id), "/enable"), 200, "Active")
	login(next).is(http.StatusOK)
}

func (c *customer) serviceAccountID(code, username string) string {
	c.t.Helper()
	o, err := c.Store.OrganisationByCode(c.t.Context(), code)
	if err != nil {
		c.t.Fatal(err)
	}
	users, err := c.Store.ServiceAccountsOf(c.t.Context(), o.ID)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, user := range users {
		if user.Username == username {
			return user.ID
		}
	}
	c.t.Fatalf("no service account %s", username)
	return ""
}

// E04: what people and partners are called is text.
func TestE04_NamesInTheConsole(t *testing.T) {
	c := newCustomer(t)
	v := acmeOwned(t, c)
	markup := `"><script>alert(1)</script>` + testlog.Canary
	id, _ := v.makesKey(markup, nil)
	for _, path := range []string{"", "/" + id, "/" + id + "/edit", "/" + id + "/rotate", "/" + id + "/revoke"} {
		page := v.Get(acmePages + "/api-keys" + path)
		if strings.Contains(page.Body, "<script>alert") || !strings.Contains(page.Body, "&lt;script&gt;alert(1)") {
			t.Errorf("%s: %s", path, page.Body)
		}
	}
}

// Where one begins: at the only organisation, or at a choice of them.
func TestTheConsoleBeginsWhereSomethingIsToDo(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	page := v.Get("/console").SignIn(acmeOwner, acmePass)
	tells(t, page, 200, "Your organisations", "Acme France", "Acme Labs")
	tells(t, v.Get("/"), 200, "Your organisations")
	manager := newVisitor(t, c)
	if page := manager.Get("/").SignIn("manager@epos.example", "till roll paper jam again"); !strings.HasSuffix(page.Path, "/console/EPOS-DEMO") {
		t.Errorf("the only organisation: %s", page.Path)
	}
	nobody := newVisitor(t, c)
	c.apply(`people: [{email: new@nowhere.example, password: "eleven geese in a row"}]`)
	if page := nobody.Get("/").SignIn("new@nowhere.example", "eleven geese in a row"); !strings.HasSuffix(page.Path, "/account") {
		t.Errorf("nobody's member: %s", page.Path)
	}
}

// CP-4: a key for routes that take the secret alone has a role, and no end.
func TestCP_4_AKeyThatIsSentAlone(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	v.signedIn("user@centrapay.example", userPass)
	path := "/console/centrapay-cafe/api-keys/new"
	form := func() *servertest.Form { return v.Get(path).Form("name").Set("role", "account-owner") }
	tells(t, v.Get(path), 200, "Without a day, it works until you revoke it")
	tells(t, form().Set("name", "two words").Send(), 400, `id="key-name-error"`)
	tells(t, form().Set("name", "Till2").Set("role", "").Send(), 400, `id="key-role-error"`)
	page := form().Set("name", "Till2").Send()
	secret := found(t, page, secretShown)
	tells(t, page, 200, "Until it is revoked", "As: ")
	c.get("/api/accounts/Jaim1Cu1Q55uooxSens6yk", apiKey(secret)).is(http.StatusOK)
	id := found(t, page, keyMadeID)
	revoke := v.Get("/console/centrapay-cafe/api-keys/"+id+"/revoke").Form("confirm").Set("confirm", "Till2")
	tells(t, revoke.Send(), 200, "Revoked")
	c.get("/api/accounts/Jaim1Cu1Q55uooxSens6yk", apiKey(secret)).is(http.StatusUnauthorized)
}
