package server_test

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"claviger"
	"claviger/internal/dialect"
	"claviger/internal/permission/permissiontest"
	"claviger/internal/server"
	"claviger/internal/server/servertest"
)

func probeOf(permission, account string) string {
	return "/api/accounts/" + account + "/probe-" + strings.ReplaceAll(permission, ":", "-")
}

// probe gives the dialect a route for each permission, so that the platform's own
// APIs, which are elsewhere, can be stood in for.
func (c *customer) probe() {
	c.t.Helper()
	text, err := fs.ReadFile(claviger.Dialects, "dialects/centrapay/dialect.yaml")
	if err != nil {
		c.t.Fatal(err)
	}
	_, table := permissiontest.Table()
	for _, row := range table {
		text = fmt.Appendf(text, "\n  GET %s:\n    operation: read_account\n    permission: %s\n    input: {account: path.accountId}\n    reply: {body: {}}\n",
			strings.TrimPrefix(probeOf(row.Permission, "{accountId}"), "/api"), row.Permission)
	}
	dialects, err := dialect.Load(fstest.MapFS{"centrapay/dialect.yaml": {Data: text}})
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := server.New(c.Instance, dialects)
	if err != nil {
		c.t.Fatal(err)
	}
	c.Harness = c.Harness.With(s)
}

// CP-8, CP-9: the whole table over HTTP, by people with tokens and by keys.
func TestCP_8_CP_9_TheWholeTableOverHTTP(t *testing.T) {
	c := newCustomer(t, unlimited)
	c.probe()
	c.apply(permissiontest.Configuration())
	var group sync.WaitGroup
	places := make(chan struct{}, 16) // a denial waits for the audit trail; several share a commit
	lines := map[string]string{}
	for _, x := range permissiontest.Cases() {
		line, ok := lines[x.Subject.Name()]
		if !ok {
			if line = apiKey(x.Subject.Secret); x.Subject.Email != "" {
				line = bearer(c.UserToken(x.Subject.Email, "openid"))
			}
			lines[x.Subject.Name()] = line
		}
		places <- struct{}{}
		group.Go(func() {
			defer func() { <-places }()
			want := 403
			if x.Want {
				want = 200
			}
			if a := c.get(probeOf(x.Action, x.Account), line); a.status != want {
				t.Errorf("%s: %d, not %d", x, a.status, want)
			}
		})
	}
	group.Wait()
}

// CP-9: a flag counts only as long as it is there, on an account that is active.
func TestCP_9_FlagsAreThoseOfNow(t *testing.T) {
	c := newCustomer(t, unlimited)
	c.probe()
	line := bearer(c.UserToken(user, "openid"))
	transfer, issue := probeOf("wallets:transfer", cafe), probeOf("external-assets:create", teaWarehouse)
	c.get(transfer, line).is(200)
	c.get(issue, line).is(200)

	// The caller's flag and the target's subscription are alternatives.
	c.apply(`people: [{email: ` + user + `, individual_account: {flags: []}}]`)
	c.get(transfer, line).is(403)
	c.get(issue, line).is(200)
	c.apply(`organisations: [{code: centrapay-tea-warehouse, accounts: [{id: ` + teaWarehouse + `, subscriptions: []}]}]`)
	c.get(issue, line).is(403)

	// The flag on an org account is not the caller's.
	c.apply(`organisations: [{code: centrapay-cafe, accounts: [{id: ` + cafe + `, flags: [trusted-user]}]}]`)
	c.get(transfer, line).is(403)
	c.apply(`people: [{email: ` + user + `, individual_account: {flags: [trusted-user]}}]`)
	c.get(transfer, line).is(200)
	c.apply(`people: [{email: ` + user + `, individual_account: {status: SUSPENDED}}]`)
	c.get(transfer, line).is(403)
}

// ALL-6: nobody has a permission on an account that is stopped, however far it
// reaches.
func TestALL_6_Centrapay_StoppedTargets(t *testing.T) {
	for name, stop := range map[string]string{
		"account":      `organisations: [{code: centrapay-tea-warehouse, accounts: [{id: ` + teaWarehouse + `, status: SUSPENDED}]}]`,
		"organisation": `organisations: [{code: centrapay-tea-warehouse, status: DISABLED}]`,
	} {
		t.Run(name, func(t *testing.T) {
			c := newCustomer(t)
			c.probe()
			c.get(probeOf("payment-requests:read", teaWarehouse), apiKey(testKey)).is(200)
			c.apply(stop)
			c.get(probeOf("payment-requests:read", teaWarehouse), apiKey(testKey)).is(403).holds(forbidden)
		})
	}
}

// CP-8: the routes that are served demand the permission of their name.
func TestCP_8_RoutesDemandTheirPermission(t *testing.T) {
	roles, table := permissiontest.Table()
	demanded := []string{ // by the order of centrapayRoutes; "" for none
		"", "accounts:create", "accounts:read", "accounts:update", "api-keys:create", "api-keys:list", "api-keys:update",
		"accounts:update", "accounts:read", "accounts:update",
	}
	for _, role := range roles {
		t.Run(role, func(t *testing.T) {
			c := newCustomer(t)
			c.apply(`organisations:
  - code: centrapay-cafe
    api_keys:
      - {name: Role, account: ` + cafe + `, dialect: centrapay, role: ` + role + `, secret: the-role-key}
      - {name: Till2, account: ` + cafe + `, dialect: centrapay, role: merchant-terminal, secret: the-till-key}
people: [{email: ` + newcomer + `, memberships: [{account: ` + cafe + `, role: merchant-terminal}]}]`)
			for i, r := range centrapayRoutes {
				granted := demanded[i] == "" || slices.ContainsFunc(table, func(row permissiontest.Row) bool {
					return row.Permission == demanded[i] && row.Scope[role] != ""
				})
				a := c.call(r.method, r.path, r.body, apiKey("the-role-key"))
				if (a.status != 403) != granted {
					t.Errorf("%s %s: %d %s, granted %v", r.method, r.path, a.status, a.text, granted)
				}
			}
		})
	}
}

