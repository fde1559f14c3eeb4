package server_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/oauth"
)

// customer talks to a server of its own as an integrator's HTTP client does, and
// changes its data as operators and an organisation's people do.
type customer struct {
	*servertest.Harness
	t *testing.T
}

func newCustomer(t *testing.T, adjust ...func(*config.Config)) *customer {
	t.Helper()
	return &customer{servertest.New(t, adjust...), t}
}

// onEachEngine runs a test as customers of a server on either engine. Calling open
// again starts another node.
func onEachEngine(t *testing.T, run func(t *testing.T, open func() *customer)) {
	t.Helper()
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		run(t, func() *customer { return &customer{open(), t} })
	})
}

// in is the same customer in a subtest.
func (c *customer) in(t *testing.T) *customer { return &customer{c.Harness, t} }

const (
	jsonType = "Content-Type: application/json"
	formType = "Content-Type: application/x-www-form-urlencoded"
)

// send sends a request with header lines "Name: value".
func (c *customer) send(method, target, body string, lines ...string) wireAnswer {
	c.t.Helper()
	var headers []string
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		headers = append(headers, name, value)
	}
	return wireSend(c.t, c.Harness, method, target, body, headers...)
}

func (c *customer) get(target string, lines ...string) wireAnswer {
	c.t.Helper()
	return c.send(http.MethodGet, target, "", lines...)
}

// post sends JSON.
func (c *customer) post(target, body string, lines ...string) wireAnswer {
	c.t.Helper()
	return c.send(http.MethodPost, target, body, append([]string{jsonType}, lines...)...)
}

// put sends JSON.
func (c *customer) put(target, body string, lines ...string) wireAnswer {
	c.t.Helper()
	return c.send(http.MethodPut, target, body, append([]string{jsonType}, lines...)...)
}

func basic(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

func bearer(token string) string { return "Authorization: Bearer " + token }

func apiKey(key string) string { return "X-Api-Key: " + key }

// apply changes the data by a configuration file.
func (c *customer) apply(text string) {
	c.t.Helper()
	_, err := c.Admin.Apply(c.t.Context(), admin.Actor{Name: "test"}, []admin.File{{Name: "test.yaml", Data: []byte(text)}},
		admin.Options{Dialects: []string{"centrapay", "jpay", "powerepos", "scratchpower", "spendesk"}})
	if err != nil {
		c.t.Fatal(err)
	}
}

// signedIn is a person before the console.
func (c *customer) signedIn(email string) admin.Actor {
	c.t.Helper()
	return admin.Actor{Authorization: &core.Authorization{User: c.Person(email)}}
}

// leave ends the memberships of a person in an organisation.
func (c *customer) leave(email, organisation string) {
	c.t.Helper()
	o, err := c.Store.OrganisationByCode(c.t.Context(), organisation)
	if err != nil {
		c.t.Fatal(err)
	}
	change(c.t, c.Harness, func(tx *store.Tx) error {
		memberships, err := tx.MembershipsOf(c.Person(email).ID)
		if err != nil {
			return err
		}
		for _, m := range memberships {
			if m.OrganisationID == o.ID {
				err = errors.Join(err, tx.DeleteMembership(m.ID))
			}
		}
		return err
	})
}

// connect connects a company to a partner, approved by its owner.
func (c *customer) connect(client, account string) oauth.TokenResponse {
	c.t.Helper()
	return c.SignIn(servertest.SignIn{Client: client, Email: "owner@acme.example", Account: account})
}

// active asks, as a resource server of the platform, whether a token is active.
func (c *customer) active(token string) bool {
	c.t.Helper()
	const id, secret = "resource-server", "resource-server-secret"
	if _, err := c.Store.Client(c.t.Context(), id); errors.Is(err, core.ErrNotFound) {
		c.apply("clients: [{id: " + id + ", name: API, secret: " + secret + ", scopes: introspect}]")
	}
	body := fields{"token": token}.form()
	return c.send(http.MethodPost, "/oauth2/introspect", body, formType, basic(id, secret)).is(http.StatusOK).member("active") == true
}

// eventually waits until it holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for !holds() {
		select {
		case <-deadline:
			t.Fatal("never: " + what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// onePlace is for occupy: it leaves one worker for slow hashes and one place in the line for it.
func onePlace(c *config.Config) {
	c.PasswordHashing = config.Hashing{Parallel: 1, Queue: 1}
}

// unlimited leaves room for tests of many requests.
func unlimited(c *config.Config) { c.Limits.AccountRequests = 1_000_000 }
