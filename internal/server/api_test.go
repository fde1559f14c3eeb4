package server_test

import (
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// twoTenants are an organisation with its people, and its neighbour.
const twoTenants = `
permissions: [{name: read}, {name: pay}, {name: "members:update"}, {name: "roles:update"}, {name: "api-keys:create"}, {name: "api-keys:update"}]
roles:
  - {code: boss, name: Boss, owner: true, assigns: [clerk], grants: {own: [read, "members:update", "roles:update", "api-keys:create", "api-keys:update"]}}
  - {code: clerk, name: Clerk, grants: {own: [read, "members:update", "roles:update", "api-keys:create", "api-keys:update"]}}
  - {code: teller, name: Teller, grants: {own: [read]}}
organisations:
  - code: cafe
    name: Cafe
    accounts: [{id: cafe-till, name: Till}, {id: cafe-safe, name: Safe}]
    service_accounts: [{username: pos, password: pos-password, memberships: [{role: teller}]}]
    api_keys: [{id: cafe-key, name: Terminal, account: cafe-till, role: teller, secret: cafe-key-secret}]
  - code: bar
    name: Bar
    accounts: [{id: bar-counter, name: Counter}]
    service_accounts: [{username: pos, password: pos-password, memberships: [{role: teller}]}]
    api_keys: [{id: bar-key, name: Terminal, account: bar-counter, role: teller, secret: bar-key-secret}]
people:
  - {email: owner@cafe.test, email_verified: true, memberships: [{organisation: cafe, role: boss}]}
  - {email: clerk@cafe.test, memberships: [{organisation: cafe, role: clerk}]}
  - {email: teller@cafe.test, memberships: [{organisation: cafe, role: teller}]}
  - {email: owner@bar.test, memberships: [{organisation: bar, role: boss}]}
  - {email: friend@cafe.test, email_verified: true}
  - {email: operator@platform.test, operator: true}
clients:
  - {id: console-tool, name: Tool, kind: public, redirect_uris: ["https://tool.example/cb"], grant_types: [authorization_code], scopes: "admin admin:read"}
  - {id: cafe-client, organisation: cafe, name: Cafe's, grant_types: [client_credentials], secret: cafe-client-secret}
  - {id: bar-client, organisation: bar, name: Bar's, grant_types: [client_credentials], secret: bar-client-secret}
`

// manager is a customer with two tenants.
func (c *customer) withTenants() *customer {
	c.t.Helper()
	_, err := c.Admin.Apply(c.t.Context(), admin.Actor{Name: "cli"}, []admin.File{{Name: "tenants.yaml", Data: []byte(twoTenants)}}, admin.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	return c
}

// token is an access token of a person for the management API.
func (c *customer) adminToken(email string, scopes ...string) string {
	c.t.Helper()
	client, err := c.Store.Client(c.t.Context(), "console-tool")
	if err != nil {
		c.t.Fatal(err)
	}
	if len(scopes) == 0 {
		scopes = []string{"admin"}
	}
	issued, err := c.Issuer.First(&core.Authorization{Client: client, User: c.Person(email), Scope: oauth.Scope(scopes)})
	if err != nil {
		c.t.Fatal(err)
	}
	return issued.Response.AccessToken
}

func (c *customer) organisationID(code string) string {
	c.t.Helper()
	o, err := c.Store.OrganisationByCode(c.t.Context(), code)
	if err != nil {
		c.t.Fatal(err)
	}
	return o.ID
}

// text returns a member of the body that is a text.
func (a wireAnswer) string(path string) string {
	text, _ := a.member(path).(string)
	return text
}

// items returns one member of each item of a list.
func (a wireAnswer) items(name string) []string {
	a.t.Helper()
	var body struct{ Items []map[string]any }
	if err := json.Unmarshal([]byte(a.text), &body); err != nil {
		a.t.Fatalf("%d %s: %v", a.status, a.text, err)
	}
	list := []string{}
	for _, item := range body.Items {
		list = append(list, fmt.Sprint(item[name]))
	}
	return list
}

func TestManagementAPI_LifeOfAKey(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		owner := bearer(c.adminToken("owner@cafe.test"))
		keys := "/admin/v1/organisations/" + c.organisationID("cafe") + "/api-keys"
		body := `{"account_id":"cafe-till","name":"Export","role":"teller"}`
		made := c.post(keys, body, owner, "Idempotency-Key: k1").is(http.StatusCreated)
		secret, id := made.string("secret"), made.string("id")
		// A client that has lost the answer has it again; the key is made once.
		if again := c.post(keys, body, owner, "Idempotency-Key: k1").is(http.StatusCreated); again.text != made.text {
			t.Errorf("repeated: %s\nfirst: %s", again.text, made.text)
		}
		c.post(keys, `{"account_id":"cafe-till","name":"Other"}`, owner, "Idempotency-Key: k1").is(http.StatusConflict)
		if names := c.get(keys+"?sort=-name", owner).is(http.StatusOK).items("name"); !slices.Equal(names, []string{"Terminal", "Export"}) {
			t.Errorf("%v", names)
		}
		read := c.get("/admin/v1/api-keys/"+id, owner).is(http.StatusOK)
		if strings.Contains(read.text, secret) || read.string("secret") != "" {
			t.Errorf("D07: the secret is shown again: %s", read.text)
		}
		tag := read.header.Get("ETag")
		patch := func(body string, lines ...string) wireAnswer {
			return c.send(http.MethodPatch, "/admin/v1/api-keys/"+id, body, append(lines, jsonType, owner)...)
		}
		patch(`{"name":"X"}`).is(http.StatusPreconditionRequired)
		renamed := patch(`{"name":"Renamed"}`, "If-Match: "+tag).is(http.StatusOK)
		patch(`{"name":"Y"}`, "If-Match: "+tag).is(http.StatusPreconditionFailed)
		patch(`{"allowed_addresses":["203.0.113.0/24"]}`, "If-Match: "+renamed.header.Get("ETag")).is(http.StatusOK)
		c.send(http.MethodDelete, "/admin/v1/api-keys/"+id, "", owner).is(http.StatusNoContent)
		c.post("/admin/v1/api-keys/"+id+"/rotate", `{}`, owner).is(http.StatusNotFound)
	})
}

