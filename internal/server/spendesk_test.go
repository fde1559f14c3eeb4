package server_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/oauth"
)

const (
	keyScope     = "wallet-summary:read settlement:read payable:read"
	partner      = "spendesk-partner"
	partnerProof = "spendesk-partner-secret"
)

// keyToken asks for an access token with the API key of the demo data.
func (c *customer) keyToken() string {
	c.t.Helper()
	return c.send(http.MethodPost, "/auth/token", "", basic("my_id", "my_secret")).token("access_token")
}

// spendeskError is how every failure looks.
var spendeskError = regexp.MustCompile(`^\{"errors":\[\{"code":"[a-z_]+","detail":"[^"]+"(,"source":"[a-z_]+")?\}\]\}$`)

func TestSD_1_KeyForToken(t *testing.T) {
	c := newCustomer(t)
	for name, r := range map[string]struct{ body, media, scope string }{
		"no body":             {"", "", keyScope},
		"no body, but a type": {"", jsonType, keyScope},
		"empty object":        {"{}", jsonType, keyScope},
		"grant_type":          {`{"grant_type":"client_credentials"}`, jsonType, keyScope},
		"null scope":          {`{"scope":null}`, jsonType, keyScope},
		"unknown field":       {`{"audience":["x"],"scope":"payable:read"}`, jsonType, "payable:read"},
		"one scope":           {`{"scope":"wallet-summary:read"}`, jsonType, "wallet-summary:read"},
		"form":                {"grant_type=client_credentials", formType, keyScope},
		"form with scope":     {"scope=settlement%3Aread+payable%3Aread", formType, "settlement:read payable:read"},
	} {
		t.Run(name, func(t *testing.T) {
			lines := []string{basic("my_id", "my_secret")}
			if r.media != "" {
				lines = append(lines, r.media)
			}
			a := c.in(t).send(http.MethodPost, "/auth/token", r.body, lines...).is(http.StatusOK)
			token := a.token("access_token")
			a.holds(`{"access_token":"` + token + `","token_type":"Bearer","expires_in":3600,"scope":"` + r.scope + `"}`)
			if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("%v", a.header)
			}
			if got := wireClaims(t, token)["scope"]; got != r.scope {
				t.Errorf("scope of the token: %v", got)
			}
		})
	}
}

func TestSD_1_TheSameHeaderAgain(t *testing.T) {
	c := newCustomer(t)
	one := c.keyToken()
	c.Clock.Advance(time.Hour)
	two, three := c.keyToken(), c.keyToken()
	if one == two || two == three {
		t.Error("the same token again")
	}
	c.get("/wallet-summaries", bearer(one)).is(http.StatusUnauthorized)
	c.get("/wallet-summaries", bearer(two)).is(http.StatusOK)
	c.get("/wallet-summaries", bearer(three)).is(http.StatusOK)
}

func TestSD_1_ScopeOnlyNarrows(t *testing.T) {
	c := newCustomer(t)
	for _, scope := range []string{"card:read", keyScope + " card:read", "*", "offline_access", "openid", "WALLET-SUMMARY:READ", `a"b`} {
		a := c.post("/auth/token", fields{"scope": scope}.json(), basic("my_id", "my_secret")).is(http.StatusBadRequest)
		a.holds(`{"errors":[{"code":"scope_not_allowed","detail":"The requested scope is not allowed.","source":"scope"}]}`)
	}
}

func TestSD_1_WhoGetsNoToken(t *testing.T) {
	c := newCustomer(t)
	refused := `{"errors":[{"code":"wrong_client_credentials","detail":"Client authentication failed."}]}`
	for name, line := range map[string]string{
		"wrong secret":          basic("my_id", "my_secre"),
		"unknown id":            basic("my_ix", "my_secret"),
		"no secret":             basic("my_id", ""),
		"no id":                 basic("", "my_secret"),
		"nothing":               "X-Nothing: x",
		"not base64":            "Authorization: Basic my_id:my_secret",
		"no colon":              "Authorization: Basic bXlfaWQ=",
		"as a bearer":           bearer("my_secret"),
		"of another dialect":    basic("your_app_key", "your_app_secret"),
		"a key without an id":   basic("", "f32c5497297084e5354b47c40d5ccacb109ce483"),
		"a person":              basic("owner@acme.example", "correct horse battery staple"),
		"percent is no escape":  basic("my%5Fid", "my_secret"),
		"a secret with a space": basic("my_id", "my_secret "),
	} {
		t.Run(name, func(t *testing.T) {
			a := c.in(t).send(http.MethodPost, "/auth/token", "", line).is(http.StatusUnauthorized).holds(refused)
			if got := a.header.Get("WWW-Authenticate"); got != `Basic realm="api"` {
				t.Errorf("WWW-Authenticate: %q", got)
			}
		})
	}
	// A partner has a secret, but no company until one approves it.
	c.send(http.MethodPost, "/auth/token", "", basic(partner, partnerProof)).is(http.StatusForbidden)
}

