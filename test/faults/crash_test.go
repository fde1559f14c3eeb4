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

// PostgreSQL crashes under a server that goes on running. Until it is back, the
// answer is 503, never 500; then everything works by itself, and what clients
// were told holds.
func TestR08_DatabaseCrashesUnderLoad(t *testing.T) {
	database := storetest.StartPostgres(t)
	l := newLoad(newInstallation(t, database.URL("postgres")))
	l.crashing = true
	l.start()
	for range 2 {
		l.untilFault(func() { database.Crash(t) })
		l.wantUnavailable()
		l.during(func() { database.Restart(t) })
		l.wantHealed()
		l.record.history.Settle()
		l.check()
	}
}

// wantUnavailable asks for everything that needs the database, and for what
// does not.
func (l *load) wantUnavailable() {
	l.t.Helper()
	live := l.alive()
	for name, ask := range map[string]func() (answer, error){
		"sign-in":            func() (answer, error) { return l.signIn(live.party, "") },
		"client credentials": func() (answer, error) { return l.clientCredentials(live.party, "") },
		"refresh":            func() (answer, error) { return l.refresh(live.party, live.latest, "") },
		"introspection":      func() (answer, error) { return l.post(live.party, "/oauth2/introspect", "", "token", live.latest) },
		"revocation":         func() (answer, error) { return l.revoke(live.party, live.latest, "") },
	} {
		for range 5 {
			began := processors.Start()
			a, err := ask()
			if err != nil || a.Status != http.StatusServiceUnavailable || a.Error != "temporarily_unavailable" || a.Header.Get("Retry-After") == "" {
				l.t.Errorf("%s without the database: %d %q, Retry-After %q, %v", name, a.Status, a.Error, a.Header.Get("Retry-After"), err)
			}
			if took := began.Took(); took > 12*time.Second {
				l.t.Errorf("%s without the database took %s", name, took)
			}
		}
	}
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/.well-known/jwks.json": http.StatusOK,
	} {
		if got := l.status(path); got != want {
			l.t.Errorf("%s without the database: %d, want %d", path, got, want)
		}
	}
}

// alive is a family with a refresh token, of which nothing is in doubt.
func (l *load) alive() *family {
	l.t.Helper()
	for _, f := range l.families {
		if f.latest != "" && !f.ended && !f.doubt {
			return f
		}
	}
	l.t.Fatal("no family is alive")
	return nil
}

// during keeps asking while something happens.
func (l *load) during(happens func()) {
	l.t.Helper()
	live, over := l.alive(), make(chan struct{})
	var asking sync.WaitGroup
	for range workers {
		asking.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
					l.served(live)
				}
			}
		})
	}
	defer asking.Wait()
	defer close(over)
	happens()
}

// wantHealed waits until many requests at once succeed, on every connection
// that the server may have kept.
func (l *load) wantHealed() {
	l.t.Helper()
	live, began := l.alive(), processors.Start()
	eventually(l.t, "the server works again", func() bool { return l.served(live) })
	if took := began.Took(); took > 5*time.Second {
		l.t.Errorf("healing took %s", took)
	}
	eventually(l.t, "every connection works again", func() bool {
		var failed atomic.Int64
		var asking sync.WaitGroup
		for range 2 * workers {
			asking.Go(func() {
				if !l.served(live) {
					failed.Add(1)
				}
			})
		}
		asking.Wait()
		return failed.Load() == 0
	})
}

// served reports whether a write and a read succeed. Nothing but 503 excuses them.
func (l *load) served(live *family) bool {
	a, err := l.signIn(live.party, "")
	if err == nil && a.Status == http.StatusOK {
		a, err = l.post(live.party, "/oauth2/introspect", "", "token", live.latest)
	}
	if err != nil || a.Status != http.StatusOK && a.Status != http.StatusServiceUnavailable {
		l.t.Errorf("while the database comes back: %d %q, %v", a.Status, a.Error, err)
	}
	return err == nil && a.Status == http.StatusOK
}
