package server_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
)

// same checks that answers cannot be told apart: status, body, and every header.
func same(t *testing.T, answers map[string]wireAnswer) {
	t.Helper()
	first, name := wireAnswer{}, ""
	for other, a := range answers {
		a.header.Del("X-Request-Id")
		text := fmt.Sprintf("%d %v %s", a.status, a.header, a.text)
		if name == "" {
			first, name = a, other
		}
		if want := fmt.Sprintf("%d %v %s", first.status, first.header, first.text); text != want {
			t.Errorf("%s and %s differ:\n%s\n%s", name, other, want, text)
		}
	}
}

// keysOfEveryForm are ids and right secrets of keys that are stored in each way,
// and of a key that is stopped.
func (c *customer) keysOfEveryForm() map[string]string {
	c.t.Helper()
	random, secret := c.newKey("Random") // a keyed digest
	stopped, stoppedSecret := c.newKey("Stopped")
	if _, err := c.Admin.SetAPIKeyEnabled(c.t.Context(), c.signedIn("owner@acme.example"), stopped.ID, false); err != nil {
		c.t.Fatal(err)
	}
	return map[string]string{"my_id": "my_secret", random.ID: secret, stopped.ID: stoppedSecret} // my_id: a slow hash
}

// D01, ALL-7: an unknown id, a wrong secret of a key however it is stored, and a
// client of another wire format get the same answer, and each costs a slow hash.
func TestD01_ALL_7_Spendesk(t *testing.T) {
	c := newCustomer(t, onePlace)
	keys := c.keysOfEveryForm()
	wrong := map[string]string{"unknown": basic("nobody", "my_secret"), "empty": basic("", ""), "nothing": "X-Nothing: x"}
	for id := range keys {
		wrong["wrong secret of "+id] = basic(id, "wrong")
	}
	wrong["another wire format"] = basic("your_app_key", "your_app_secret")
	wrong["a client"] = basic(partner, "wrong")
	answers := map[string]wireAnswer{}
	for name, line := range wrong {
		answers[name] = c.send(http.MethodPost, "/auth/token", "", line).is(401)
	}
	for id, secret := range keys {
		if id != "my_id" { // one that is stopped is not told from a wrong one
			if a := c.send(http.MethodPost, "/auth/token", "", basic(id, secret)); a.status != 200 {
				answers["right secret of "+id] = a
			}
		}
	}
	if len(answers) != len(wrong)+1 {
		t.Errorf("%d answers", len(answers))
	}
	same(t, answers)

	token := c.connect(partner, "acme-fr").RefreshToken
	ask := func(id, secret string) wireAnswer {
		return c.post("/oauth2/token/refresh", fields{"grant_type": "refresh_token", "refresh_token": token, "client_id": id, "client_secret": secret}.json())
	}
	same(t, map[string]wireAnswer{"wrong": ask(partner, "x").is(401), "unknown": ask("nobody", "x").is(401), "public": ask("spendesk-cli", "x").is(401)})

	release := occupy(t, c.Harness)
	defer release()
	for name, line := range wrong {
		if a := c.send(http.MethodPost, "/auth/token", "", line); a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
			t.Errorf("%s was answered without a slow hash: %d %s", name, a.status, a.text)
		}
	}
	for _, a := range []wireAnswer{ask(partner, "x"), ask("nobody", "x")} {
		a.is(http.StatusServiceUnavailable)
	}
	for id, secret := range keys {
		if id != "my_id" { // random secrets are proved without one, right or stopped
			if status := c.exchange(id, secret); status != 200 && status != 401 {
				t.Errorf("%s with its secret: %d", id, status)
			}
		}
	}
}

