package server_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

func TestALL_2_RequestID(t *testing.T) {
	h := servertest.New(t)
	for name, c := range map[string]struct {
		sent   []string
		echoed bool
	}{
		"visible":      {[]string{"abc-123_~!"}, true},
		"128":          {[]string{strings.Repeat("x", 128)}, true},
		"129":          {[]string{strings.Repeat("x", 129)}, false},
		"a space":      {[]string{"a b"}, false},
		"not ASCII":    {[]string{"é"}, false},
		"two of them":  {[]string{"a", "b"}, false},
		"empty":        {[]string{""}, false},
		"none":         {nil, false},
		"control code": {[]string{"a\x1b[31m"}, false},
	} {
		for _, path := range []string{"/healthz", "/v1/accounts", "/nowhere", "/oauth2/token"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Header["X-Request-Id"] = c.sent
			got := h.Do(r).Header.Values("X-Request-Id")
			if len(got) != 1 || got[0] == "" {
				t.Fatalf("%s %s: X-Request-Id %q", name, path, got)
			}
			if echoed := len(c.sent) > 0 && got[0] == c.sent[0]; echoed != c.echoed {
				t.Errorf("%s %s: answered %q", name, path, got[0])
			}
		}
	}
}

func TestH08_TheHostChangesNothing(t *testing.T) {
	h := servertest.New(t)
	for _, host := range []string{"evil.example", "127.0.0.1", "127.0.0.1:8080.evil.example", "[::1]:8080"} {
		r := httptest.NewRequest(http.MethodGet, "/.well-known/openid-configuration", nil)
		r.Host = host
		if got := h.Do(r).StatusCode; got != http.StatusMisdirectedRequest {
			t.Errorf("Host %s: %d", host, got)
		}
	}
	r := httptest.NewRequest(http.MethodGet, "/.well-known/openid-configuration", nil)
	r.Header.Set("X-Forwarded-Host", "evil.example")
	r.Header.Set("Forwarded", "host=evil.example")
	response := h.Do(r)
	var body strings.Builder
	if err := response.Write(&body); err != nil || strings.Contains(body.String(), "evil") {
		t.Errorf("a forwarded host is in the metadata: %v", err)
	}
}

func TestClientAddressComesFromTrustedProxiesAlone(t *testing.T) {
	for name, c := range map[string]struct {
		trusted, peer, forwarded, want string
	}{
		"nobody is trusted":  {"", "10.0.0.1:1", "203.0.113.9", "10.0.0.1"},
		"a trusted proxy":    {"10.0.0.0/8", "10.0.0.1:1", "203.0.113.9", "203.0.113.9"},
		"forged first hop":   {"10.0.0.0/8", "10.0.0.1:1", "198.51.100.1, 203.0.113.9", "203.0.113.9"},
		"a chain of proxies": {"10.0.0.0/8", "10.0.0.1:1", "203.0.113.9, 10.0.0.2", "203.0.113.9"},
		"an untrusted peer":  {"10.0.0.0/8", "192.0.2.1:1", "203.0.113.9", "192.0.2.1"},
		"nonsense":           {"10.0.0.0/8", "10.0.0.1:1", "x", "10.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			h := servertest.New(t, func(config *config.Config) {
				if c.trusted != "" {
					config.TrustedProxies = append(config.TrustedProxies, netip.MustParsePrefix(c.trusted))
				}
			})
			r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader("grant_type=client_credentials"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Forwarded-For", c.forwarded)
			r.RemoteAddr = c.peer
			h.Do(r)
			events, err := h.Store.Events(t.Context(), store.EventFilter{Type: core.TokenRefused, Limit: 1})
			if err != nil || len(events) != 1 || events[0].IP != c.want {
				t.Errorf("recorded %+v, want %s (%v)", events, c.want, err)
			}
		})
	}
}

func TestUnknownMethodsAndPaths(t *testing.T) {
	h := servertest.New(t)
	for path, shape := range map[string]string{
		"/oauth2/token": `{"error":"invalid_request"`, "/v1/auth/login": `{"error":{"type":"invalid_request_error"`,
		"/auth/token": `{"errors":[{"code":"method_not_allowed"`, "/api/v1/auth/refresh": `{"detail":`,
		"/authorisation/token": `{"error":"invalid_request"`, "/api/account-memberships": `{"statusCode":405`,
	} {
		response := h.Do(httptest.NewRequest(http.MethodPatch, path, nil))
		var body strings.Builder
		if err := response.Write(&body); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") == "" || !strings.Contains(body.String(), shape) {
			t.Errorf("PATCH %s: %s", path, body.String())
		}
	}
	if got := h.Do(httptest.NewRequest(http.MethodGet, "/nowhere", nil)).StatusCode; got != http.StatusNotFound {
		t.Errorf("/nowhere: %d", got)
	}
}
