package faults

import (
	"net/http"
	"sync"
	"testing"
	"time"
)

// Many clients have the same code, or the same refresh token, and present it to
// every node at once. One of them wins; where a client may ask again, all get the
// same. Whether the winner's tokens live then is for the checker to say.
//
// `make test` has fewer clients in each round than `make soak`.
func TestR14_OneWinner(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			nodes, rounds, clients := 1, 200, 16
			if engine.name == "postgres" {
				nodes, rounds, clients = 3, 1000, 4
			}
			if soakTime(t) > 0 {
				rounds, clients = 1000, 100
			}
			w := newWitness(newInstallation(t, engine.database(t)))
			w.record.patience = 2 * time.Minute // so many at once may be too many for a busy machine
			if nodes > 1 {
				w.record.history.Late = toldWithin
			}
			var witnesses []*witness
			for _, node := range w.nodes(nodes) {
				node.start()
				witnesses = append(witnesses, w.through(node))
			}
			var lanes sync.WaitGroup
			for _, race := range []func(*visitor) (party *relyingParty, compete func(*witness) (answer, error)){
				raceForCode, raceForRefresh,
			} {
				v := w.visitor(t)
				lanes.Go(func() {
					for range rounds / 2 {
						party, compete := race(v)
						start(party, compete, witnesses, clients)
					}
				})
			}
			lanes.Wait()
			w.judge()
		})
	}
}

func raceForCode(v *visitor) (*relyingParty, func(*witness) (answer, error)) {
	code := v.code()
	return v.shop, func(w *witness) (answer, error) { return w.redeems(code) }
}

// raceForRefresh races for the refresh token of a client, one that may ask again
// every other time.
func raceForRefresh(v *visitor) (*relyingParty, func(*witness) (answer, error)) {
	party := v.parties[v.record.requests.Load()%2]
	a, err := v.signsIn(party)
	if err != nil || a.Status != http.StatusOK {
		v.t.Errorf("a sign-in: %d %q, %v", a.Status, a.Error, err)
	}
	return party, func(w *witness) (answer, error) { return w.refreshes(party, a.RefreshToken) }
}

// start lets clients compete at every node, and then has another node asked about
// what they got.
func start(party *relyingParty, compete func(*witness) (answer, error), nodes []*witness, clients int) {
	begin := make(chan struct{})
	answers := make(chan answer, len(nodes)*clients)
	var racing sync.WaitGroup
	for _, w := range nodes {
		for range clients {
			racing.Go(func() {
				<-begin
				a, err := compete(w)
				if err != nil || a.Status != http.StatusOK && !a.refused() {
					w.t.Errorf("a competitor was answered %d %q, %v", a.Status, a.Error, err)
				}
				answers <- a
			})
		}
	}
	close(begin)
	racing.Wait()
	close(answers)
	asked := 0
	for a := range answers {
		if a.AccessToken != "" && asked < 2 { // of those who may ask again, all have won
			nodes[asked%len(nodes)].looks(party, a.AccessToken, a.RefreshToken)
			asked++
		}
	}
}