// Id and secret are plain text in Basic, and only the first colon parts them
// (B20).
func TestSD_1_B20_IdAndSecretAsTheyAre(t *testing.T) {
	c := newCustomer(t)
	secrets := map[string]string{"plus": "a+b c", "percent": "100%25", "colon": "a:b::c", "umlaut": "schlüssel", "quote": `"'\`}
	for id, secret := range secrets {
		c.apply(`organisations: [{code: acme-fr, api_keys: [{id: ` + id + `, name: ` + id + `, account: acme-fr,
			dialect: spendesk, scopes: payable:read, with_id: true, secret: ` + strconv.Quote(secret) + `}]}]`)
		c.send(http.MethodPost, "/auth/token", "", basic(id, secret)).is(http.StatusOK)
		if escaped := url.QueryEscape(secret); escaped != secret {
			c.send(http.MethodPost, "/auth/token", "", basic(id, escaped)).is(http.StatusUnauthorized)
		}
	}
}

// newKey makes an API key of Acme France as its owner does in the console.
func (c *customer) newKey(name string, adjust ...func(*admin.NewAPIKey)) (*core.APIKey, string) {
	c.t.Helper()
	n := admin.NewAPIKey{AccountID: "acme-fr", Name: name, Scopes: oauth.Scope{"wallet-summary:read"}, Dialect: "spendesk", WithID: true}
	for _, change := range adjust {
		change(&n)
	}
	key, secret, err := c.Admin.CreateAPIKey(c.t.Context(), c.signedIn("owner@acme.example"), n)
	if err != nil {
		c.t.Fatal(err)
	}
	return key, secret
}

// exchange sends an API key for a token and returns the status.
func (c *customer) exchange(id, secret string) int {
	c.t.Helper()
	return c.send(http.MethodPost, "/auth/token", "", basic(id, secret)).status
}

func TestSD_2_LifeOfAKey(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		owner := c.signedIn("owner@acme.example")
		key, first := c.newKey("Accounting export", func(n *admin.NewAPIKey) { n.ExpiresAt = c.Clock.Now().Add(30 * 24 * time.Hour) })
		if key.Name != "Accounting export" || !slices.Equal(key.Scopes, oauth.Scope{"wallet-summary:read"}) {
			t.Errorf("%+v", key)
		}
		lastUse := func() time.Time {
			t.Helper()
			if _, err := c.Store.FlushUsage(t.Context()); err != nil {
				t.Fatal(err)
			}
			keys, err := c.Admin.ListAPIKeys(t.Context(), owner, "acme-fr")
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(keys, func(k *core.APIKey) bool { return k.ID == key.ID })
			return keys[i].LastUsedAt
		}
		if used := lastUse(); !used.IsZero() {
			t.Errorf("used at %s before its use", used)
		}
		c.Clock.Advance(time.Minute)
		token := c.send(http.MethodPost, "/auth/token", "", basic(key.ID, first)).token("access_token")
		if used := lastUse(); !used.Equal(c.Clock.Now()) {
			t.Errorf("last used at %s, not %s", used, c.Clock.Now())
		}
		c.get("/wallet-summaries", bearer(token)).is(http.StatusOK)

		_, second, err := c.Admin.RotateAPIKey(t.Context(), owner, key.ID, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		if old, fresh := c.exchange(key.ID, first), c.exchange(key.ID, second); old != 200 || fresh != 200 {
			t.Errorf("within the overlap: old %d, new %d", old, fresh)
		}
		c.Clock.Advance(24 * time.Hour)
		if old, fresh := c.exchange(key.ID, first), c.exchange(key.ID, second); old != 401 || fresh != 200 {
			t.Errorf("after the overlap: old %d, new %d", old, fresh)
		}

		token = c.send(http.MethodPost, "/auth/token", "", basic(key.ID, second)).token("access_token")
		if err := c.Admin.RevokeAPIKey(t.Context(), owner, key.ID); err != nil {
			t.Fatal(err)
		}
		if status := c.exchange(key.ID, second); status != 401 {
			t.Errorf("a revoked key: %d", status)
		}
		c.get("/wallet-summaries", bearer(token)).is(http.StatusUnauthorized)
	})
}

func TestSD_2_AtMostAYear(t *testing.T) {
	c := newCustomer(t)
	year := 365 * 24 * time.Hour
	n := admin.NewAPIKey{AccountID: "acme-fr", Name: "Too long", Dialect: "spendesk", ExpiresAt: c.Clock.Now().Add(year + time.Second)}
	_, _, err := c.Admin.CreateAPIKey(t.Context(), c.signedIn("owner@acme.example"), n)
	if e := oauth.AsError(err); err == nil || e.Status != http.StatusBadRequest || e.Param != "expires_at" {
		t.Errorf("a key for more than a year: %v", err)
	}
	whole, secret := c.newKey("A year", func(n *admin.NewAPIKey) { n.ExpiresAt = c.Clock.Now().Add(year) })
	open, openSecret := c.newKey("No end given")
	short, shortSecret := c.newKey("An hour", func(n *admin.NewAPIKey) { n.ExpiresAt = c.Clock.Now().Add(time.Hour) })
	c.Clock.Advance(time.Hour - time.Second)
	token := c.send(http.MethodPost, "/auth/token", "", basic(short.ID, shortSecret)).token("access_token")
	c.Clock.Advance(time.Second)
	if status := c.exchange(short.ID, shortSecret); status != 401 {
		t.Errorf("after its expiry: %d", status)
	}
	c.get("/wallet-summaries", bearer(token)).is(http.StatusUnauthorized) // ALL-6
	c.Clock.Advance(year - time.Hour - time.Second)
	if status := c.exchange(whole.ID, secret); status != 200 {
		t.Errorf("a second before its expiry: %d", status)
	}
	c.Clock.Advance(time.Second)
	for id, secret := range map[string]string{whole.ID: secret, open.ID: openSecret} {
		if status := c.exchange(id, secret); status != 401 {
			t.Errorf("after a year: %d", status)
		}
	}
}

// SD-2, D06: who may manage keys makes them, and stops nobody else's.
func TestSD_2_D06_WhoMayMakeKeys(t *testing.T) {
	c := newCustomer(t)
	key, secret := c.newKey("Ours")
	owner := c.signedIn("owner@acme.example") // a viewer of Acme Labs
	for account, reason := range map[string]oauth.Reason{
		"acme-labs": oauth.ReasonPermissionDenied, cafe: oauth.ReasonNotFound, "*": oauth.ReasonNotFound, "": oauth.ReasonMissingParameter,
	} {
		_, _, err := c.Admin.CreateAPIKey(t.Context(), owner, admin.NewAPIKey{AccountID: account, Name: "Theirs", Dialect: "spendesk"})
		if err == nil || oauth.AsError(err).Reason != reason {
			t.Errorf("a key of %q: %v", account, err)
		}
	}
	stranger := c.signedIn(user)
	if err := c.Admin.RevokeAPIKey(t.Context(), stranger, key.ID); err == nil || oauth.AsError(err).Reason != oauth.ReasonNotFound {
		t.Errorf("a stranger revokes the key: %v", err)
	}
	if _, _, err := c.Admin.RotateAPIKey(t.Context(), stranger, key.ID, 0); err == nil {
		t.Error("a stranger rotates the key")
	}
	c.apply(`people:
  - {email: next@acme.example, memberships: [{organisation: acme-fr, role: owner}]}
  - {email: owner@acme.example, memberships: [{organisation: acme-fr, role: viewer}]}`)
	if err := c.Admin.RevokeAPIKey(t.Context(), owner, key.ID); err == nil {
		t.Error("who was an owner revokes the key")
	}
	if status := c.exchange(key.ID, secret); status != 200 {
		t.Errorf("the key: %d", status)
	}
}

func TestSD_8_TheTokenIsForOneWallet(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		fr, uk := c.connect(partner, "acme-fr"), c.connect(partner, "acme-uk")
		for account, token := range map[string]string{"acme-fr": fr.AccessToken, "acme-uk": uk.AccessToken} {
			found, err := c.Store.Account(t.Context(), account)
			if err != nil {
				t.Fatal(err)
			}
			claims := wireClaims(t, token)
			if claims["wallet_id"] != account || claims["company_id"] != account || claims["organisation_id"] != found.OrganisationID {
				t.Errorf("claims %v", claims)
			}
			if claims["client_id"] != partner || claims["sub"] != c.Person("owner@acme.example").ID || claims["scope"] != keyScope {
				t.Errorf("claims %v", claims)
			}
			for _, query := range []string{"", "?account=acme-labs", "?id=acme-labs&wallet_id=acme-labs"} {
				if id := c.get("/wallet-summaries"+query, bearer(token)).is(200).member("data.id"); id != account {
					t.Errorf("the token for %s shows %v", account, id)
				}
			}
		}
		// Connections are independent, the partner is the same.
		c.refresh(c.refresh(fr.RefreshToken).token("refresh_token")).is(200)
		c.refresh(fr.RefreshToken).is(401) // ends Acme France's
		c.get("/wallet-summaries", bearer(fr.AccessToken)).is(401)
		c.get("/wallet-summaries", bearer(uk.AccessToken)).is(200)
		next := c.refresh(uk.RefreshToken).token("access_token")
		if id := c.get("/wallet-summaries", bearer(next)).member("data.id"); id != "acme-uk" {
			t.Errorf("refreshed into %v", id)
		}
	})
}

func TestSD_8_AnHour(t *testing.T) {
	c := newCustomer(t)
	for name, token := range map[string]string{"key": c.keyToken(), "partner": c.connect(partner, "acme-fr").AccessToken} {
		claims := wireClaims(t, token)
		c.get("/wallet-summaries", bearer(token)).is(200)
		issued, _ := claims["iat"].(json.Number).Int64()
		if expires, err := claims["exp"].(json.Number).Int64(); err != nil || expires-issued != 3600 {
			t.Errorf("%s: from %d to %d", name, issued, expires)
		}
	}
	token := c.keyToken()
	c.Clock.Advance(time.Hour - time.Second)
	c.get("/wallet-summaries", bearer(token)).is(200)
	c.Clock.Advance(time.Second)
	a := c.get("/wallet-summaries", bearer(token)).is(401).holds(`{"errors":[{"code":"token_expired","detail":"The access token has expired."}]}`)
	if got := a.header.Get("WWW-Authenticate"); got != `Bearer error="invalid_token"` {
		t.Errorf("WWW-Authenticate: %q", got)
	}
}

func TestSD_9_WalletSummary(t *testing.T) {
	c := newCustomer(t)
	c.apply(`organisations:
  - {code: acme-jp, name: Acme Japan, accounts: [{id: acme-jp, name: Acme Japan, currency: JPY, balance: "1200"}]}
  - {code: acme-kw, name: Acme Kuwait, accounts: [{id: acme-kw, name: Acme Kuwait, currency: KWD, balance: "-1.5"}]}
people:
  - email: owner@acme.example
    memberships:
      - {organisation: acme-uk, role: owner}
      - {organisation: acme-labs, role: owner}
      - {organisation: acme-jp, role: owner}
      - {organisation: acme-kw, role: owner}`)
	for account, want := range map[string]string{
		"acme-uk":   `"name":"Acme UK","currency":"GBP","status":"active","totalAmount":83010,"totalAvailableAmount":83010`,
		"acme-labs": `"name":"Acme Labs","currency":"EUR","status":"active","totalAmount":0,"totalAvailableAmount":0`,
		"acme-jp":   `"name":"Acme Japan","currency":"JPY","status":"active","totalAmount":1200,"totalAvailableAmount":1200`,
		"acme-kw":   `"name":"Acme Kuwait","currency":"KWD","status":"active","totalAmount":-1500,"totalAvailableAmount":-1500`,
	} {
		token := c.connect(partner, account).AccessToken
		c.get("/wallet-summaries", bearer(token)).is(200).holds(`{"data":{"id":"` + account + `",` + want + `},"meta":{}}`)
	}
	c.get("/wallet-summaries", bearer(c.keyToken())).is(200).holds(
		`{"data":{"id":"acme-fr","name":"Acme France","currency":"EUR","status":"active","totalAmount":1250000,"totalAvailableAmount":1250000},"meta":{}}`)

	narrow := c.SignIn(servertest.SignIn{Client: partner, Email: "owner@acme.example", Account: "acme-uk", Scope: "payable:read"})
	c.get("/wallet-summaries", bearer(narrow.AccessToken)).is(403).holds(`{"errors":[{"code":"permission_denied","detail":"Not permitted."}]}`)
}
