package proxies

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/server/servertest"
)

// Of the demo data.
const (
	cafe         = "Jaim1Cu1Q55uooxSens6yk"
	teaWarehouse = "5uooxSens6ykJaim1Cu1Q5"
	ownerKey     = "X-Api-Key: centrapay-owner-key"
	person       = "user@centrapay.example"
)

// api is a backend behind a proxy that asks the server.
type api struct {
	*servertest.Harness
	t       *testing.T
	address string           // of the proxy
	server  *httptest.Server // the one that is asked
	seen    seen
}

// seen is what the backend was last asked; it answers with the same.
type seen struct {
	sync.Mutex
	requests []string // "GET /path", as they arrived
	header   http.Header
}

func (s *seen) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.Lock()
	defer s.Unlock()
	s.requests, s.header = append(s.requests, r.Method+" "+r.RequestURI), r.Header
	fmt.Fprintf(w, "backend: %s", body)
}

func (s *seen) take() (requests []string, header http.Header) {
	s.Lock()
	defer s.Unlock()
	requests, header = s.requests, s.header
	s.requests, s.header = nil, nil
	return requests, header
}

func rules(c *config.Config) {
	c.ForwardAuth.TrustedPeers = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
	c.ForwardAuth.Rules = []config.ForwardRule{
		{Path: "/public/**", Public: true},
		{Path: "/known", Dialect: "centrapay"},
		{Path: "/plain"},
		{Path: "/accounts/{id}", Methods: []string{"GET", "PUT"}, Permission: "accounts:read", Account: "{id}", Dialect: "centrapay"},
		{Path: "/other", Host: "other.example", Public: true},
	}
}

// behind runs a test behind each proxy.
func behind(t *testing.T, run func(t *testing.T, a *api), adjust ...func(*config.Config)) {
	for _, p := range proxies() {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			a := &api{Harness: servertest.New(t, append(adjust, rules)...), t: t}
			a.server = httptest.NewServer(a.Handler())
			t.Cleanup(a.server.Close)
			backend := httptest.NewServer(&a.seen)
			t.Cleanup(backend.Close)
			a.address = p.start(t, a.Config.ForwardAuth.TokenLifetime > 0, a.server.Listener.Addr().String(), backend.Listener.Addr().String())
			run(t, a)
		})
	}
}

// answer is what a client gets.
type answer struct {
	status int
	header http.Header
	text   string
}

// send writes a request as it stands: no library makes odd ones.
func (a *api) send(method, target, body string, lines ...string) answer {
	a.t.Helper()
	connection, err := net.Dial("tcp", a.address)
	if err != nil {
		a.t.Fatal(err)
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(soon))
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "Connection: close")
	host := "Host: api.example\r\n"
	if strings.HasPrefix(lines[0], "Host: ") {
		host = ""
	}
	fmt.Fprintf(connection, "%s %s HTTP/1.1\r\n%s%s\r\n\r\n%s", method, target, host, strings.Join(lines, "\r\n"), body)
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil { // it would not even answer that
		return answer{}
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(text)}
}

// let checks that a request went through, once and as it was, and returns what the
// backend saw.
func (a *api) let(method, target string, lines ...string) http.Header {
	a.t.Helper()
	got := a.send(method, target, "hello", lines...)
	requests, header := a.seen.take()
	if got.status != 200 || got.text != "backend: hello" || len(requests) != 1 || requests[0] != method+" "+target {
		a.t.Errorf("%s %s: %d %s; the backend saw %q", method, target, got.status, got.text, requests)
	}
	return header
}

// keep checks that the backend never saw a request, and that it was no success.
func (a *api) keep(method, target string, lines ...string) answer {
	a.t.Helper()
	got := a.send(method, target, "hello", lines...)
	if requests, _ := a.seen.take(); len(requests) != 0 || got.status/100 == 2 {
		a.t.Errorf("%s %s: %d %s; the backend saw %q", method, target, got.status, got.text, requests)
	}
	return got
}

var forged = []string{
	"X-Claviger-Subject: usr_admin", "X-Claviger-Subject-Type: person", "X-Claviger-Organisation: all", "X-Claviger-Account: all",
	"X-Claviger-Client: admin", "X-Claviger-Scopes: admin", "X-Claviger-Roles: admin", "X-Claviger-Products: all", "X-Claviger-Token: forged",
}

func TestProxiesTellTheBackendWhoAsks(t *testing.T) {
	behind(t, func(t *testing.T, a *api) {
		for _, lines := range [][]string{{ownerKey}, append([]string{ownerKey}, forged...)} {
			header := a.let("POST", "/known?a=b&c", lines...)
			for name, want := range map[string]string{
				"Subject-Type": "api_key", "Account": cafe, "Roles": "account-owner", "Scopes": "", "Products": "", "Token": "",
			} {
				if got := header.Get("X-Claviger-" + name); got != want {
					t.Errorf("the backend takes %s for %q", name, got)
				}
			}
			if !strings.HasPrefix(header.Get("X-Claviger-Subject"), "key_") || header.Get("X-Claviger-Organisation") == "all" {
				t.Errorf("the backend sees %v", header)
			}
		}
		header := a.let("GET", "/accounts/"+cafe+"?x", append([]string{"Authorization: bearer " + a.UserToken(person, "openid")}, forged...)...)
		if header.Get("X-Claviger-Subject") != a.Person(person).ID || header.Get("X-Claviger-Client") != "centrapay-web" || header.Get("X-Claviger-Scopes") != "openid" {
			t.Errorf("the backend sees %v", header)
		}
		header = a.let("GET", "/public/x", forged...)
		for name, values := range header {
			if strings.HasPrefix(name, "X-Claviger-") && strings.Join(values, "") != "" {
				t.Errorf("nobody is known, and the backend sees %s: %q", name, values)
			}
		}
	})
}

