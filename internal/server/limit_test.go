package server_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

const plainClients = `clients:
  - {id: plain, name: Plain, secret: plain-secret, grant_types: [client_credentials], scopes: read}
  - {id: other, name: Other, secret: other-secret, grant_types: [client_credentials], scopes: read}`

// A client uses up its own budget, wherever it proves to be that client. Nobody
// else can do that for it, and the audit trail does not grow by what is refused.
func TestRequestsAreLimitedByClient(t *testing.T) {
	c := newCustomer(t, func(c *config.Config) { c.Limits.ClientRequests = 3 })
	c.apply(plainClients)
	token := func(id, secret string) wireAnswer {
		return c.send(http.MethodPost, "/oauth2/token", "grant_type=client_credentials", formType, basic(id, secret))
	}
	for range 5 {
		token("plain", "wrong").is(http.StatusUnauthorized)
	}
	access := token("plain", "plain-secret").is(http.StatusOK).token("access_token")
	c.send(http.MethodPost, "/oauth2/introspect", "token="+access, formType, basic("plain", "plain-secret")).is(http.StatusOK)
	c.send(http.MethodPost, "/access/v1/evaluation", "{}", jsonType, basic("plain", "plain-secret")).is(http.StatusBadRequest)
	before := c.refusals()
	for range 3 {
		a := token("plain", "plain-secret").is(http.StatusTooManyRequests)
		if a.header.Get("Retry-After") != "20" || a.member("error") != "too_many_requests" {
			t.Errorf("Retry-After %q: %s", a.header.Get("Retry-After"), a.text)
		}
	}
	c.send(http.MethodPost, "/oauth2/introspect", "token="+access, formType, basic("plain", "plain-secret")).is(http.StatusTooManyRequests)
	if now := c.refusals(); now != before {
		t.Errorf("%d audit records of what was beyond the limit", now-before)
	}
	token("other", "other-secret").is(http.StatusOK)
	c.Clock.Advance(20 * time.Second)
	token("plain", "plain-secret").is(http.StatusOK)
}

// refusals counts the audit records of refused token requests.
func (c *customer) refusals() int {
	c.t.Helper()
	list, err := c.Store.Events(c.t.Context(), store.EventFilter{Type: core.TokenRefused, Limit: 100})
	if err != nil {
		c.t.Fatal(err)
	}
	return len(list)
}

func TestRequestsAreLimitedByAPIKey(t *testing.T) {
	c := newCustomer(t, func(c *config.Config) { c.Limits.KeyRequests = 2 })
	c.get(myMemberships, apiKey(testKey)).is(http.StatusOK)
	c.get(myMemberships, apiKey(testKey)).is(http.StatusOK)
	c.get(myMemberships, apiKey(testKey)).is(http.StatusTooManyRequests)
	c.get(myMemberships, apiKey(ownerKey)).is(http.StatusOK) // of the same account
}

// A source is limited on every way in that takes a credential, before that is looked at.
func TestRequestsAreLimitedBySource(t *testing.T) {
	c := newCustomer(t, peer, forwardRules, func(c *config.Config) { c.Limits.SourceRequests = 2 })
	for n, ask := range []func(source string) wireAnswer{
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/oauth2/token", "grant_type=x", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/oauth2/introspect", "token=x", formType, basic("x", "y"), "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/oauth2/revoke", "token=x", formType, basic("x", "y"), "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/oauth2/par", "client_id=x", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer { return c.get("/oauth2/userinfo", bearer("x"), "From-IP: "+s) },
		func(s string) wireAnswer { return c.post("/access/v1/evaluation", "{}", "From-IP: "+s) },
		func(s string) wireAnswer { return c.get("/oauth2/authorize?client_id=x", "From-IP: "+s) },
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/sign-in", "identifier=x&password=y", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/account", "action=x", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/operator/organisations/new", "name=x", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/account/operator", "email=x", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/account/invitation", "full_name=x", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer { return c.get(myMemberships, apiKey(testKey), "From-IP: "+s) },
		func(s string) wireAnswer {
			return c.send(http.MethodPost, "/authorisation/token", "grant_type=client_credentials&client_id=x&client_secret=y", formType, "From-IP: "+s)
		},
		func(s string) wireAnswer {
			return c.get("/forward-auth", apiKey(testKey), "X-Forwarded-Method: GET", "X-Forwarded-Uri: /known",
				"X-Forwarded-Host: api.example", "X-Forwarded-Proto: https", "X-Forwarded-For: "+s)
		},
	} {
		source := fmt.Sprintf("203.0.113.%d", n+1)
		for range 2 {
			if a := ask(source); a.status == http.StatusTooManyRequests {
				t.Errorf("%d: limited too early: %s", n, a.text)
			}
		}
		if a := ask(source); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") != "30" {
			t.Errorf("%d: %d, Retry-After %q: %.200s", n, a.status, a.header.Get("Retry-After"), a.text)
		}
	}
}

