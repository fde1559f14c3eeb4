package faults

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"claviger/internal/store/storetest"
	"claviger/test/processors"
)

// The way to PostgreSQL is cut: by refusal, and by silence, in which nothing that
// is sent is ever answered.
func TestR10_PostgresUnreachable(t *testing.T) {
	for name, fault := range map[string]struct {
		cut    func(*link)
		within time.Duration
	}{
		"refused": {(*link).refuse, 8 * time.Second},
		"silent":  {(*link).silence, 13 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			way := newLink(t, storetest.Postgres(t))
			i := newInstallation(t, way.url)
			i.start()
			h := newHolder(t, i)
			fault.cut(way)
			var asking sync.WaitGroup
			asking.Go(func() { h.wantWritesRefused(fault.within) })
			asking.Go(h.wantVerification)
			asking.Go(func() { h.wantReadsRefused(fault.within) })
			asking.Wait()
			way.mend()
			began := processors.Start()
			h.wantHealed()
			if took := began.Took(); took > 15*time.Second {
				t.Errorf("healing took %s", took)
			}
		})
	}
}

// wantReadsRefused asks whether a token has been revoked, which nobody knows now but
// for what was known a second ago, and whether the server is ready.
func (h *holder) wantReadsRefused(within time.Duration) {
	began := processors.Start()
	if got := h.status("/readyz"); got != http.StatusServiceUnavailable {
		h.t.Errorf("/readyz without the database: %d", got)
	}
	for a, err := h.introspected(); !unavailable(a, err); a, err = h.introspected() {
		if began.Took() > within {
			h.wantRefused("introspection", a, err)
			break
		}
	}
	if took := began.Took(); took > within {
		h.t.Errorf("reads were refused after %s", took)
	}
}

func (h *holder) introspected() (answer, error) {
	return h.post(h.parties[0], "/oauth2/introspect", "", "token", h.access)
}

// link carries bytes between a server and its database, or does not.
type link struct {
	t       *testing.T
	url     string // of the database, through the link
	address string // where it is taken
	target  string
	mu      sync.Mutex
	up      net.Listener
	silent  bool
	carried map[net.Conn]bool
}

func newLink(t *testing.T, database string) *link {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l := &link{t: t, target: u.Host, address: freeAddress(t), carried: map[net.Conn]bool{}}
	l.mend()
	u.Host = l.address
	l.url = u.String()
	t.Cleanup(l.refuse)
	return l
}

// mend lets connections through. What was silent before is closed, as by a peer
// that no longer knows of it.
func (l *link) mend() {
	l.refuse()
	listener, err := net.Listen("tcp", l.address)
	if err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.address, l.up, l.silent = listener.Addr().String(), listener, false
	go l.accept(listener)
}

// refuse closes every connection, and takes no more.
func (l *link) refuse() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up != nil {
		_ = l.up.Close()
		l.up = nil
	}
	for connection := range l.carried {
		_ = connection.Close()
	}
	clear(l.carried)
}

// silence takes connections, and carries nothing on any.
func (l *link) silence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.silent = true
}

func (l *link) isSilent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.silent
}

func (l *link) accept(listener net.Listener) {
	for {
		near, err := listener.Accept()
		if err != nil {
			return
		}
		if !l.keep(listener, near) || l.isSilent() {
			continue
		}
		far, err := net.Dial("tcp", l.target)
		if err != nil || !l.keep(listener, far) {
			_ = near.Close()
			continue
		}
		go l.carry(far, near)
		go l.carry(near, far)
	}
}

// keep notes a connection, to be closed with the listener that it came by.
func (l *link) keep(listener net.Listener, connection net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.up != listener {
		_ = connection.Close()
		return false
	}
	l.carried[connection] = true
	return true
}

// carry copies one direction. In silence, what it reads is lost.
func (l *link) carry(to, from net.Conn) {
	defer to.Close()
	_, _ = io.Copy(valve{l, to}, from)
}

type valve struct {
	link *link
	to   net.Conn
}

func (v valve) Write(p []byte) (int, error) {
	if v.link.isSilent() {
		return len(p), nil
	}
	return v.to.Write(p)
}
