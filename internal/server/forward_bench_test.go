package server_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"claviger/internal/config"
	"claviger/internal/server/servertest"
)

// discard is the least that an answer can be written to.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}

// BenchmarkForwardAuth is one question of a proxy, without the network. "bare" is a
// handler that answers 200 and nothing else, "edge" what every request passes.
func BenchmarkForwardAuth(b *testing.B) {
	start := func(adjust ...func(*config.Config)) *servertest.Harness {
		return servertest.New(b, append(adjust, forwardRules, peer, unlimited)...)
	}
	h, withToken := start(), start(tokensFor("X-Claviger-Token"))
	bare := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	token := "Bearer " + h.UserToken(user, "openid")
	for _, c := range []struct {
		name, target, header, value string
		handler                     http.Handler
	}{
		{"bare", "/public/x", "", "", bare},
		{"edge", "/healthz", "", "", h.Handler()},
		{"public", "/public/x", "", "", h.Handler()},
		{"api_key", "/known", "X-Api-Key", ownerKey, h.Handler()},
		{"api_key_permission", "/accounts/" + cafe, "X-Api-Key", ownerKey, h.Handler()},
		{"jwt", "/known", "Authorization", token, h.Handler()},
		{"jwt_permission", "/accounts/" + cafe, "Authorization", token, h.Handler()},
		{"api_key_token", "/known", "X-Api-Key", ownerKey, withToken.Handler()},
	} {
		b.Run(c.name, func(b *testing.B) {
			target := "/forward-auth" + c.target
			if c.name == "edge" {
				target = c.target
			}
			r := httptest.NewRequest(http.MethodGet, target, nil)
			r.Host, r.RemoteAddr = servertest.Host, wireSource+":40000"
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			recorder := httptest.NewRecorder()
			if c.handler.ServeHTTP(recorder, r); recorder.Code != http.StatusOK {
				b.Fatalf("%d %s", recorder.Code, recorder.Body)
			}
			b.ReportAllocs()
			for b.Loop() {
				c.handler.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}
