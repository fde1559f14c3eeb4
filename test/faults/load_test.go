package faults

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// family is the tokens from one sign-in, or the one token of a client, as their
// owner knows them.
type family struct {
	party  *relyingParty
	access []string // access tokens
	spent  []string // refresh tokens that were used, oldest first
	latest string   // the refresh token to use next; empty when there is none
	doubt  bool     // the last request got no answer
	ended  bool     // revoked, or ended by reuse

	rechecks int // since nothing more happens to it
}

// load is what many clients do at once.
type load struct {
	*witness
	crashing    bool // the database is to crash: 503 leaves it open what became of a request
	target      int64
	reached     chan struct{} // closed when target requests were acknowledged
	acknowledge atomic.Int64
	over        atomic.Bool // the workers are to stop

	mu       sync.Mutex
	families []*family
}

const workers = 16

func newLoad(i *installation) *load { return &load{witness: newWitness(i)} }

// untilFault lets the workers go on until they get no more answers. In the midst of it,
// when a random number of requests was acknowledged, the fault is caused.
func (l *load) untilFault(fault func()) {
	l.t.Helper()
	l.work(fault, func() {})
}

// while lets the workers go on while something happens, which no request may fail
// for.
func (l *load) while(happens func()) {
	l.t.Helper()
	l.work(happens, func() { l.over.Store(true) })
	for _, o := range l.record.history.Unanswered() {
		l.t.Errorf("%v got no answer", &o)
	}
}

// work starts the workers. When they are busy, something happens; then they are told
// to stop, or else stop by themselves.
func (l *load) work(happens, stop func()) {
	l.t.Helper()
	l.over.Store(false)
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
	happens()
	stop()
	running.Wait()
	l.t.Logf("%d requests were acknowledged, %d families are known", l.acknowledge.Load(), len(l.families))
}

// worker is one client, with one family at a time.
type worker struct {
	*load
	resumed chan *family // from before the last fault
	current *family
}

func (w *worker) run() {
	for !w.over.Load() && w.step() {
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
	ask := w.signsIn
	if chance < 3 {
		ask = w.getsOwnToken
	}
	a, err := ask(f.party)
	if !w.settled(f, a, err) {
		return false // nobody has these tokens, if there are any
	}
	f.access, f.latest = []string{a.AccessToken}, a.RefreshToken
	w.mu.Lock()
	defer w.mu.Unlock()
	w.families, w.current = append(w.families, f), f
	return true
}

func (w *worker) rotate() bool {
	f := w.current
	a, err := w.refreshes(f.party, f.latest)
	if !w.settled(f, a, err) {
		return false
	}
	f.access, f.spent, f.latest = append(f.access, a.AccessToken), append(f.spent, f.latest), a.RefreshToken
	return true
}

// revoke ends a family by one of its tokens.
func (w *worker) revoke() bool {
	f := w.current
	token := f.latest
	if token == "" || rand.IntN(2) == 0 {
		token = f.access[rand.IntN(len(f.access))]
	}
	a, err := w.revokes(f.party, token)
	if !w.settled(f, a, err) {
		return false
	}
	f.ended, w.current = true, nil
	return true
}

// settled notes whether a request was acknowledged. Everything that is asked for
// here is allowed, so any other answer is a fault of the server.
func (w *worker) settled(f *family, a answer, err error) bool {
	if err == nil && a.Status == http.StatusOK {
		if w.acknowledge.Add(1) == w.target {
			close(w.reached)
		}
		return true
	}
	f.doubt = true
	if err == nil && !(w.crashing && a.Status == http.StatusServiceUnavailable) {
		w.t.Errorf("a request was answered %d %q", a.Status, a.Error)
	}
	return false
}
