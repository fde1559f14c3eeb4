package faults

import (
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// The server is told to stop in the midst of its work. What it has taken, it
// answers: nothing was done for a client that was not told. It ends as soon as
// that is done.
func TestR18_StoppedUnderLoad(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			i := newInstallation(t, engine.database(t))
			for range cycles {
				i.start()
				answered, unanswered := i.stopUnderLoad()
				t.Logf("%d requests were answered, %d were not taken", len(answered), len(unanswered))
				done := map[string]bool{}
				for _, e := range i.audit() {
					done[e.RequestID] = true
				}
				for id := range answered {
					if !done[id] {
						t.Errorf("%s was answered; it is not in the audit trail", id)
					}
				}
				for id, err := range unanswered {
					if done[id] {
						t.Errorf("%s took effect; its client got %v", id, err)
					}
				}
			}
		})
	}
}

// stopUnderLoad sends SIGTERM while clients sign in, and waits for the end. It
// returns the requests that were answered, and those that got an error.
func (i *installation) stopUnderLoad() (answered map[string]bool, unanswered map[string]error) {
	i.t.Helper()
	answered, unanswered = map[string]bool{}, map[string]error{}
	var mu sync.Mutex
	var asking sync.WaitGroup
	var count atomic.Int64
	busy := make(chan struct{})
	for range workers {
		asking.Go(func() {
			for {
				id := rand.Text()
				a, err := i.clientCredentials(i.parties[0], id)
				mu.Lock()
				if err != nil {
					unanswered[id] = err
					mu.Unlock()
					return
				}
				answered[id] = true
				mu.Unlock()
				if a.Status != http.StatusOK {
					i.t.Errorf("%s was answered %d %q", id, a.Status, a.Error)
				}
				if count.Add(1) == 100 {
					close(busy)
				}
			}
		})
	}
	<-busy
	process, began := i.process, time.Now()
	i.end(syscall.SIGTERM)
	asking.Wait()
	if took := time.Since(began); took > 10*time.Second {
		i.t.Errorf("stopping took %s", took)
	}
	if code := process.ProcessState.ExitCode(); code != 0 {
		i.t.Errorf("the server ended with %d", code)
	}
	return answered, unanswered
}