func TestF04_UnknownAndReadOnlyFieldsAreRefused(t *testing.T) {
	c := newCustomer(t).withTenants()
	owner := bearer(c.adminToken("owner@cafe.test"))
	cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
	for _, r := range []struct{ method, path, body string }{
		{http.MethodPost, cafe + "/api-keys", `{"account_id":"cafe-till","name":"K","is_admin":true}`},
		{http.MethodPost, cafe + "/api-keys", `{"account_id":"cafe-till","name":"K","created_by":"me"}`},
		{http.MethodPost, cafe + "/service-accounts", `{"username":"k","operator":true}`},
		{http.MethodPost, cafe + "/roles", `{"code":"k","name":"K","grants":{"pay":"global"}}`},
		{http.MethodPatch, "/admin/v1/api-keys/cafe-key", `{"account_id":"bar-counter"}`},
		{http.MethodPatch, "/admin/v1/api-keys/cafe-key", `{"name":7}`},
		{http.MethodPatch, "/admin/v1/api-keys/cafe-key", `{"name":`},
		{http.MethodPatch, cafe, `{"id":"org_other"}`},
		{http.MethodPost, cafe + "/accounts", `{"name":"A","organisation_id":"x"}`},
	} {
		a := c.send(r.method, r.path, r.body, owner, jsonType, "If-Match: *").is(http.StatusBadRequest)
		if a.header.Get("Content-Type") != "application/problem+json" || a.string("request_id") == "" || a.string("code") != "invalid_request" {
			t.Errorf("%s: %v %s", r.body, a.header, a.text)
		}
	}
	c.send(http.MethodGet, cafe+"/api-keys?is_admin=1", "", owner).is(http.StatusBadRequest)
}