func TestProxiesRefuseInTheShapeOfTheDialect(t *testing.T) {
	behind(t, func(t *testing.T, a *api) {
		for name, c := range map[string]struct {
			method, target, line string
			status               int
			challenge, message   string
		}{
			"nobody":            {"GET", "/known", "A: b", 401, "Bearer", "Missing authentication"},
			"a wrong key":       {"GET", "/known", "X-Api-Key: wrong", 401, `Bearer error="invalid_token"`, "Invalid authentication"},
			"a foreign account": {"GET", "/accounts/" + teaWarehouse, ownerKey, 403, "", "Forbidden"},
			"another method":    {"DELETE", "/accounts/" + cafe, ownerKey, 403, "", "Forbidden"},
			"no rule":           {"GET", "/nowhere", ownerKey, 403, "", "Forbidden"},
		} {
			got := a.keep(c.method, c.target, c.line)
			var body struct {
				StatusCode int
				Message    string
			}
			if err := json.Unmarshal([]byte(got.text), &body); err != nil || got.status != c.status || body.StatusCode != c.status || body.Message != c.message {
				t.Errorf("%s: %d %s", name, got.status, got.text)
			}
			if got.header.Get("WWW-Authenticate") != c.challenge || got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: %v", name, got.header)
			}
		}
		if got := a.keep("GET", "/plain", "A: b"); got.status != 401 || !strings.Contains(got.text, `"error":"invalid_token"`) {
			t.Errorf("without a dialect: %d %s", got.status, got.text)
		}
	})
}

// What the server decides on is what the backend gets.
func TestG01_G02_G05_NothingGetsPastAProxy(t *testing.T) {
	behind(t, func(t *testing.T, a *api) {
		for _, target := range []string{
			"/public/../known", "/public/./../known", "/public/..%2fknown", "/public/%2e%2e/known", "/public/%2E%2E%2Fknown", "//public/x",
			"/public//../known", "/public/x;/../../known", "/public/;x", "/known#/public/x", "/public/x#y", "/known%23/../public/x", `/public/..\known`,
			"/public/%5c..%5cknown", "/public/%", "/public/%zz", "/public/%00", "/public/%252e%252e/known", "/public/%ff", "/PUBLIC/x", "/Known",
			"/known/", "/known?/public/x", "/known?#/public/x", "/%6bnown", "known", "*", "http://api.example/known", "http://x.example/public/../known",
			"/.claviger", "/forward-auth", "/forward-auth/public/x", "/",
		} {
			a.keep("GET", target, "A: b")
		}
		for _, lines := range [][]string{
			{"X-Forwarded-Uri: /public/x"}, {"X-Original-URI: /public/x"}, {"X-Original-URI: /public/x", "X-Original-Method: GET"},
			{"X-Forwarded-Uri: /public/x", "X-Forwarded-Method: GET", "X-Forwarded-Host: api.example"}, {"X-Rewrite-URL: /public/x"},
			{"X-Envoy-Original-Path: /public/x"}, {"X-Forwarded-Prefix: /public"}, {"User-Agent: kube-probe/1.30"}, {"Cookie: \x01; =; a"},
			{"X-Http-Method-Override: OPTIONS"}, {"Authorization: Bearer x", ownerKey}, {ownerKey, ownerKey}, {"X_Api_Key: centrapay-owner-key"},
		} {
			a.keep("GET", "/known", lines...)
		}
		for _, lines := range [][]string{{"X-Forwarded-Method: GET", ownerKey}, {"X-Original-Method: GET", ownerKey}} {
			a.keep("DELETE", "/accounts/"+cafe, lines...)
		}
		for _, host := range []string{"X-Forwarded-Host: other.example", "X-Original-Host: other.example", "X-Host: other.example"} {
			a.keep("GET", "/other", host)
		}
		a.let("GET", "/other", "Host: other.example")
		a.let("GET", "/public/a%20b/caf%C3%A9?x=/../y", "A: b")
	})
}

// G07: without an answer nobody passes, not even to what is public.
func TestG07_NobodyPassesWithoutAnAnswer(t *testing.T) {
	behind(t, func(t *testing.T, a *api) {
		a.let("GET", "/known", ownerKey)
		a.server.Close()
		for _, target := range []string{"/known", "/public/x"} {
			if got := a.keep("GET", target, ownerKey); got.status < 500 {
				t.Errorf("%s: %d", target, got.status)
			}
		}
	})
}

// The backend gets a token of its own, and never the caller's credential.
func TestBackendsGetATokenThroughProxies(t *testing.T) {
	const audience = "https://backends.example"
	behind(t, func(t *testing.T, a *api) {
		jwks := string(a.Ring.JWKS())
		credential := a.UserToken(person, "openid")
		for _, line := range []string{ownerKey, "Authorization: Bearer " + credential} {
			header := a.let("GET", "/known", line)
			token, ok := strings.CutPrefix(header.Get("Authorization"), "Bearer ")
			if !ok || token == credential || header.Get("X-Api-Key") != "" {
				t.Fatalf("the backend sees %v", header)
			}
			servertest.VerifyOffline(t, jwks, token)
			payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
			if !strings.Contains(string(payload), `"aud":"`+audience+`"`) {
				t.Errorf("the token says %s", payload)
			}
		}
		header := a.let("GET", "/public/x", "Authorization: Bearer "+credential)
		if got := header.Get("Authorization") + header.Get("X-Api-Key"); got != "" {
			t.Errorf("what is public gives the backend %s", got)
		}
	}, func(c *config.Config) {
		c.ForwardAuth.TokenLifetime, c.ForwardAuth.TokenAudience, c.ForwardAuth.TokenHeader = time.Minute, audience, "Authorization"
	})
}
