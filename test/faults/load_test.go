package faults

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Kinds of requests, by the audit record that they leave.
const (
	issued    = "token.issued"
	refreshed = "token.refreshed"
	revoked   = "token.revoked"
)

// deed is a request and the audit record that it leaves.
type deed struct{ id, kind string }

// family is the tokens from one sign-in, or the one token of a client, as their
// owner knows them.
type family struct {
	party  *relyingParty
	told   []deed   // requests that were acknowledged
	doubt  *deed    // the one that was never answered: either outcome is legal
	access []string // access tokens
	spent  []string // refresh tokens that were used, oldest first
	latest string   // the refresh token to use next; empty when there is none
	ended  bool     // revoked, or ended by reuse

	rechecks int // since nothing more happens to it
}

// load is what many clients do at once.
type load struct {
	*installation
	t           *testing.T
	crashing    bool // the database is to crash: 503 leaves it open what became of a request
	target      int64
	reached     chan struct{} // closed when target requests were acknowledged
	acknowledge atomic.Int64
	requests    atomic.Int64

	mu       sync.Mutex
	families []*family
}

const workers = 16

// newID names a request, for the audit trail.
func (l *load) newID(kind string) string { return fmt.Sprintf("%s-%d", kind, l.requests.Add(1)) }

// untilFault lets the workers go on until they get no more answers. In the midst of it,
// when a random number of requests was acknowledged, the fault is caused.
func (l *load) untilFault(fault func()) {
	l.t.Helper()
	l.acknowledge.Store(0)
	l.target, l.reached = 100+rand.Int64N(400), make(chan struct{})
	resumed := make(chan *family, len(l.families))
	for _, f := range l.families {
		if f.latest != "" && !f.ended {
			resumed <- f
		}
	}
	var running sync.WaitGroup
	for range workers {
		running.Go(func() { (&worker{load: l, resumed: resumed}).run() })
	}
	select {
	case <-l.reached:
	case <-time.After(soon):
		l.t.Error("the clients get too few answers")
	}
	fault()
	running.Wait()
	l.t.Logf("%d requests were acknowledged before the fault, %d families are known", l.acknowledge.Load(), len(l.families))
}

// worker is one client, with one family at a time.
type worker struct {
	*load
	resumed chan *family // from before the last fault
	current *family
}

func (w *worker) run() {
	for w.step() {
	}
}

// step sends one request. It returns false when that got no answer.
func (w *worker) step() bool {
	chance := rand.IntN(12)
	switch {
	case w.current == nil:
		return w.begin(chance)
	case chance == 0:
		w.current = nil // leave it alive
		return true
	case chance == 1:
		return w.revoke()
	case w.current.latest == "":
		w.current = nil
		return true
	}
	return w.rotate()
}

// begin takes up a family, or makes one.
func (w *worker) begin(chance int) bool {
	select {
	case w.current = <-w.resumed:
		return true
	default:
	}
	f := &family{party: w.parties[rand.IntN(len(w.parties))]}
	ask := w.signIn
	if chance < 3 {
		ask = w.clientCredentials
	}
	id := w.newID(issued)
	a, err := ask(f.party, id)
	if !w.settled(f, deed{id, issued}, a, err) {
		return false // nobody has these tokens, if there are any
	}
	f.access, f.latest = []string{a.AccessToken}, a.RefreshToken
	w.mu.Lock()
	defer w.mu.Unlock()
	w.families, w.current = append(w.families, f), f
	return true
}

func (w *worker) rotate() bool {
	f, id := w.current, w.newID(refreshed)
	a, err := w.refresh(f.party, f.latest, id)
	if !w.settled(f, deed{id, refreshed}, a, err) {
		return false
	}
	f.access, f.spent, f.latest = append(f.access, a.AccessToken), append(f.spent, f.latest), a.RefreshToken
	return true
}

// revoke ends a family by one of its tokens.
func (w *worker) revoke() bool {
	f, id := w.current, w.newID(revoked)
	token := f.latest
	if token == "" || rand.IntN(2) == 0 {
		token = f.access[rand.IntN(len(f.access))]
	}
	a, err := w.load.revoke(f.party, token, id)
	if !w.settled(f, deed{id, revoked}, a, err) {
		return false
	}
	f.ended, w.current = true, nil
	return true
}

// settled notes a request as acknowledged, or as in doubt. Everything that is
// asked for here is allowed, so any other answer is a fault of the server.
func (w *worker) settled(f *family, d deed, a answer, err error) bool {
	if err == nil && a.Status == http.StatusOK {
		f.told = append(f.told, d)
		if w.acknowledge.Add(1) == w.target {
			close(w.reached)
		}
		return true
	}
	f.doubt = &d
	if err == nil && !(w.crashing && a.Status == http.StatusServiceUnavailable) {
		w.t.Errorf("%s was answered %d %q", d.id, a.Status, a.Error)
	}
	return false
}
