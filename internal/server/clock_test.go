package server_test

import (
	"context"
	"crypto/rand"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/server"
	"claviger/internal/server/servertest"
	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

// clockedNode is a node on PostgreSQL whose clock is ahead of the true time.
type clockedNode struct {
	t     *testing.T
	url   string
	ahead atomic.Int64
}

func newClockedNode(t *testing.T, database string, ahead time.Duration) *clockedNode {
	t.Helper()
	n := &clockedNode{t: t}
	n.set(ahead)
	instance, err := server.Open(t.Context(), servertest.Config(t, database), server.Environment{
		Log: testlog.Logger(t), Now: func() time.Time { return time.Now().Add(time.Duration(n.ahead.Load())) }, Rand: rand.Reader,
	})
	if err != nil {
		t.Fatal(err)
	}
	web, err := server.New(instance, servertest.Dialects(t))
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.url = "http://" + listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- web.Run(ctx, listener) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		_ = instance.Close()
	})
	return n
}

func (n *clockedNode) set(ahead time.Duration) { n.ahead.Store(int64(ahead)) }

// status is that of a request to a route, under the name of the server.
func (n *clockedNode) status(route string) int {
	n.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	r, err := http.NewRequest(method, n.url+path, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	r.Host = servertest.Host
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		n.t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") == "" {
		n.t.Errorf("%s: 503 without Retry-After", route)
	}
	return response.StatusCode
}

// want checks what a node answers: everything, or only what needs no clock.
func (n *clockedNode) want(right bool) {
	n.t.Helper()
	deadline := time.After(30 * time.Second)
	for (n.status("GET /readyz") == http.StatusOK) != right {
		select {
		case <-deadline:
			n.t.Fatal("in vain: the node notices its clock")
		case <-time.After(20 * time.Millisecond):
		}
	}
	for _, route := range []string{
		"POST /oauth2/token", "POST /oauth2/introspect", "POST /oauth2/revoke", "GET /oauth2/userinfo", "GET /oauth2/authorize",
		"POST /access/v1/evaluation", "GET /wallet-summaries", "POST /auth/token",
	} {
		if got := n.status(route); (got != http.StatusServiceUnavailable) != right {
			n.t.Errorf("%s: %d, while the clock is right: %t", route, got, right)
		}
	}
	for _, route := range []string{"GET /healthz", "GET /metrics", "GET /.well-known/jwks.json", "GET /.well-known/openid-configuration"} {
		if got := n.status(route); got != http.StatusOK {
			n.t.Errorf("%s: %d, while the clock is right: %t", route, got, right)
		}
	}
}

// Ten minutes off, a node would take what has expired, or refuse what has not. It
// answers nothing by its clock, from the start or within seconds of a jump, and
// goes on when the clock is right.
func TestR16_ClockOff(t *testing.T) {
	t.Parallel()
	database := storetest.Postgres(t)
	newClockedNode(t, database, 30*time.Second).want(true)
	newClockedNode(t, database, -30*time.Second).want(true)
	newClockedNode(t, database, -10*time.Minute).want(false)
	n := newClockedNode(t, database, 10*time.Minute)
	n.want(false)
	n.set(0)
	n.want(true)
	n.set(-10 * time.Minute)
	n.want(false)
}
