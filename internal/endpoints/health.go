package endpoints

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"claviger/internal/store"
)

// Health serves liveness and readiness.
type Health struct {
	Store *store.Store
	Log   *slog.Logger
}

// readyWithin bounds the readiness check.
const readyWithin = 2 * time.Second

// Live answers as long as the process serves requests; it does not depend on
// the database (R32).
func (h *Health) Live(w http.ResponseWriter, _ *http.Request) {
	writeText(w, http.StatusOK, "ok\n")
}

// Ready answers 200 when the database is reachable and its schema is the one
// that this binary needs, else 503 with what is wrong in general words.
func (h *Health) Ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyWithin)
	defer cancel()
	if err := h.Store.Ping(ctx); err != nil {
		h.Log.WarnContext(ctx, "not ready", "error", err)
		writeText(w, http.StatusServiceUnavailable, "not ready: the database cannot be used\n")
		return
	}
	writeText(w, http.StatusOK, "ready\n")
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
