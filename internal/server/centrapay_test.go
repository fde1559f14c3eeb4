package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What the demo data has of Centrapay.
const (
	cafe          = "Jaim1Cu1Q55uooxSens6yk"
	teaWarehouse  = "5uooxSens6ykJaim1Cu1Q5" // subscribed to external-asset-issuer
	testKey       = "f32c5497297084e5354b47c40d5ccacb109ce483"
	ownerKey      = "centrapay-owner-key"
	providerKey   = "centrapay-provider-key"
	user          = "user@centrapay.example"
	newcomer      = "newcomer@centrapay.example"
	myMemberships = "/api/account-memberships"

	forbidden   = `{"statusCode":403,"error":"Forbidden","message":"Forbidden"}`
	missing     = `{"statusCode":401,"error":"Unauthorized","message":"Missing authentication"}`
	invalid     = `{"statusCode":401,"error":"Unauthorized","message":"Invalid authentication"}`
	severalWays = `{"statusCode":401,"error":"Unauthorized","message":"Several credentials"}`
)

// individual is the account of a person alone.
func (c *customer) individual(email string) *core.Account {
	c.t.Helper()
	memberships, err := c.Store.MembershipsOf(c.t.Context(), c.Person(email).ID)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, m := range memberships {
		account, err := c.Store.Account(c.t.Context(), m.AccountID)
		if err == nil && account.Type == core.AccountIndividual {
			return account
		}
	}
	c.t.Fatalf("%s has no individual account", email)
	return nil
}

// centrapayRoutes are all routes of the API, with a body that each takes.
var centrapayRoutes = []struct{ method, path, body string }{
	{"GET", myMemberships, ""},
	{"POST", "/api/accounts", `{"name":"Kiosk","type":"org"}`},
	{"GET", "/api/accounts/" + cafe, ""},
	{"PUT", "/api/accounts/" + cafe, `{"name":"Centrapay Cafe"}`},
	{"POST", "/api/accounts/" + cafe + "/api-keys", `{"name":"Till2","role":"merchant-terminal"}`},
	{"GET", "/api/accounts/" + cafe + "/api-keys", ""},
	{"PUT", "/api/accounts/" + cafe + "/api-keys/Till2", `{"enabled":false}`},
	{"POST", "/api/accounts/" + cafe + "/members", `{"userId":"NEWCOMER","role":"merchant-terminal"}`},
	{"GET", "/api/accounts/" + cafe + "/members", ""},
	{"DELETE", "/api/accounts/" + cafe + "/members/NEWCOMER", ""},
}

// call sends the request of a route.
func (c *customer) call(method, path, body string, lines ...string) wireAnswer {
	c.t.Helper()
	id := c.Person(newcomer).ID
	path, body = strings.ReplaceAll(path, "NEWCOMER", id), strings.ReplaceAll(body, "NEWCOMER", id)
	if body != "" {
		lines = append(lines, jsonType)
	}
	return c.send(method, path, body, lines...)
}

func TestCP_1_EveryRouteTakesEitherCredential(t *testing.T) {
	for name, credential := range map[string]func(c *customer) string{
		"key":   func(*customer) string { return apiKey(ownerKey) },
		"token": func(c *customer) string { return bearer(c.UserToken(user, "openid")) },
		"scheme in another case": func(c *customer) string {
			return "Authorization: bEARER " + c.UserToken(user, "openid")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCustomer(t)
			for _, r := range centrapayRoutes {
				if a := c.call(r.method, r.path, r.body, credential(c)); a.status != 200 {
					t.Errorf("%s %s: %d %s", r.method, r.path, a.status, a.text)
				}
			}
		})
	}
}

func TestCP_1_NoRouteWithoutACredential(t *testing.T) {
	c := newCustomer(t)
	token := c.UserToken(user, "openid")
	for _, r := range centrapayRoutes {
		for body, lines := range map[string][]string{
			missing:     {},
			invalid:     {apiKey("nobody's")},
			severalWays: {apiKey(ownerKey), bearer(token)},
		} {
			if a := c.call(r.method, r.path, r.body, lines...); a.status != 401 || a.text != body || a.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with %d headers: %d %s", r.method, r.path, len(lines), a.status, a.text)
			}
		}
	}
	if _, _, err := c.Store.APIKeyByDigest(t.Context(), c.Secrets.Digest(ownerKey)); err != nil {
		t.Error(err)
	}
}