func TestF10_SortFilterAndCursorAreParametersAlone(t *testing.T) {
	c := newCustomer(t).withTenants()
	owner := bearer(c.adminToken("owner@cafe.test"))
	cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
	page := c.get(cafe+"/accounts?limit=1", owner).is(http.StatusOK)
	cursor := page.token("next_cursor")
	if next := c.get(cafe+"/accounts?limit=1&cursor="+cursor, owner).is(http.StatusOK); len(next.items("id")) != 1 || next.items("id")[0] == page.items("id")[0] {
		t.Errorf("%s after %s", next.text, page.text)
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(raw), `"i":"`, `"i":"a`, 1)))
	for _, query := range []string{
		"cursor=" + forged, "sort=name%3B+DROP+TABLE+accounts", "sort=password", "limit=0", "limit=201", "limit=x", "cursor=x", "cursor=" + cursor + "A",
		"cursor=" + cursor[1:], "sort=name&cursor=" + cursor,
	} {
		c.get(cafe+"/accounts?"+query, owner).is(http.StatusBadRequest)
	}
	c.get("/admin/v1/organisations/"+c.organisationID("cafe")+"/members?cursor="+cursor, owner).is(http.StatusBadRequest)
	hostile := c.get(cafe+"/audit?type="+"x%27+OR+1%3D1--", owner).is(http.StatusOK)
	if len(hostile.items("id")) != 0 {
		t.Errorf("a filter that is SQL found %s", hostile.text)
	}
}

func TestF03_D06_NobodyGivesMoreThanTheyHave(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		clerk, teller := bearer(c.adminToken("clerk@cafe.test")), bearer(c.adminToken("teller@cafe.test"))
		cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
		c.post(cafe+"/roles", `{"code":"strong","name":"Strong","own":["pay"]}`, clerk).is(http.StatusForbidden)
		c.post(cafe+"/roles", `{"code":"strong","name":"Strong","own":["read"],"owner":true}`, clerk).is(http.StatusForbidden)
		c.post(cafe+"/roles", `{"code":"strong","name":"Strong","assigns":["boss"]}`, clerk).is(http.StatusForbidden)
		c.post(cafe+"/roles", `{"code":"boss","name":"Boss too"}`, clerk).is(http.StatusConflict)
		made := c.post(cafe+"/roles", `{"code":"weak","name":"Weak","own":["read"]}`, clerk).is(http.StatusCreated)
		patch := func(path, body string, who string) wireAnswer {
			return c.send(http.MethodPatch, path, body, who, jsonType, "If-Match: *")
		}
		patch("/admin/v1/roles/"+made.string("id"), `{"own":["read","pay"]}`, clerk).is(http.StatusForbidden)
		// A role that lets change roles does not let change itself into more.
		own := c.post(cafe+"/roles", `{"code":"keeper","name":"Keeper","own":["read","roles:update"]}`, clerk).is(http.StatusCreated)
		_, err := c.Admin.AddMembership(t.Context(), admin.Actor{Name: "cli"}, admin.NewMembership{
			OrganisationID: c.organisationID("cafe"), UserID: c.Person("friend@cafe.test").ID, RoleCode: "keeper"})
		if err != nil {
			t.Fatal(err)
		}
		keeper := bearer(c.adminToken("friend@cafe.test"))
		patch("/admin/v1/roles/"+own.string("id"), `{"name":"Keeper of roles"}`, keeper).is(http.StatusOK)
		patch("/admin/v1/roles/"+own.string("id"), `{"own":["read","roles:update","pay"]}`, keeper).is(http.StatusForbidden)
		c.post(cafe+"/api-keys", `{"account_id":"cafe-till","name":"B","role":"boss"}`, clerk).is(http.StatusForbidden)
		c.post(cafe+"/api-keys", `{"account_id":"cafe-till","name":"B","scopes":["settlement:read"]}`, clerk).is(http.StatusForbidden)
		c.post(cafe+"/invitations", `{"email":"a@b.test","role":"boss"}`, clerk).is(http.StatusForbidden)
		c.post(cafe+"/invitations", `{"email":"a@b.test","role":"teller"}`, teller).is(http.StatusForbidden)
		for _, id := range c.get(cafe+"/members", clerk).is(http.StatusOK).items("id") {
			patch("/admin/v1/members/"+id, `{"role":"boss"}`, clerk).is(http.StatusForbidden)
			patch("/admin/v1/members/"+id, `{"role":"teller"}`, teller).is(http.StatusForbidden)
		}
		c.get(cafe+"/audit", teller).is(http.StatusForbidden)
		c.post("/admin/v1/organisations", `{"name":"Mine"}`, bearer(c.adminToken("owner@cafe.test"))).is(http.StatusForbidden)
		c.get("/admin/v1/clients", bearer(c.adminToken("owner@cafe.test"))).is(http.StatusForbidden)
		c.get("/admin/v1/clients", bearer(c.adminToken("operator@platform.test"))).is(http.StatusOK)
		patch("/admin/v1/clients/cafe-client", `{"scopes":["admin"]}`, bearer(c.adminToken("owner@cafe.test"))).is(http.StatusForbidden)
	})
}

