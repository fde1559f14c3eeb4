package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"claviger/internal/server/servertest"
)

// websiteOrigin is registered for the demo website.
const websiteOrigin = "http://localhost:8090"

func fromPage(h *servertest.Harness, method, path, origin, asked string) *http.Response {
	r := httptest.NewRequest(method, path, strings.NewReader(""))
	r.Header.Set("Origin", origin)
	if asked != "" {
		r.Header.Set("Access-Control-Request-Method", asked)
		r.Header.Set("Access-Control-Request-Headers", "authorization")
	}
	return h.Do(r)
}

// sharedRoutes may be called from the pages of registered origins.
var sharedRoutes = map[string]string{
	"/oauth2/token": http.MethodPost, "/oauth2/revoke": http.MethodPost, "/oauth2/userinfo": http.MethodGet,
	"/auth/token": http.MethodPost,
}

func TestH10_PreflightForRegisteredOrigins(t *testing.T) {
	h := servertest.New(t)
	for path, method := range sharedRoutes {
		for _, origin := range []string{websiteOrigin, "http://" + servertest.Host} {
			r := fromPage(h, http.MethodOptions, path, origin, method)
			for name, want := range map[string]string{
				"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": method, "Vary": "Origin",
				"Access-Control-Allow-Headers": "Authorization, Content-Type", "Access-Control-Max-Age": "600",
				"Access-Control-Allow-Credentials": "",
			} {
				if got := r.Header.Get(name); got != want {
					t.Errorf("%s from %s: %s is %q, want %q", path, origin, name, got, want)
				}
			}
			if r.StatusCode != http.StatusNoContent {
				t.Errorf("%s from %s: %d", path, origin, r.StatusCode)
			}
		}
	}
}

func TestH10_NoOtherOriginIsReflected(t *testing.T) {
	h := servertest.New(t)
	for path, method := range sharedRoutes {
		for _, origin := range []string{
			"https://evil.example", "null", "http://localhost:8091", "https://localhost:8090", "http://localhost:8090.evil.example",
			"HTTP://LOCALHOST:8090", "http://localhost:8090/", "http://evil.example/http://localhost:8090", "*", "file://",
		} {
			preflight := fromPage(h, http.MethodOptions, path, origin, method)
			actual := fromPage(h, method, path, origin, "")
			for name, r := range map[string]*http.Response{"preflight": preflight, "request": actual} {
				if got := r.Header.Get("Access-Control-Allow-Origin"); got != "" || r.StatusCode < 400 {
					t.Errorf("%s of %s from %s: %d, allowed %q", name, path, origin, r.StatusCode, got)
				}
			}
		}
	}
}

func TestH10_AnswersCanBeReadByTheirPages(t *testing.T) {
	h := servertest.New(t)
	for path, method := range sharedRoutes {
		r := fromPage(h, method, path, websiteOrigin, "")
		if got := r.Header.Get("Access-Control-Allow-Origin"); got != websiteOrigin { // errors too
			t.Errorf("%s: %d, allowed %q", path, r.StatusCode, got)
		}
		if got := r.Header.Get("Access-Control-Expose-Headers"); got != "WWW-Authenticate, X-Request-Id" {
			t.Errorf("%s: exposed %q", path, got)
		}
	}
}

func TestH10_PublicDocumentsAreForEveryPage(t *testing.T) {
	h := servertest.New(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/.well-known/jwks.json"} {
		for _, asked := range []string{"", http.MethodGet} {
			method, want := http.MethodGet, http.StatusOK
			if asked != "" {
				method, want = http.MethodOptions, http.StatusNoContent
			}
			r := fromPage(h, method, path, "https://any.example", asked)
			if r.StatusCode != want || r.Header.Get("Access-Control-Allow-Origin") != "*" || r.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s %s: %d %v", method, path, r.StatusCode, r.Header)
			}
		}
	}
}

func TestH10_NothingElseIsShared(t *testing.T) {
	h := servertest.New(t)
	for path, method := range map[string]string{
		"/oauth2/introspect": http.MethodPost, "/oauth2/authorize": http.MethodGet, "/oauth2/logout": http.MethodGet,
		"/oauth2/par": http.MethodPost, "/wallet-summaries": http.MethodGet, "/oauth2/token": http.MethodGet, "/metrics": http.MethodGet,
		"/nowhere": http.MethodGet,
	} {
		for _, r := range []*http.Response{
			fromPage(h, http.MethodOptions, path, websiteOrigin, method), fromPage(h, method, path, websiteOrigin, ""),
		} {
			if got := r.Header.Get("Access-Control-Allow-Origin"); got != "" {
				t.Errorf("%s %s is open to %s: %d", method, path, got, r.StatusCode)
			}
		}
	}
}
