package server_test

import (
	"net/http"
	"strings"
	"testing"

	"claviger/internal/config"
)

// nothing lets no request of any kind in.
func nothing(c *config.Config) { c.InFlight = config.InFlight{} }

// Whatever a server has too much of, it says so in the wire format of the route, and
// when to come back.
func TestR21_TooMuchIsSaidInTheShapeOfTheRoute(t *testing.T) {
	c := newCustomer(t, nothing, peer, forwardRules)
	for _, r := range []struct{ method, path, line, shape string }{
		{"POST", "/oauth2/token", formType, `{"error":"temporarily_unavailable",`},
		{"POST", "/oauth2/par", formType, `{"error":"temporarily_unavailable",`},
		{"POST", "/oauth2/introspect", formType, `{"error":"temporarily_unavailable",`},
		{"POST", "/oauth2/revoke", formType, `{"error":"temporarily_unavailable",`},
		{"GET", "/oauth2/userinfo", "", `{"error":"temporarily_unavailable",`},
		{"POST", "/access/v1/evaluation", jsonType, "The server is busy; try again shortly."},
		{"GET", "/admin/v1/organisations", "", `{"type":"about:blank","title":"Service Unavailable","status":503,`},
		{"GET", "/oauth2/authorize?client_id=x", "", "<!doctype html>"},
		{"GET", "/sign-in", "", "<!doctype html>"},
		{"POST", "/sign-in", formType, "<!doctype html>"},
		{"POST", "/v1/auth/login", jsonType, `{"error":{"type":"`},
		{"POST", "/auth/token", formType, `{"errors":[{"code":"`},
		{"POST", "/api/v1/auth/refresh", jsonType, `{"detail":`},
		{"POST", "/authorisation/token", formType, `{"error":"`},
		{"GET", "/api/account-memberships", "", `{"statusCode":503,`},
		{"POST", "/api/accounts/x/api-keys", jsonType, `{"statusCode":503,`},
	} {
		a := c.send(r.method, r.path, "{}", r.line+": "[:min(2, len(r.line))])
		if r.line != "" {
			a = c.send(r.method, r.path, "{}", r.line)
		}
		if a.status != http.StatusServiceUnavailable || !strings.HasPrefix(strings.ToLower(a.text), strings.ToLower(r.shape)) || a.header.Get("Retry-After") != "1" {
			t.Errorf("%s %s: %d, Retry-After %q, %.120s", r.method, r.path, a.status, a.header.Get("Retry-After"), a.text)
		}
	}
	for target, shape := range map[string]string{"/known": `{"error":"temporarily_unavailable"`, "/centrapay": `{"statusCode":503,`} {
		a := c.through("GET", target, apiKey(ownerKey)).is(http.StatusServiceUnavailable)
		if !strings.HasPrefix(a.text, shape) || a.header.Get("Retry-After") != "1" {
			t.Errorf("%s: %s", target, a.text)
		}
	}
	c.through("GET", "/known", "From-IP: 203.0.113.1").is(http.StatusForbidden) // who is no listed proxy learns nothing
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/.well-known/jwks.json", "/.well-known/openid-configuration"} {
		c.get(path).is(http.StatusOK)
	}
	metrics := c.get("/metrics").text
	for _, line := range []string{`claviger_requests_overload_total{kind="issue"} `, `claviger_requests_in_flight{kind="issue"} 0`} {
		if !strings.Contains(metrics, "\n"+line) {
			t.Errorf("the metrics are without %s", line)
		}
	}
	if strings.Contains(metrics, `claviger_requests_overload_total{kind="issue"} 0`) {
		t.Error("what was refused is not counted")
	}
}

// What one kind has too much of is nothing to the others.
func TestR21_OneKindDoesNotTakeThePlaceOfAnother(t *testing.T) {
	c := newCustomer(t, func(c *config.Config) { c.InFlight.Pages, c.InFlight.Issue = 0, 0 })
	c.get(myMemberships, apiKey(testKey)).is(http.StatusOK)
	c.get("/sign-in").is(http.StatusServiceUnavailable)
}