func TestManagementAPI_ScopesAndCredentials(t *testing.T) {
	c := newCustomer(t).withTenants()
	reader, nothing := bearer(c.adminToken("owner@cafe.test", "admin:read")), bearer(c.adminToken("owner@cafe.test", "profile"))
	cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
	c.get(cafe, reader).is(http.StatusOK)
	c.post(cafe+"/accounts", `{"name":"A"}`, reader).is(http.StatusForbidden)
	c.get(cafe, nothing).is(http.StatusForbidden)
	c.get(cafe, reader, "X-Api-Key: cafe-key-secret").is(http.StatusBadRequest)
	c.get(cafe, "X-Api-Key: cafe-key-secret").is(http.StatusForbidden) // no scope
	c.get(cafe, "Authorization: Bearer x").is(http.StatusUnauthorized)
	if challenge := c.get(cafe).is(http.StatusUnauthorized).header.Get("WWW-Authenticate"); challenge != "Bearer" {
		t.Error(challenge)
	}
	c.put(cafe, `{}`, reader).is(http.StatusMethodNotAllowed)
	c.post(cafe+"/accounts", `{"name":"`+strings.Repeat("a", 70_000)+`"}`, bearer(c.adminToken("owner@cafe.test"))).is(http.StatusBadRequest)
}

func TestInvitationMakesAMemberOnce(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		owner, friend := bearer(c.adminToken("owner@cafe.test")), bearer(c.adminToken("friend@cafe.test"))
		cafe := "/admin/v1/organisations/" + c.organisationID("cafe")
		c.post(cafe+"/invitations", `{"email":"Friend@cafe.test","role":"teller","account_id":"cafe-till"}`, owner).is(http.StatusCreated)
		if _, err := c.Outbox.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		mails := c.Inbox.List()
		_, secret, found := strings.Cut(mails[0].Text, admin.PathInvitation+"?invitation=")
		if !found || mails[0].To != "Friend@cafe.test" {
			t.Fatalf("%+v", mails[0])
		}
		accept := `{"invitation":"` + strings.Fields(secret)[0] + `"}`
		c.post("/admin/v1/invitations/accept", accept, owner).is(http.StatusForbidden) // somebody else's
		c.post("/admin/v1/invitations/accept", accept, friend).is(http.StatusCreated)
		c.post("/admin/v1/invitations/accept", accept, friend).is(http.StatusNotFound)
		if ids := c.get("/admin/v1/organisations", friend).is(http.StatusOK).items("code"); !slices.Equal(ids, []string{"cafe"}) {
			t.Errorf("%v", ids)
		}
	})
}

