package faults

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/store/storetest"
	"claviger/test/processors"
)

// Every read connection waits for a table that somebody has locked, and many
// more requests wait for a connection. All are answered within the bound of one;
// what needs no connection is not held up, and nothing stays stuck.
func TestR12_ConnectionsAllBusy(t *testing.T) {
	database := storetest.Postgres(t)
	i := newInstallation(t, database+"&pool_max_conns=2")
	i.start()
	h := newHolder(t, i)
	unseen := make([]string, 2*workers) // access tokens whose grants are not in memory
	for n := range unseen {
		own, err := i.clientCredentials(i.parties[0], "")
		if err != nil || own.Status != http.StatusOK {
			t.Fatal(own.Status, err)
		}
		unseen[n] = own.AccessToken
	}
	locker := connect(t, database)
	execute(t, locker, "BEGIN")
	execute(t, locker, "LOCK TABLE grants IN ACCESS EXCLUSIVE MODE")
	began := processors.Start()
	var asking sync.WaitGroup
	for _, token := range unseen {
		asking.Go(func() {
			a, err := h.post(h.parties[0], "/oauth2/introspect", "", "token", token)
			h.wantRefused("introspection", a, err)
		})
	}
	asking.Go(h.wantVerification)
	asking.Wait()
	if took := began.Took(); took > 16*time.Second {
		t.Errorf("%d reads, two at a time, were refused after %s", 2*workers, took)
	}
	execute(t, locker, "ROLLBACK")
	h.wantHealed()
}

// PostgreSQL gives out fewer connections than the server would like.
func TestR12_NoMoreConnections(t *testing.T) {
	database := storetest.Postgres(t)
	role := newLimitedRole(t, database)
	i := newInstallation(t, role.url)
	i.start()
	h := newHolder(t, i)
	for _, connections := range []int{0, 3} {
		role.limit(connections)
		var answered, refused atomic.Int64
		var asking sync.WaitGroup
		began := processors.Start()
		for range 4 * workers {
			asking.Go(func() {
				switch a, err := h.signIn(h.parties[0], ""); {
				case unavailable(a, err):
					refused.Add(1)
				case err == nil && a.Status == http.StatusOK:
					answered.Add(1)
				default:
					t.Errorf("a sign-in with %d connections: %d %q, %v", connections, a.Status, a.Error, err)
				}
			})
		}
		asking.Go(h.wantVerification)
		asking.Wait()
		if took := began.Took(); took > 20*time.Second {
			t.Errorf("with %d connections, the answers took %s", connections, took)
		}
		t.Logf("with %d connections, %d were answered and %d refused", connections, answered.Load(), refused.Load())
		role.lift()
		h.wantHealed()
		h = newHolder(t, i)
	}
}