func TestCP_2_Memberships(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		c.apply(`organisations:
  - code: sandbox
    name: Sandbox
    accounts: [{id: sandbox, name: Sandbox, test: true}, {id: closed, name: Closed, status: DISABLED}]
    api_keys: [{name: Sandbox, account: sandbox, dialect: centrapay, role: account-owner, secret: sandbox-key}]
  - code: gone
    name: Gone
    status: DISABLED
    accounts: [{id: gone, name: Gone}]
people:
  - email: everywhere@centrapay.example
    memberships: [{organisation: sandbox, role: anon-consumer}, {account: closed, role: account-owner}, {account: gone, role: account-owner}]
  - {email: nowhere@centrapay.example}`)
		inCafe := `{"accountName":"Centrapay Cafe","accountId":"` + cafe + `","accountType":"org","role":"`
		sandbox := `{"accountName":"Sandbox","accountId":"sandbox","accountType":"org","role":"`
		for line, want := range map[string]string{
			apiKey(testKey):       `[` + inCafe + `merchant-terminal"}]`,
			apiKey(ownerKey):      `[` + inCafe + `account-owner"}]`,
			apiKey("sandbox-key"): `[` + sandbox + `account-owner","testAccount":true}]`,
			bearer(c.UserToken(user, "openid")): `[` + inCafe + `account-owner"},
				{"accountName":"Centrapay Tea Warehouse","accountId":"` + teaWarehouse + `","accountType":"org","role":"account-owner"},
				{"accountName":"User","accountId":"` + c.individual(user).ID + `","accountType":"individual","role":"account-owner"}]`,
			bearer(c.UserToken("everywhere@centrapay.example", "openid")): `[` + sandbox + `anon-consumer","testAccount":true}]`,
			bearer(c.UserToken("nowhere@centrapay.example", "openid")):    `[]`,
		} {
			a := c.get(myMemberships, line).is(200)
			byID := cmpopts.SortSlices(func(x, y any) bool {
				return x.(map[string]any)["accountId"].(string) < y.(map[string]any)["accountId"].(string)
			})
			if diff := cmp.Diff(wireAnswer{t: t, text: want}.decode(), a.decode(), byID); diff != "" {
				t.Errorf("memberships (-want +got)\n%s", diff)
			}
		}
	})
}

func TestCP_3_TheDocumentedKey(t *testing.T) {
	c := newCustomer(t)
	c.probe()
	c.get(myMemberships, apiKey(testKey)).is(200)
	c.get(probeOf("payment-requests:create", cafe), apiKey(testKey)).is(200)
	c.get(probeOf("payment-requests:create", teaWarehouse), apiKey(testKey)).is(403)
	c.get(probeOf("api-keys:create", cafe), apiKey(testKey)).is(403)
}

// CP-3, D07: whatever they look like, and only a hash of them is kept.
func TestCP_3_D07_ImportedKeysOfAnyFormat(t *testing.T) {
	c := newCustomer(t)
	secrets := []string{
		testKey, ownerKey, "k1", "sk_live_51H8x/+==", "6f9619ff-8b86-d011-b42d-00cf4fc964ff", "key with spaces, and: more",
		strings.Repeat("long", 200),
	}
	for i, secret := range secrets[2:] {
		c.apply(`organisations: [{code: centrapay-cafe, api_keys: [{name: Imported` + strconv.Itoa(i) + `, account: ` + cafe +
			`, dialect: centrapay, role: merchant-terminal, secret: ` + strconv.Quote(secret) + `}]}]`)
	}
	for _, secret := range secrets {
		c.get(myMemberships, apiKey(secret)).is(200)
	}
	files, err := filepath.Glob(strings.TrimPrefix(c.URL, "sqlite:") + "*") // the log of writes too
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range secrets {
			if len(secret) > 4 && bytes.Contains(data, []byte(secret)) {
				t.Errorf("%s holds a key as it is", filepath.Base(file))
			}
		}
	}
}

