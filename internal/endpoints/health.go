package endpoints

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"claviger/internal/store"
)

// Health serves liveness and readiness.
type Health struct {
	Store *store.Store
	Log   *slog.Logger
	Now   func() time.Time

	mu     sync.Mutex
	latest *trial
}

// readyWithin bounds the readiness check.
const readyWithin = 2 * time.Second

// Roles that a node can be ready for, beside everything.
const (
	roleVerify = "verify" // to say whether a token is alive, and what it may
	roleIssue  = "issue"  // to give tokens, which are written first
)

// Live answers as long as the process serves requests; it does not depend on
// the database (R32).
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) {
	writeText(w, http.StatusOK, "ok\n")
}

// Ready answers 200 when the node can do what it is asked for, else 503 with what is
// wrong in general words. Without a role: the database is reachable and its schema
// is the one that this binary needs.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	var err error
	switch role := r.URL.Query().Get("role"); role {
	case "":
		err = h.Store.Ping(ctx)
	case roleVerify:
		err = h.verifies()
	case roleIssue:
		err = h.writes(ctx)
	default:
		writeText(w, http.StatusBadRequest, "no such role: verify or issue\n")
		return
	}
	if err != nil {
		h.Log.WarnContext(ctx, "not ready", "role", r.URL.Query().Get("role"), "error", err)
		writeText(w, http.StatusServiceUnavailable, "not ready: the database cannot be used\n")
		return
	}
	writeText(w, http.StatusOK, "ready\n")
}

// verifies goes by what the store knows: no question to the database, so that a
// blink of it takes no node out.
func (h *Health) verifies() error {
	if h.Store.Away() {
		return errors.New("the database is away, and what is remembered may be out of date")
	}
	return nil
}

// trial is a write that was tried to see whether one can be made.
type trial struct {
	at   time.Time
	done chan struct{}
	err  error // once done is closed
}

// writes tries a write, at most once a second: anybody may ask. Those who ask
// meanwhile get the same outcome. The trial does not end with the request that
// began it.
func (h *Health) writes(ctx context.Context) error {
	t := h.trial()
	select {
	case <-t.done:
		return t.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *Health) trial() *trial {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := h.Now()
	if t := h.latest; t != nil && (now.Sub(t.at) < time.Second || !t.ended()) {
		return t
	}
	t := &trial{at: now, done: make(chan struct{})}
	h.latest = t
	go func() {
		defer close(t.done)
		ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
		defer cancel()
		t.err = h.Store.Writable(ctx)
	}()
	return t
}

func (t *trial) ended() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