// D01, ALL-7: a key that comes without an id is found by its keyed digest. Nothing
// about a wrong one costs more than about another.
func TestD01_ALL_7_Centrapay(t *testing.T) {
	c := newCustomer(t, onePlace)
	actor := admin.Actor{Name: "test"}
	create := func(name, dialect string, withID bool) (string, string) {
		key, secret, err := c.Admin.CreateAPIKey(t.Context(), actor, admin.NewAPIKey{AccountID: cafe, Name: name, Dialect: dialect,
			RoleCode: "account-owner", WithID: withID, ExpiresAt: map[bool]time.Time{true: c.Clock.Now().Add(time.Hour)}[name == "Expired"]})
		if err != nil {
			t.Fatal(err)
		}
		return key.ID, secret
	}
	_, other := create("Other", "spendesk", false)
	_, withID := create("WithID", "centrapay", true)
	_, expired := create("Expired", "centrapay", false)
	revokedID, revoked := create("Revoked", "centrapay", false)
	stoppedID, stopped := create("Stopped", "centrapay", false)
	if err := c.Admin.RevokeAPIKey(t.Context(), actor, revokedID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Admin.SetAPIKeyEnabled(t.Context(), actor, stoppedID, false); err != nil {
		t.Fatal(err)
	}
	c.get(myMemberships, apiKey(expired)).is(200)
	c.Clock.Advance(time.Hour)
	defer occupy(t, c.Harness)() // every one of them is answered all the same
	answers := map[string]wireAnswer{}
	for name, secret := range map[string]string{
		"unknown": "clv_key_unknown", "cut": testKey[:39], "in capitals": strings.ToUpper(testKey), "too long": strings.Repeat("x", 9000),
		"another wire format": other, "needs its id": withID, "expired": expired, "revoked": revoked, "stopped": stopped,
		"the id": stoppedID, "my_secret": "my_secret",
	} {
		answers[name] = c.get(myMemberships, apiKey(secret)).is(401).holds(invalid)
	}
	same(t, answers)
	c.get(myMemberships, apiKey(ownerKey)).is(200)
}

func TestD01_GuessesAreLimited(t *testing.T) {
	t.Run("of one id", func(t *testing.T) {
		c := newCustomer(t)
		from := func(ip, secret string) wireAnswer {
			return c.send(http.MethodPost, "/auth/token", "", basic("my_id", secret), "From-IP: "+ip)
		}
		from("198.51.100.7", "my_secret").is(200)
		for range 10 {
			from("203.0.113.5", "guess").is(401)
		}
		a := from("203.0.113.5", "my_secret").is(429)
		if seconds, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
		from("203.0.113.6", "guess").is(429)      // from elsewhere too
		from("198.51.100.7", "my_secret").is(200) // where it was right before
		c.Clock.Advance(time.Minute)              // and everywhere after a minute
		from("203.0.113.5", "my_secret").is(200)
	})
	t.Run("of one source", func(t *testing.T) {
		c := newCustomer(t)
		from := func(ip, key string) wireAnswer { return c.get(myMemberships, apiKey(key), "From-IP: "+ip) }
		from("203.0.113.5", testKey).is(200)
		for i := range 100 {
			from("203.0.113.5", "guess-"+strconv.Itoa(i)).is(401)
		}
		a := from("203.0.113.5", ownerKey).is(429)
		if a.header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		from("203.0.113.5", testKey).is(200)  // has been right there before
		from("203.0.113.6", ownerKey).is(200) // another source
	})
}

// D03: a credential has the same rights on each way in, or none.
func TestD03_OneCredentialManyWays(t *testing.T) {
	c := newCustomer(t)
	pair := strings.TrimPrefix(basic("my_id", "my_secret"), "Authorization: Basic ")
	for name, line := range map[string]string{
		"secret as key": apiKey("my_secret"), "id as key": apiKey("my_id"), "pair as key": apiKey("my_id:my_secret"), "base64 as key": apiKey(pair),
		"Basic": basic("my_id", "my_secret"), "bearer secret": bearer("my_secret"), "bearer pair": bearer(pair),
		"its token": bearer(c.keyToken()), "its token as key": apiKey(c.keyToken()),
		"key as bearer": bearer(ownerKey), "key as Basic": basic(ownerKey, ""), "key as password": basic("", ownerKey),
		"a partner's token": bearer(c.connect(partner, "acme-fr").AccessToken),
	} {
		if a := c.get(myMemberships, line); a.status != 401 {
			t.Errorf("%s at Centrapay: %d", name, a.status)
		}
	}
	for name, line := range map[string]string{
		"secret as bearer": bearer("my_secret"), "pair as bearer": bearer(pair), "Basic": basic("my_id", "my_secret"),
		"as key": apiKey("my_secret"), "somebody's key": apiKey(ownerKey), "key as bearer": bearer(ownerKey),
		"a person's token": bearer(c.UserToken(user, "openid")), "a token as key": apiKey(c.keyToken()),
	} {
		if a := c.get("/wallet-summaries", line); a.status != 401 {
			t.Errorf("%s at Spendesk: %d", name, a.status)
		}
	}

	// The standard endpoint takes id and secret too, for the same rights.
	body := "grant_type=client_credentials"
	a := c.send(http.MethodPost, "/oauth2/token", body, formType, basic("my_id", "my_secret")).is(200)
	if a.member("scope") != keyScope || a.member("refresh_token") != nil {
		t.Errorf("%s", a.text)
	}
	c.get("/wallet-summaries", bearer(a.token("access_token"))).is(200)
	c.send(http.MethodPost, "/oauth2/token", body+"&scope=card:read", formType, basic("my_id", "my_secret")).is(400)
	c.send(http.MethodPost, "/oauth2/token", "grant_type=password&username=x&password=x", formType, basic("my_id", "my_secret")).is(400)
}

// D03: what a key may do as it is, it may do by a token, and no more.
func TestD03_AKeyAndItsToken(t *testing.T) {
	for _, role := range []string{"account-owner", "merchant-terminal", "external-asset-provider", "anon-consumer"} {
		statuses := map[string][]int{}
		for _, way := range []string{"key", "token"} {
			c := newCustomer(t)
			c.apply(`organisations: [{code: centrapay-cafe, api_keys: [{id: both-ways, name: Both, account: ` + cafe +
				`, dialect: centrapay, role: ` + role + `, secret: both-ways-secret}]}]`)
			line := apiKey("both-ways-secret")
			if way == "token" {
				a := c.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", formType, basic("both-ways", "both-ways-secret"))
				line = bearer(a.token("access_token"))
			}
			for _, r := range centrapayRoutes {
				statuses[way] = append(statuses[way], c.call(r.method, r.path, r.body, line).status)
			}
		}
		if fmt.Sprint(statuses["key"]) != fmt.Sprint(statuses["token"]) {
			t.Errorf("%s: %v", role, statuses)
		}
	}
}

// D04: two credentials are refused, even of the same subject.
func TestD04_SeveralCredentials(t *testing.T) {
	c := newCustomer(t)
	mine, other := bearer(c.UserToken(user, "openid")), bearer(c.UserToken(newcomer, "openid"))
	for name, lines := range map[string][]string{
		"the same key twice":      {apiKey(ownerKey), apiKey(ownerKey)},
		"two keys":                {apiKey(ownerKey), apiKey(providerKey)},
		"in another case":         {apiKey(ownerKey), "x-api-key: " + providerKey},
		"key and token":           {apiKey(ownerKey), mine},
		"key and another's token": {apiKey(ownerKey), other},
		"a wrong key and a token": {apiKey("wrong"), mine},
		"key and a wrong token":   {apiKey(ownerKey), bearer("wrong")},
		"key and Basic":           {apiKey(ownerKey), basic("my_id", "my_secret")},
		"two tokens":              {mine, other},
		"an empty key and one":    {apiKey(""), apiKey(ownerKey)},
	} {
		t.Run(name, func(t *testing.T) {
			c.in(t).get(myMemberships, lines...).is(401).holds(severalWays)
		})
	}
	// A list in one header is one wrong key.
	c.get(myMemberships, apiKey(ownerKey+", "+providerKey)).is(401).holds(invalid)
	c.get(myMemberships, apiKey("")).is(401).holds(missing)

	both := c.send(http.MethodPost, "/auth/token", "", basic("my_id", "my_secret"), basic("my_id", "my_secret"))
	both.is(400).holds(`{"errors":[{"code":"several_credentials","detail":"Only one way to authenticate may be used in a request."}]}`)
	c.get("/wallet-summaries", bearer(c.keyToken()), bearer(c.keyToken())).is(400)
}

// D05, ALL-6: a key that is revoked is dead on every node, and so is what was made
// with it.
func TestD05_RevokedOnEveryNode(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		other := open()
		key, secret := c.newKey("Revoked")
		terminal := c.post("/api/accounts/"+cafe+"/api-keys", `{"name":"Till2","role":"merchant-terminal"}`, apiKey(ownerKey)).token("secret")
		token := c.send(http.MethodPost, "/auth/token", "", basic(key.ID, secret)).token("access_token")
		eventually(t, "the other node knows the keys", func() bool { return other.exchange(key.ID, secret) == 200 })
		other.get("/wallet-summaries", bearer(token)).is(200)
		other.get(myMemberships, apiKey(terminal)).is(200)
		if !c.active(token) {
			t.Error("inactive before")
		}

		if err := c.Admin.RevokeAPIKey(t.Context(), c.signedIn("owner@acme.example"), key.ID); err != nil {
			t.Fatal(err)
		}
		c.put("/api/accounts/"+cafe+"/api-keys/Till2", `{"enabled":false}`, apiKey(ownerKey)).is(200)
		if status := c.exchange(key.ID, secret); status != 401 {
			t.Errorf("on this node: %d", status)
		}
		c.get("/wallet-summaries", bearer(token)).is(401)
		c.get(myMemberships, apiKey(terminal)).is(401)
		if c.active(token) {
			t.Error("the token is active")
		}
		eventually(t, "the key is dead on the other node", func() bool {
			return other.get(myMemberships, apiKey(terminal)).status == 401 && other.get("/wallet-summaries", bearer(token)).status == 401
		})
		if status := other.exchange(key.ID, secret); status != 401 {
			t.Errorf("on the other node: %d", status)
		}
		if other.active(token) {
			t.Error("the token is active on the other node")
		}
	})
}