func TestCP_4_APIKeys(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		keys := "/api/accounts/" + cafe + "/api-keys"
		owner := bearer(c.UserToken(user, "openid"))
		a := c.post(keys, `{"name":"Till2","role":"merchant-terminal"}`, owner).is(200)
		secret := a.token("secret")
		till := `"accountId":"` + cafe + `","name":"Till2","createdAt":"2026-03-02T09:30:00.000Z","enabled":true,"role":"merchant-terminal"`
		a.holds(`{` + till + `,"secret":"` + secret + `"}`)
		if a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
		}
		list := c.get(keys, owner).is(200)
		if !strings.Contains(list.text, till) || strings.Contains(list.text, "secret") {
			t.Errorf("the list is %s", list.text)
		}
		c.get(myMemberships, apiKey(secret)).is(200)
		c.get(keys, apiKey(secret)).is(403).holds(forbidden) // a terminal

		// Unique in the account, for keys that are stopped too.
		taken := `{"statusCode":400,"error":"Bad Request","message":"NAME_ALREADY_EXISTS"}`
		c.post(keys, `{"name":"Till2","role":"account-owner"}`, owner).is(400).holds(taken)
		c.put(keys+"/Till2", `{"enabled":false}`, owner).is(200).holds(`{` + strings.Replace(till, "true", "false", 1) + `}`)
		c.post(keys, `{"name":"Till2","role":"account-owner"}`, owner).is(400).holds(taken)
		c.post("/api/accounts/"+teaWarehouse+"/api-keys", `{"name":"Till2","role":"account-owner"}`, owner).is(200)

		c.get(myMemberships, apiKey(secret)).is(401).holds(invalid)
		c.put(keys+"/Till2", `{"enabled":true}`, owner).is(200).holds(`{` + till + `}`)
		c.get(myMemberships, apiKey(secret)).is(200)
		c.put(keys+"/Till9", `{"enabled":true}`, owner).is(403).holds(forbidden)

		// An owner's key can do the same; it may stop itself.
		second := c.post(keys, `{"name":"Second","role":"account-owner"}`, apiKey(ownerKey)).token("secret")
		c.put(keys+"/Second", `{"enabled":false}`, apiKey(second)).is(200)
		c.put(keys+"/Second", `{"enabled":true}`, apiKey(second)).is(401)
	})
}

func TestCP_4_WhatAKeyIsMadeFrom(t *testing.T) {
	c := newCustomer(t)
	for body, field := range map[string]string{
		`{"role":"merchant-terminal"}`:                                      "name",
		`{"name":"Till2"}`:                                                  "role",
		`{"name":"","role":"merchant-terminal"}`:                            "name",
		`{"name":"Till 2","role":"merchant-terminal"}`:                      "name",
		`{"name":"Till-2","role":"merchant-terminal"}`:                      "name",
		`{"name":"../Owner","role":"merchant-terminal"}`:                    "name",
		`{"name":"Tïll2","role":"merchant-terminal"}`:                       "name",
		`{"name":"` + strings.Repeat("x", 65) + `","role":"account-owner"}`: "name",
		`{"name":7,"role":"merchant-terminal"}`:                             "name",
		`{"name":"Till2","role":"anon-consumer"}`:                           "role",
		`{"name":"Till2","role":"external-asset-provider"}`:                 "role",
		`{"name":"Till2","role":"owner"}`:                                   "role",
	} {
		a := c.post("/api/accounts/"+cafe+"/api-keys", body, apiKey(ownerKey)).is(400)
		if text, _ := a.member("message").(string); !strings.HasPrefix(text, field+": ") {
			t.Errorf("%s: %s", body, a.text)
		}
	}
}

func TestCP_4_Members(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		members := "/api/accounts/" + cafe + "/members"
		owner, guest := bearer(c.UserToken(user, "openid")), bearer(c.UserToken(newcomer, "openid"))
		id, ownerID := c.Person(newcomer).ID, c.Person(user).ID
		c.get(members, guest).is(403).holds(forbidden)
		added := `{"accountId":"` + cafe + `","accountType":"org","accountName":"Centrapay Cafe","userId":"` + id +
			`","role":"account-owner","createdAt":"2026-03-02T09:30:00.000Z","email":"` + newcomer + `"}`
		c.post(members, `{"userId":"`+id+`","role":"account-owner"}`, owner).is(200).holds(added)
		if list := c.get(members, guest).is(200); !strings.Contains(list.text, added) || !strings.Contains(list.text, ownerID) {
			t.Errorf("the members are %s", list.text)
		}

		// Two owners: one may go, the other not, whoever asks.
		c.send("DELETE", members+"/"+ownerID, "", guest).is(200).holds(`{}`)
		c.get(members, owner).is(403).holds(forbidden)
		last := `{"statusCode":403,"error":"Forbidden","message":"LAST_OWNER_NOT_REVOKABLE"}`
		c.send("DELETE", members+"/"+id, "", guest).is(403).holds(last)
		c.send("DELETE", members+"/"+id, "", apiKey(ownerKey)).is(403).holds(last)
		c.post(members, `{"userId":"`+id+`","role":"merchant-terminal"}`, guest).is(403).holds(last)
		c.get(members, guest).is(200)

		c.send("DELETE", members+"/"+ownerID, "", guest).is(403).holds(forbidden) // no longer a member
		c.post(members, `{"userId":"usr_nobody","role":"merchant-terminal"}`, guest).is(403).holds(forbidden)
		c.post(members, `{"userId":"`+ownerID+`","role":"nobody"}`, guest).is(400)
		c.post(members, `{"role":"merchant-terminal"}`, guest).is(400)
	})
}

