package server

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync"
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
}

// workload is every kind of work. What tells of health, and what is the same for
// everybody (metadata, keys), is of no kind: it is always answered.
type workload struct {
	issue, verify, pages, manage *work
}

func newWorkload(most config.InFlight) *workload {
	return &workload{
		issue:  &work{name: "issue", most: int64(most.Issue)},
		verify: &work{name: "verify", most: int64(most.Verify)},
		pages:  &work{name: "pages", most: int64(most.Pages)},
		manage: &work{name: "manage", most: int64(most.Manage)},
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
		defer receive(r).release()
		defer k.running.Add(-1)
		if k.running.Add(1) > k.most {
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

// maxReceived is how much of a body is read before a request takes a place: no
// route takes more.
const maxReceived = 64<<10 + 1

// received is the body of a request that has arrived.
type received struct {
	bytes.Buffer
	rest io.ReadCloser
	all  io.Reader
}

// bodies is a pool of received.
var bodies = sync.Pool{New: func() any { return &received{} }}

// receive reads the body before the request takes a place, so that one which is slow
// to send takes none: it has its connection, and time limits (H01). Nothing of it
// may be kept after release.
func receive(r *http.Request) *received {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body := bodies.Get().(*received)
	body.all = &body.Buffer
	if _, err := io.CopyN(&body.Buffer, r.Body, maxReceived); !errors.Is(err, io.EOF) {
		body.all = io.MultiReader(&body.Buffer, r.Body) // whoever reads it finds that it is too long, or broken
	}
	body.rest, r.Body = r.Body, body
	return body
}

func (b *received) Read(p []byte) (int, error) { return b.all.Read(p) }

func (b *received) Close() error { return b.rest.Close() }

func (b *received) release() {
	if b == nil || b.Cap() > maxReceived {
		return
	}
	b.Reset()
	b.all, b.rest = nil, nil
	bodies.Put(b)
}
