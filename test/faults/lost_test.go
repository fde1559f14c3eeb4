package faults

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
)

// The server is killed when what was asked for is done, and its answer is on the
// way. The client does what the documents tell it to: a code is over, a refresh
// token may be presented again where the client has a grace period, and everything
// else is asked for again.
func TestR02_AnswerLost(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			w := newWitness(newInstallation(t, engine.database(t)))
			w.start()
			v := w.visitor(t)
			l := newLoss(w)
			strict, forgiving := w.parties[0], w.parties[1]

			own := func(w *witness) (answer, error) { return w.getsOwnToken(strict) }
			l.lose(own)
			l.wantAnswered("client credentials", own)

			signIn := func(w *witness) (answer, error) { return w.signsIn(strict) }
			l.lose(signIn)
			a := l.wantAnswered("a sign-in", signIn)

			refresh := func(w *witness) (answer, error) { return w.refreshes(strict, a.RefreshToken) }
			l.lose(refresh)
			w.looks(strict, a.AccessToken, a.RefreshToken)
			l.wantRefused("a refresh", refresh)
			w.looks(strict, a.AccessToken)

			l.tryAgain(forgiving)

			code := v.code()
			redeem := func(w *witness) (answer, error) { return w.redeems(code) }
			l.lose(redeem)
			l.wantRefused("a code", redeem)

			a = l.wantAnswered("a sign-in", signIn)
			revoke := func(w *witness) (answer, error) { return w.revokes(strict, a.AccessToken) }
			l.lose(revoke)
			w.looks(strict, a.AccessToken, a.RefreshToken)
			l.wantAnswered("a revocation", revoke)
			w.judge()
		})
	}
}

// tryAgain has a client with a grace period ask again, and go on with what it gets.
func (l *loss) tryAgain(party *relyingParty) {
	a := l.wantAnswered("a sign-in", func(w *witness) (answer, error) { return w.signsIn(party) })
	refresh := func(w *witness) (answer, error) { return w.refreshes(party, a.RefreshToken) }
	l.lose(refresh)
	again := l.wantAnswered("a refresh, again", refresh)
	if more := l.wantAnswered("a refresh, for the third time", refresh); more.RefreshToken != again.RefreshToken {
		l.t.Error("asking again gives another successor")
	}
	next := l.wantAnswered("the successor", func(w *witness) (answer, error) { return w.refreshes(party, again.RefreshToken) })
	l.looks(party, a.AccessToken, again.AccessToken, next.AccessToken, next.RefreshToken)
	l.wantRefused("a refresh after the successor was used", refresh)
	l.looks(party, next.AccessToken)
}

// loss is a witness whose answers can be lost.
type loss struct {
	*witness
	deaf *witness // hears no answer
	held chan struct{}
}

func newLoss(w *witness) *loss {
	l := &loss{witness: w, held: make(chan struct{})}
	n := *w.installation
	dialer := &net.Dialer{}
	n.web = &http.Client{Timeout: soon, Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			connection, err := dialer.DialContext(ctx, network, address)
			return &deafConn{Conn: connection, held: sync.OnceFunc(func() { l.held <- struct{}{} })}, err
		},
	}}
	l.deaf = w.through(&n)
	return l
}

// deafConn keeps the first bytes of an answer to itself, and says that they were
// there; then it waits for the end of the connection.
type deafConn struct {
	net.Conn
	held func()
}

func (c *deafConn) Read(p []byte) (int, error) {
	for {
		if _, err := c.Conn.Read(p); err != nil {
			return 0, err
		}
		c.held()
	}
}

// lose sends a request, kills the server when its answer is on the way, and starts
// it again. The request has taken effect.
func (l *loss) lose(ask func(*witness) (answer, error)) {
	l.t.Helper()
	before := l.record.history.Unanswered()
	var asking sync.WaitGroup
	asking.Go(func() {
		if a, err := ask(l.deaf); err == nil {
			l.t.Errorf("the answer came through: %d", a.Status)
		}
	})
	<-l.held
	l.kill()
	asking.Wait()
	l.record.history.Settle()
	l.start()
	lost := l.record.history.Unanswered()[len(before):]
	if len(lost) != 1 {
		l.t.Fatalf("%d requests got no answer", len(lost))
	}
	if !slices.ContainsFunc(l.audit(), func(e event) bool { return e.RequestID == lost[0].ID && e.Type == lost[0].Record }) {
		l.t.Errorf("%v was answered before it was durable", &lost[0])
	}
}

func (l *loss) wantAnswered(what string, ask func(*witness) (answer, error)) answer {
	l.t.Helper()
	a, err := ask(l.witness)
	if err != nil || a.Status != http.StatusOK {
		l.t.Errorf("%s: %d %q, %v", what, a.Status, a.Error, err)
	}
	return a
}

func (l *loss) wantRefused(what string, ask func(*witness) (answer, error)) {
	l.t.Helper()
	if a, err := ask(l.witness); err != nil || !a.refused() {
		l.t.Errorf("%s: %d %q, %v", what, a.Status, a.Error, err)
	}
}