func TestCP_4_Accounts(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		guest, owner := bearer(c.UserToken(newcomer, "openid")), bearer(c.UserToken(user, "openid"))
		a := c.post("/api/accounts", `{"name":"Kiosk","type":"org","test":true}`, guest).is(200)
		kiosk := a.token("id")
		shape := `{"id":"` + kiosk + `","name":"Kiosk","type":"org","createdAt":"2026-03-02T09:30:00.000Z","test":true,"subscriptions":[]}`
		a.holds(shape)
		c.get("/api/accounts/"+kiosk, guest).is(200).holds(shape)
		c.get("/api/accounts/"+kiosk, owner).is(403).holds(forbidden)
		c.put("/api/accounts/"+kiosk, `{"name":"Corner Kiosk"}`, owner).is(403).holds(forbidden)
		c.put("/api/accounts/"+kiosk, `{"name":"Corner Kiosk"}`, guest).is(200).holds(strings.Replace(shape, "Kiosk", "Corner Kiosk", 1))
		found := c.get(myMemberships, guest).is(200)
		if !strings.Contains(found.text, `{"accountName":"Corner Kiosk","accountId":"`+kiosk+`","accountType":"org","role":"account-owner","testAccount":true}`) {
			t.Errorf("the memberships are %s", found.text)
		}
		c.get("/api/accounts/"+teaWarehouse, apiKey(providerKey)).is(200).holds(`{"id":"` + teaWarehouse +
			`","name":"Centrapay Tea Warehouse","type":"org","createdAt":"2026-03-02T09:30:00.000Z","subscriptions":["external-asset-issuer"]}`)

		for body, field := range map[string]string{
			`{"type":"org"}`:                           "name",
			`{"name":"Kiosk"}`:                         "type",
			`{"name":"Kiosk","type":"company"}`:        "type",
			`{"name":"Kiosk","type":"org","test":"x"}`: "test",
			`{"name":"a\u0000b","type":"org"}`:         "name",
		} {
			a := c.post("/api/accounts", body, guest).is(400)
			if text, _ := a.member("message").(string); !strings.HasPrefix(text, field+": ") {
				t.Errorf("%s: %s", body, a.text)
			}
		}
		// Nobody is made the owner of an account by somebody else.
		c.post("/api/accounts", `{"name":"Trap","type":"org","owner":"`+c.Person(user).ID+`"}`, guest).is(403)
		// A second individual account would be a second set of flags (CP-9).
		c.post("/api/accounts", `{"name":"Me again","type":"individual"}`, guest).is(400).holds(
			`{"statusCode":400,"error":"Bad Request","message":"There is an individual account already."}`)
	})
}

// The documentation's user token: an hour, and a refresh token of 60 days for
// whoever asked for one.
func TestCP_1_UserAccessToken(t *testing.T) {
	c := newCustomer(t)
	token := c.UserToken(user, "openid")
	c.Clock.Advance(time.Hour - time.Second)
	c.get(myMemberships, bearer(token)).is(200)
	c.Clock.Advance(time.Second)
	c.get(myMemberships, bearer(token)).is(401).holds(invalid)
	var names []string
	for name := range wireClaims(t, token) {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"aud", "client_id", "exp", "grant_id", "iat", "iss", "jti", "scope", "sub", "subject_type"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("claims (-want +got)\n%s", diff)
	}
}