// shopKeeper makes a role of the cafe's own that may look after keys and members
// and nothing else, and somebody who has it.
func (c *customer) shopKeeper() (line string) {
	c.t.Helper()
	c.apply(`organisations:
  - code: centrapay-cafe
    roles:
      - code: keeper
        name: Keeper
        grants:
          own: [accounts:read, accounts:update, api-keys:create, api-keys:list, api-keys:update]
      - code: reader
        name: Reader
        grants:
          own: [accounts:read]
      - code: payer
        name: Payer
        grants:
          global: [accounts:read]
people: [{email: ` + newcomer + `, memberships: [{account: ` + cafe + `, role: keeper}]}]`)
	return bearer(c.UserToken(newcomer, "openid"))
}

// D06, F03: nobody makes a key, or a member, with more rights than their own.
func TestD06_NoMoreThanOnesOwn(t *testing.T) {
	c := newCustomer(t)
	keeper := c.shopKeeper()
	keys, members := "/api/accounts/"+cafe+"/api-keys", "/api/accounts/"+cafe+"/members"
	c.get(keys, keeper).is(200)
	for _, role := range []string{"account-owner", "merchant-terminal"} {
		c.post(keys, `{"name":"Mine","role":"`+role+`"}`, keeper).is(403).holds(forbidden)
	}
	id, owner := c.Person(newcomer).ID, c.Person(user).ID
	for role, status := range map[string]int{"account-owner": 403, "merchant-terminal": 403, "payer": 403, "keeper": 200} {
		c.post(members, `{"userId":"`+id+`","role":"`+role+`"}`, keeper).is(status)
	}
	c.send(http.MethodDelete, members+"/"+owner, "", keeper).is(403).holds(forbidden)

	// It may stop a key that can do more, and cannot set it going again.
	c.put(keys+"/Owner", `{"enabled":false}`, keeper).is(200)
	c.put(keys+"/Owner", `{"enabled":true}`, keeper).is(403).holds(forbidden)
	c.get(myMemberships, apiKey(ownerKey)).is(401)
}