const actingFor = "X-Centrapay-Account: "

func TestCP_11_ActingForAnAccount(t *testing.T) {
	c := newCustomer(t)
	token, stranger := bearer(c.UserToken(user, "openid")), bearer(c.UserToken(newcomer, "openid"))
	read := func(id string) string { return "/api/accounts/" + id }
	// Without the header everything of the user's, with it that account alone.
	for _, id := range []string{cafe, teaWarehouse, c.individual(user).ID} {
		c.get(read(id), token).is(200)
		c.get(read(id), token, actingFor+id).is(200)
		c.get(read(id), token, actingFor+c.individual(newcomer).ID).is(403).holds(forbidden)
	}
	c.get(read(cafe), token, actingFor+teaWarehouse).is(403).holds(forbidden)
	c.get(read(teaWarehouse), token, actingFor+c.individual(user).ID).is(403).holds(forbidden)

	// No membership, no such account, not a name of one: all the same.
	for _, id := range []string{cafe, teaWarehouse, "nobody", "*", "null", cafe + "," + cafe, c.individual(user).ID} {
		c.get(myMemberships, stranger, actingFor+id).is(403).holds(forbidden)
	}
	c.get(myMemberships, token, actingFor+cafe, actingFor+cafe).is(400)

	// The list is the subject's all the same.
	if a := c.get(myMemberships, token, actingFor+cafe).is(200); !strings.Contains(a.text, teaWarehouse) {
		t.Errorf("acting for one account shows %s", a.text)
	}
}

func TestCP_11_NoMembershipNoMore(t *testing.T) {
	c := newCustomer(t)
	token := bearer(c.UserToken(user, "openid"))
	for _, end := range []func(){
		func() { c.apply(`organisations: [{code: centrapay-tea-warehouse, status: DISABLED}]`) },
		func() { c.leave(user, "centrapay-cafe") },
	} {
		c.get(myMemberships, token, actingFor+cafe).is(200)
		end()
	}
	c.get(myMemberships, token, actingFor+cafe).is(403).holds(forbidden)
	c.get(myMemberships, token, actingFor+teaWarehouse).is(403).holds(forbidden)
	c.get(myMemberships, token, actingFor+c.individual(user).ID).is(200)
}

// What is for one account anyway acts for no other: a key, and a partner that one
// account was connected to.
func TestCP_11_OnlyWhoMayChoose(t *testing.T) {
	c := newCustomer(t)
	c.get(myMemberships, apiKey(ownerKey), actingFor+cafe).is(200)
	c.get(myMemberships, apiKey(ownerKey), actingFor+teaWarehouse).is(403).holds(forbidden)
	c.get(myMemberships, apiKey(ownerKey), actingFor+"nobody").is(403).holds(forbidden)

	c.apply(`organisations: [{code: centrapay-cafe, accounts: [{id: garden, name: Garden}]}]
people: [{email: ` + user + `, memberships: [{account: garden, role: account-owner}]}]`)
	partner := bearer(c.SignIn(servertest.SignIn{Client: "centrapay-web", Email: user, Account: cafe}).AccessToken)
	c.get("/api/accounts/"+cafe, partner).is(200)
	c.get("/api/accounts/"+cafe, partner, actingFor+cafe).is(200)
	for _, id := range []string{teaWarehouse, "garden"} {
		c.get("/api/accounts/"+id, partner).is(403).holds(forbidden)
		c.get("/api/accounts/"+id, partner, actingFor+id).is(403).holds(forbidden)
	}
	chosen := bearer(c.SignIn(servertest.SignIn{Client: "centrapay-web", Email: user, Organisation: "centrapay-cafe"}).AccessToken)
	for id, status := range map[string]int{cafe: 200, "garden": 200, teaWarehouse: 403, c.individual(user).ID: 403} {
		c.get("/api/accounts/"+id, chosen).is(status)
		c.get("/api/accounts/"+id, chosen, actingFor+id).is(status)
	}
	c.get(myMemberships, partner).is(200).holds(
		`[{"accountName":"Centrapay Cafe","accountId":"` + cafe + `","accountType":"org","role":"account-owner"}]`)
}

// A service account signs in to its organisation; it acts for the accounts of it
// that it is a member of, and for no other's.
func TestCP_11_ServiceAccounts(t *testing.T) {
	c := newCustomer(t)
	c.apply(`organisations:
  - code: centrapay-cafe
    accounts: [{id: garden, name: Garden}]
    service_accounts: [{username: robot, password: robot-password, memberships: [{account: ` + cafe + `, role: account-owner}]}]
clients: [{id: robots, name: Robots, dialect: centrapay, secret: robots-secret, grant_types: [password], scopes: openid profile}]`)
	body := fields{"grant_type": "password", "username": "robot", "password": "robot-password", "organisation": "centrapay-cafe"}.form()
	token := bearer(c.send("POST", "/oauth2/token", body, formType, basic("robots", "robots-secret")).token("access_token"))
	c.get("/api/accounts/"+cafe, token).is(200)
	c.get("/api/accounts/"+cafe, token, actingFor+cafe).is(200)
	for _, id := range []string{teaWarehouse, "garden"} {
		c.get("/api/accounts/"+id, token).is(403).holds(forbidden)
		c.get(myMemberships, token, actingFor+id).is(403).holds(forbidden)
	}
}