// Nodes that share an installation share its budgets. Until they hear of each other,
// each goes by what it knows: N nodes let through at most N budgets. After that the
// excess is paid back before anything more is let through, so that over the time it
// takes the mean is the budget.
func TestNodesShareLimits(t *testing.T) {
	const budget, nodes = 60, 3
	first := &customer{servertest.NewPostgres(t, func(c *config.Config) { c.Limits.AccountRequests = budget }), t}
	all := []*customer{first}
	for range nodes - 1 {
		h := servertest.Join(t, first.Harness, func(c *config.Config) { c.Limits.AccountRequests = budget })
		all = append(all, &customer{h, t})
	}
	share := func() {
		t.Helper()
		for range 2 { // each tells, then hears what was told after its turn
			for _, c := range all {
				if err := c.ShareLimits(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	ask := func(c *customer, times int) (passed int) {
		for range times {
			if c.get(myMemberships, apiKey(testKey)).status == http.StatusOK {
				passed++
			}
		}
		return passed
	}
	// One node is asked, the others hear of it.
	if got := ask(all[0], budget/2); got != budget/2 {
		t.Fatal(got)
	}
	share()
	share() // what was heard counts once
	if got := ask(all[1], budget); got != budget/2 {
		t.Errorf("another node let %d through of the %d that are left", got, budget/2)
	}
	share()
	if got := ask(all[2], budget); got != 0 {
		t.Errorf("a third let %d through of nothing", got)
	}
	// All are asked at once.
	first.Clock.Advance(2 * time.Minute)
	total := 0
	for _, c := range all {
		total += ask(c, 2*budget)
	}
	if total != nodes*budget {
		t.Errorf("%d nodes that do not know of each other let %d through", nodes, total)
	}
	share()
	waited := 0
	for ; waited < 3*budget; waited++ {
		if ask(all[waited%nodes], 1) > 0 {
			break
		}
		first.Clock.Advance(time.Second) // is worth a request
	}
	if waited < budget || waited > budget+2 {
		t.Errorf("nothing was let through for %d s", waited)
	}
}

// What a node tells is recent by the clock of the database, whatever its own shows
// within what is allowed.
func TestNodesWithClocksApartShareLimits(t *testing.T) {
	const budget = 60
	few := func(c *config.Config) { c.Limits.AccountRequests = budget }
	first := servertest.NewPostgres(t, few)
	second := servertest.Open(t, first.URL, few)
	second.Reseed("second") // two nodes never make the same ids
	first.Clock.Advance(time.Since(first.Clock.Now()))
	second.Clock.Advance(time.Since(second.Clock.Now()) - 45*time.Second)
	ask := func(h *servertest.Harness, times int) (passed int) {
		for range times {
			if (&customer{h, t}).get(myMemberships, apiKey(testKey)).status == http.StatusOK {
				passed++
			}
		}
		return passed
	}
	for _, h := range []*servertest.Harness{first, second} {
		if err := h.CompareClock(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	left := budget
	for _, h := range []*servertest.Harness{second, first, second} {
		if got := ask(h, budget/3); got != budget/3 {
			t.Errorf("%d of %d were let through, with %d left", got, budget/3, left)
		}
		left -= budget / 3
		for _, h := range []*servertest.Harness{first, second, first} {
			if err := h.ShareLimits(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := ask(first, budget) + ask(second, budget); got != 0 {
		t.Errorf("%d were let through of nothing", got)
	}
}