// D06, ALL-6: rights that somebody had do not count.
func TestD06_NorThanOneHas(t *testing.T) {
	c := newCustomer(t)
	keeper := c.shopKeeper()
	keys := "/api/accounts/" + cafe + "/api-keys"
	c.get(keys, keeper).is(200)
	c.apply(`people: [{email: ` + newcomer + `, memberships: [{account: ` + cafe + `, role: reader}]}]`)
	c.get(keys, keeper).is(403).holds(forbidden)
	c.put(keys+"/TestMerchant", `{"enabled":false}`, keeper).is(403)
	c.get(myMemberships, apiKey(testKey)).is(200)

	// A key whose role is narrowed has what is left, at the next request.
	c.get(keys, apiKey(ownerKey)).is(200)
	c.apply(`organisations: [{code: centrapay-cafe, api_keys: [{name: Owner, account: ` + cafe + `, role: merchant-terminal}]}]`)
	c.get(keys, apiKey(ownerKey)).is(403)
	c.post(keys, `{"name":"Mine","role":"account-owner"}`, apiKey(ownerKey)).is(403)
}

// Scopes are rights as well: a key gives no token for more than its own.
func TestD06_ScopesTakenFromAKey(t *testing.T) {
	c := newCustomer(t)
	c.apply(`organisations: [{code: acme-fr, api_keys: [{id: my_id, scopes: payable:read}]}]`)
	a := c.send(http.MethodPost, "/auth/token", "", basic("my_id", "my_secret")).is(200)
	if a.member("scope") != "payable:read" {
		t.Errorf("%s", a.text)
	}
	c.post("/auth/token", `{"scope":"wallet-summary:read"}`, basic("my_id", "my_secret")).is(400)
}
