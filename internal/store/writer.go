package store

import (
	"context"
	"errors"
	"time"

	"claviger/internal/store/queries"
)

// writer turns what waits in the queue into commits.
type writer struct {
	store   *Store
	session *session // SQLite's is kept from group to group
	last    int      // size of the last group
}

// work runs until the queue is closed and empty.
func (w *writer) work() {
	for first := range w.store.queue {
		if group := w.collect(first); len(group) > 0 {
			w.last = len(group)
			w.run(group)
		}
	}
	w.release(true)
}

// collect returns first and what waits behind it. A lone job goes at once; when
// the last group had more than one, company is likely and waited for.
func (w *writer) collect(first *request) []*request {
	group := take(nil, first)
	var linger <-chan time.Time
	for len(group) < groupLength {
		select {
		case r, open := <-w.store.queue:
			if !open {
				return group
			}
			group = take(group, r)
			continue
		default:
		}
		if w.last <= 1 {
			return group
		}
		if linger == nil {
			timer := time.NewTimer(w.store.linger)
			defer timer.Stop()
			linger = timer.C
		}
		select {
		case r, open := <-w.store.queue:
			if !open {
				return group
			}
			group = take(group, r)
		case <-linger:
			return group
		}
	}
	return group
}

// take appends r unless its caller has withdrawn it.
func take(group []*request, r *request) []*request {
	if r.state.CompareAndSwap(waiting, taken) {
		group = append(group, r)
	}
	return group
}

// run commits a group and answers everyone in it.
func (w *writer) run(requests []*request) {
	err := w.attempt(requests)
	if rerunnable(err) {
		w.store.reruns.Add(1)
		w.runAlone(requests)
	}
	for _, r := range requests {
		r.done <- r.err
	}
	if errors.Is(err, errNotBegun) {
		w.refuseWaiting(err)
	}
}

// attempts bounds how often something is tried that others keep undoing.
const attempts = 5

// runAlone gives each job a transaction of its own: what one of them collided
// with can then only be undone together with that one.
func (w *writer) runAlone(requests []*request) {
	for _, r := range requests {
		for range attempts {
			if err := w.attempt([]*request{r}); !rerunnable(err) {
				break
			}
		}
	}
}

// refuseWaiting answers those who queued while the database kept the writer
// waiting; one after the other they would wait as long again.
func (w *writer) refuseWaiting(err error) {
	for {
		select {
		case r, open := <-w.store.queue:
			if !open {
				return
			}
			if r.state.CompareAndSwap(waiting, taken) {
				r.done <- failure("write", err)
			}
		default:
			return
		}
	}
}

// attempt runs the jobs in one transaction and sets the outcome of each. It
// returns the error that took the whole group down, if one did.
func (w *writer) attempt(requests []*request) error {
	ctx, done := w.context()
	defer done()
	g := &group{writer: w, ctx: ctx, several: len(requests) > 1}
	for _, r := range requests {
		if r.err = g.run(r.job); g.broken != nil {
			break
		}
	}
	if g.broken == nil {
		g.broken = g.finish()
	}
	if g.broken == nil {
		w.store.used.count(g.events)
	} else {
		g.abandon()
		for _, r := range requests {
			if r.err == nil || rerunnable(g.broken) {
				r.err = failure("write", g.broken)
			}
		}
	}
	if g.bumped { // also when the commit failed: it may have happened all the same
		w.store.invalidate()
	}
	if g.ends {
		w.store.forgetGrants()
	}
	w.store.jobs.Add(int64(len(requests)))
	w.store.groups.Add(1)
	w.release(g.broken != nil)
	return g.broken
}

// context bounds a transaction. On SQLite busy_timeout is the bound.
func (w *writer) context() (context.Context, context.CancelFunc) {
	if w.store.engine == SQLite {
		return context.Background(), func() {}
	}
	return context.WithTimeout(context.Background(), writeTimeout)
}

// connect returns the connection to write on.
func (w *writer) connect(ctx context.Context) (*session, error) {
	if w.session == nil {
		conn, err := w.store.writes.Conn(ctx)
		if err != nil {
			return nil, err
		}
		w.session = &session{conn: conn, keep: w.store.engine == SQLite}
		w.session.queries = queries.New(w.session)
	}
	return w.session, nil
}

// release gives the connection back: to PostgreSQL's pool after each group,
// where its health is looked after, on SQLite only when it went wrong.
func (w *writer) release(broken bool) {
	if w.session != nil && (broken || !w.session.keep) {
		w.session.close(broken)
		w.session = nil
	}
}
