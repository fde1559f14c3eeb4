package server_test

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"claviger/internal/config"
)

// F01, F05: an account that is not the caller's is not there, whatever its name.
func TestCP_12_ForeignAndMissingAccountsAreAlike(t *testing.T) {
	c := newCustomer(t)
	for _, line := range []string{apiKey(ownerKey), bearer(c.UserToken(newcomer, "openid"))} {
		for _, id := range []string{teaWarehouse, "nobody", "*", "null", "0", "%20", cafe + "%2F..%2F" + teaWarehouse, "org"} {
			for _, r := range centrapayRoutes {
				if !strings.Contains(r.path, cafe) {
					continue
				}
				path := strings.Replace(r.path, cafe, id, 1)
				if a := c.call(r.method, path, r.body, line); a.status != 403 || a.text != forbidden {
					t.Errorf("%s %s: %d %s", r.method, path, a.status, a.text)
				}
			}
		}
	}
}

func TestCP_12_RateLimit(t *testing.T) {
	c := newCustomer(t)
	for range 199 {
		c.get(myMemberships, apiKey(testKey)).is(200)
	}
	c.get("/api/accounts/"+cafe, apiKey(testKey)).is(403) // counts as well
	for _, key := range []string{testKey, ownerKey} {     // of the account, not of the key
		a := c.get(myMemberships, apiKey(key)).is(429).holds(`{"statusCode":429,"error":"Too Many Requests","message":"RATE_LIMIT_EXCEEDED"}`)
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if err != nil || seconds < 1 || seconds > 60 {
			t.Errorf("Retry-After %q", a.header.Get("Retry-After"))
		}
	}
	token := bearer(c.UserToken(user, "openid"))
	acting := "X-Centrapay-Account: " + cafe
	c.get(myMemberships, token, acting).is(429)
	c.get(myMemberships, token).is(200)
	c.get(myMemberships, apiKey(providerKey)).is(200)
	wait, err := strconv.Atoi(c.get(myMemberships, apiKey(testKey)).header.Get("Retry-After"))
	if err != nil {
		t.Fatal(err)
	}
	c.Clock.Advance(time.Duration(wait) * time.Second)
	c.get(myMemberships, apiKey(testKey)).is(200)
}

func TestCP_12_TheLimitIsConfigured(t *testing.T) {
	c := newCustomer(t, func(config *config.Config) { config.Limits.AccountRequests = 3 })
	for range 3 {
		c.get(myMemberships, apiKey(testKey)).is(200)
	}
	c.get(myMemberships, apiKey(testKey)).is(429)
	c.Clock.Advance(time.Minute)
	c.get(myMemberships, apiKey(testKey)).is(200)
}

func TestRateLimitsAreOffWhereTheConfigurationSaysSo(t *testing.T) {
	c := newCustomer(t, func(config *config.Config) {
		config.Limits.AccountRequests, config.RateLimits = 3, "off"
	})
	for range 5 {
		c.get(myMemberships, apiKey(testKey)).is(200)
	}
}

var centrapayError = regexp.MustCompile(`^\{"statusCode":(\d{3}),"error":"[A-Z][A-Za-z ]+","message":"[^"]+"\}$`)

func TestCP_12_EveryErrorHasOneShape(t *testing.T) {
	c := newCustomer(t, func(config *config.Config) { config.Limits.AccountRequests = 4 })
	keys := "/api/accounts/" + cafe + "/api-keys"
	for range 4 {
		c.get(keys, apiKey(ownerKey)).is(200)
	}
	exhausted := c.get(keys, apiKey(ownerKey))
	for status, answers := range map[int][]wireAnswer{
		400: {
			c.post(keys, `{`, apiKey(ownerKey)), c.post(keys, `[]`, apiKey(ownerKey)),
			c.send("POST", keys, "name=x", formType, apiKey(ownerKey)), c.post(keys, `{"name":"A","role":"x"}`, apiKey(ownerKey)),
		},
		401: {c.get(myMemberships), c.get(myMemberships, apiKey("x")), c.get(myMemberships, bearer("x"))},
		403: {c.get(keys, apiKey(providerKey))},
		405: {c.post(myMemberships, "{}", apiKey(ownerKey)), c.send("DELETE", keys, "", apiKey(ownerKey))},
		429: {exhausted},
	} {
		for _, a := range answers {
			found := centrapayError.FindStringSubmatch(a.text)
			if a.status != status || found == nil || found[1] != strconv.Itoa(status) || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("want %d: %d %s", status, a.status, a.text)
			}
		}
	}
}
