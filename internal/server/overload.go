package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"claviger/internal/config"
	"claviger/internal/dialect"
	"claviger/oauth"
)

// work is a kind of requests. So many are worked on at once, and more are refused:
// what cannot be answered in time anyway must not take time from what can, and one
// kind must not take the place of another.
type work struct {
	name    string
	most    int64
	running atomic.Int64
	refused atomic.Int64
	bodies  *bodies // of every kind
}

// workload is every kind of work. What tells of health, and what is the same for
// everybody (metadata, keys), is of no kind: it is always answered.
type workload struct {
	issue, verify, pages, manage *work
}

func newWorkload(most config.InFlight) *workload {
	all := &bodies{}
	return &workload{
		issue:  &work{name: "issue", most: int64(most.Issue), bodies: all},
		verify: &work{name: "verify", most: int64(most.Verify), bodies: all},
		pages:  &work{name: "pages", most: int64(most.Pages), bodies: all},
		manage: &work{name: "manage", most: int64(most.Manage), bodies: all},
	}
}

func (l *workload) kinds() []*work { return []*work{l.issue, l.verify, l.pages, l.manage} }

// of returns the kind of a dialect's route.
func (l *workload) of(route *dialect.Route) *work {
	switch {
	case route.Operation == dialect.OperationToken || route.Operation == "logout":
		return l.issue
	case route.Method == http.MethodGet:
		return l.verify
	}
	return l.manage
}

// failure writes an error in the wire format of a route.
type failure func(http.ResponseWriter, *http.Request, *oauth.Error)

// bound lets so many requests in at once. The others get 503 with Retry-After, as
// fail writes it.
func (k *work) bound(next http.Handler, fail failure) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, fits := k.bodies.receive(r)
		defer body.release()
		defer k.running.Add(-1)
		if k.running.Add(1) > k.most || !fits {
			k.refused.Add(1)
			fail(w, r, oauth.NewError(oauth.ReasonOverloaded).With("Retry-After", "1"))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// report logs, every so often, what was refused. Each refusal by itself would cost
// more than it tells.
func (l *workload) report(ctx context.Context, log *slog.Logger) {
	before := map[*work]int64{}
	for pause(ctx, reportEvery) {
		for _, k := range l.kinds() {
			if now := k.refused.Load(); now > before[k] {
				log.Warn("too much to do; requests were answered 503", "kind", k.name, "requests", now-before[k], "at_once", k.most)
				before[k] = now
			}
		}
	}
}

const reportEvery = 10 * time.Second