func TestAPIKeyAddresses(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		owner := c.signedIn("owner@acme.example")
		key, secret := c.newKey("Addresses", func(n *admin.NewAPIKey) { n.AllowedFrom = []string{"203.0.113.7"} })
		from := func(ip string) int {
			return c.send(http.MethodPost, "/auth/token", "", basic(key.ID, secret), "From-IP: "+ip).status
		}
		if inside, outside := from("203.0.113.7"), from("198.51.100.1"); inside != 200 || outside != 401 {
			t.Errorf("inside %d, outside %d", inside, outside)
		}
		report := core.AddressReport
		if _, err := c.Admin.UpdateAPIKey(t.Context(), owner, key.ID, admin.AnyVersion, admin.APIKeyChange{AddressMode: &report}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if status := from("198.51.100.1"); status != 200 {
				t.Errorf("in report mode: %d", status)
			}
		}
		for kind, want := range map[core.EventType]int{core.AddressRefused: 1, core.AddressReported: 1} {
			events, err := c.Store.Events(t.Context(), store.EventFilter{Type: kind})
			if err != nil || len(events) != want {
				t.Errorf("%s: %+v %v", kind, events, err)
			}
		}
	})
}

// While nothing can be recorded, a key that only reports works on, and what was not
// recorded is later on. A refusal is not given.
func TestAPIKeyAddressesWithoutARecord(t *testing.T) {
	c := newCustomer(t)
	key, _, err := c.Store.APIKeyByDigest(t.Context(), c.Secrets.Digest(testKey))
	if err != nil {
		t.Fatal(err)
	}
	mode := func(mode core.AddressMode) {
		change(t, c.Harness, func(tx *store.Tx) error {
			changed := *key
			changed.AllowedFrom, changed.AddressMode = []string{"203.0.113.7"}, mode
			return tx.PutAPIKey(&changed)
		})
	}
	db, err := sql.Open("sqlite", strings.TrimPrefix(c.URL, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	do := func(statement string) {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	use := func() wireAnswer { return c.get(myMemberships, apiKey(testKey), "From-IP: 198.51.100.1") }
	recorded := func(kind core.EventType, want int) {
		t.Helper()
		if list, err := c.Store.Events(t.Context(), store.EventFilter{Type: kind}); err != nil || len(list) != want {
			t.Errorf("%d records, %v", len(list), err)
		}
	}
	do("CREATE TRIGGER closed BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
	mode(core.AddressReport)
	use().is(http.StatusOK)
	mode(core.AddressEnforce)
	use().is(http.StatusInternalServerError)
	use().is(http.StatusInternalServerError)
	do("DROP TRIGGER closed")
	use().is(http.StatusUnauthorized)
	recorded(core.AddressRefused, 1)
	mode(core.AddressReport)
	c.Clock.Advance(time.Minute)
	use().is(http.StatusOK)
	use().is(http.StatusOK)
	recorded(core.AddressReported, 1)
}

func TestManagementAPI_UsageIsPaged(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open().withTenants()
		cafe := c.organisationID("cafe")
		if err := c.Store.Write(t.Context(), func(tx *store.Tx) error {
			for _, client := range []string{"c", "a", "b", "a"} {
				tx.Audit(core.Event{At: c.Clock.Now(), Type: core.TokenIssued, OrganisationID: cafe, ClientID: client, GrantType: "password"})
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Store.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		for path, who := range map[string]string{
			"/admin/v1/organisations/" + cafe + "/usage": "owner@cafe.test", "/admin/v1/usage": "operator@platform.test",
		} {
			header, query := bearer(c.adminToken(who)), "?limit=2"
			first := c.get(path+query, header).is(http.StatusOK)
			next := c.get(path+query+"&cursor="+first.string("next_cursor"), header).is(http.StatusOK)
			if clients := append(first.items("client_id"), next.items("client_id")...); !slices.Equal(clients, []string{"a", "b", "c"}) ||
				next.string("next_cursor") != "" || first.items("requests")[0] != "2" {
				t.Errorf("%s: %v\n%s\n%s", path, clients, first.text, next.text)
			}
			c.get(path+"?from=2026-01-01&cursor="+first.string("next_cursor"), header).is(http.StatusBadRequest) // another list
		}
	})
}
