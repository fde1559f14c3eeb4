package faults

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/test/processors"
)

// holder is a client that got its tokens before the database went away.
type holder struct {
	*installation
	t       *testing.T
	access  string // of the client itself
	refresh string
}

// newHolder gets tokens, and has them looked at once.
func newHolder(t *testing.T, i *installation) *holder {
	t.Helper()
	own, err := i.clientCredentials(i.parties[0], "")
	if err != nil || own.Status != http.StatusOK {
		t.Fatal(own.Status, err)
	}
	person, err := i.signIn(i.parties[0], "")
	if err != nil || person.Status != http.StatusOK {
		t.Fatal(person.Status, err)
	}
	h := &holder{installation: i, t: t, access: own.AccessToken, refresh: person.RefreshToken}
	h.wantServed()
	return h
}

// writes are the requests that have to be durable before they are answered.
func (h *holder) writes() map[string]func() (answer, error) {
	party := h.parties[0]
	return map[string]func() (answer, error){
		"sign-in":            func() (answer, error) { return h.signIn(party, "") },
		"client credentials": func() (answer, error) { return h.clientCredentials(party, "") },
		"refresh":            func() (answer, error) { return h.installation.refresh(party, h.refresh, "") },
		"revocation":         func() (answer, error) { return h.revoke(party, h.refresh, "") },
	}
}

// wantWritesRefused sends all of them at once. Each is asked to come back, within
// a time.
func (h *holder) wantWritesRefused(within time.Duration) {
	h.t.Helper()
	var asking sync.WaitGroup
	for name, ask := range h.writes() {
		asking.Go(func() {
			began := processors.Start()
			a, err := ask()
			h.wantRefused(name, a, err)
			if took := began.Took(); took > within {
				h.t.Errorf("%s was refused after %s", name, took)
			}
		})
	}
	asking.Wait()
}

func (h *holder) wantRefused(name string, a answer, err error) {
	if !unavailable(a, err) {
		h.t.Errorf("%s without the database: %d %q, Retry-After %q, %v", name, a.Status, a.Error, a.Header.Get("Retry-After"), err)
	}
}

// unavailable reports whether an answer asks the client to come back.
func unavailable(a answer, err error) bool {
	return err == nil && a.Status == http.StatusServiceUnavailable && a.Error == "temporarily_unavailable" && a.Header.Get("Retry-After") != ""
}

// wantServed asks for what does not need the database, and for what only reads it.
func (h *holder) wantServed() {
	h.t.Helper()
	h.wantVerification()
	if !h.active(h.t, h.parties[0], h.access) {
		h.t.Error("the access token is not active any more")
	}
}

// wantVerification asks for what others need to verify tokens by themselves, at once.
func (h *holder) wantVerification() {
	h.t.Helper()
	began := processors.Start()
	for _, path := range []string{"/healthz", "/.well-known/jwks.json", "/.well-known/openid-configuration"} {
		if got := h.status(path); got != http.StatusOK {
			h.t.Errorf("%s: %d", path, got)
		}
	}
	if took := began.Took(); took > 8*time.Second {
		h.t.Errorf("what does not need the database took %s", took)
	}
}

// wantHealed waits until the server works again, on every connection that it may
// have kept, and then uses the token that was refused in between: no refusal has
// used it up, or revoked it.
func (h *holder) wantHealed() {
	h.t.Helper()
	eventually(h.t, "the server has healed", func() bool {
		var failed atomic.Bool
		var asking sync.WaitGroup
		for range 2 * workers {
			asking.Go(func() {
				if !h.worksAgain() {
					failed.Store(true)
				}
			})
		}
		asking.Wait()
		return !failed.Load()
	})
	for name, ask := range h.writes() {
		if name == "revocation" {
			continue
		}
		if a, err := ask(); err != nil || a.Status != http.StatusOK {
			h.t.Errorf("%s with the database back: %d %q, %v", name, a.Status, a.Error, err)
		}
	}
	if got := h.status("/readyz"); got != http.StatusOK {
		h.t.Errorf("/readyz with the database back: %d", got)
	}
	h.wantServed()
}

// worksAgain reports whether a write succeeds, and a read of what is in no memory
// yet. Nothing but 503 excuses them.
func (h *holder) worksAgain() bool {
	a, err := h.signIn(h.parties[0], "")
	if err == nil && a.Status == http.StatusOK {
		a, err = h.post(h.parties[0], "/oauth2/introspect", "", "token", a.AccessToken)
	}
	if !unavailable(a, err) && (err != nil || a.Status != http.StatusOK) {
		h.t.Errorf("while the database comes back: %d %q, %v", a.Status, a.Error, err)
	}
	return err == nil && a.Status == http.StatusOK
}

// file is the SQLite file of an installation without another database.
func (i *installation) file() string { return i.data + "/claviger.db" }
