package server

import (
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/permission"
	"claviger/oauth"
)

// edge is what every request passes before a route sees it.
type edge struct {
	config *config.Config
	hosts  []string // that are answered, lower case
	log    *slog.Logger
	now    func() time.Time
	rand   io.Reader
	next   http.Handler
}

func (e *edge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := e.requestID(r)
	w.Header().Set("X-Request-Id", id)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if strings.HasPrefix(e.config.Issuer, "https://") {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	source := oauth.Source{IP: e.clientIP(r), UserAgent: r.UserAgent(), RequestID: id}
	r = r.WithContext(oauth.WithSource(r.Context(), source))
	a := &answer{ResponseWriter: w}
	defer e.recoverPanic(a, r)
	// H08. Envoy asks under the name of the host that it asks about; forward-auth
	// knows its callers by their addresses.
	if !slices.Contains(e.hosts, strings.ToLower(r.Host)) && !permission.IsForward(r) {
		http.Error(a, "This server is not known by that name.", http.StatusMisdirectedRequest)
		return
	}
	e.next.ServeHTTP(a, r)
}

// requestID echoes an inbound X-Request-Id of at most 128 visible ASCII
// characters and makes one up otherwise (ALL-2).
func (e *edge) requestID(r *http.Request) string {
	const limit = 128
	sent := r.Header.Values("X-Request-Id")
	if len(sent) == 1 && sent[0] != "" && len(sent[0]) <= limit && !strings.ContainsFunc(sent[0], invisible) {
		return sent[0]
	}
	return core.NewID("req_", e.now(), e.rand)
}

func invisible(c rune) bool { return c < 0x21 || c > 0x7e }

// clientIP is the peer's address, or what a trusted proxy says it is: the last
// address of X-Forwarded-For that is not itself a trusted proxy. Those that ask for
// forward-auth are believed there.
func (e *edge) clientIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	peer, err := netip.ParseAddr(host)
	if err != nil || !e.trusts(r, peer) {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		address, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return peer.String()
		}
		peer = address
		if !e.trusts(r, address) {
			break
		}
	}
	return peer.String()
}

func (e *edge) trusts(r *http.Request, address netip.Addr) bool {
	return e.config.Trusts(address) || (permission.IsForward(r) && contain(e.config.ForwardAuth.TrustedPeers, address))
}

// answer knows whether anything of it has left.
type answer struct {
	http.ResponseWriter
	begun bool
}

func (a *answer) WriteHeader(status int) {
	a.begun = true
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	a.begun = true
	return a.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// recoverPanic turns a panic into one 500; the process lives (R33). An answer that
// has begun is cut short: it must not look whole.
func (e *edge) recoverPanic(a *answer, r *http.Request) {
	cause := recover()
	if cause == nil {
		return
	}
	if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(cause)
	}
	e.log.ErrorContext(r.Context(), "panic", "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
	if a.begun {
		panic(http.ErrAbortHandler)
	}
	oauth.WriteError(a, oauth.NewError(oauth.ReasonInternal))
}
