package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"claviger/internal/core"
)

// errNotBegun marks a group that did not get as far as a transaction.
var errNotBegun = errors.New("the transaction could not begin")

// group is one transaction and the jobs in it.
type group struct {
	writer  *writer
	ctx     context.Context
	several bool // more than one job: each gets a savepoint
	begun   bool
	bumped  bool  // the cache version has moved
	ends    bool  // a grant may have ended
	broken  error // the transaction is lost, and everyone's work with it
	later   rows
	events  []core.Event
	undo    []func() // puts back what Put methods filled in
}

// run runs one job. When it fails, its work is undone and the group goes on,
// unless broken is set.
func (g *group) run(job func(*Tx) error) error {
	tx := &Tx{group: g, ctx: g.ctx, store: g.writer.store}
	err := protect(job, tx)
	if err == nil {
		err = tx.failed // a failed statement that the job has swallowed
	}
	if err == nil {
		err = tx.keep()
	}
	if err != nil {
		tx.rollback()
		return err
	}
	g.bumped, g.ends = g.bumped || tx.bumped, g.ends || tx.ends
	g.later.add(&tx.later)
	g.events = append(g.events, tx.events...)
	g.undo = append(g.undo, tx.undo...)
	return nil
}

// protect turns a panic of a job into an error, so that it costs no one else.
func protect(job func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("store: a write job panicked: %v\n%s", cause, debug.Stack())
		}
	}()
	return job(tx)
}

// session begins the transaction if need be and returns its connection.
func (g *group) session() (*session, error) {
	if g.broken != nil {
		return nil, g.broken
	}
	c, err := g.writer.connect(g.ctx)
	if err == nil && !g.begun {
		_, err = c.ExecContext(g.ctx, g.begin())
	}
	if err != nil {
		g.broken = errors.Join(errNotBegun, err)
		return nil, g.broken
	}
	g.begun = true
	return c, nil
}

// begin takes SQLite's write lock at the start: a transaction that first reads
// could not wait for it later.
func (g *group) begin() string {
	if g.writer.store.engine == SQLite {
		return "BEGIN IMMEDIATE"
	}
	return "BEGIN"
}

// catchUp inserts what jobs before have left for later, for a job that may look
// at it. It must run outside of the job's savepoint.
func (g *group) catchUp(c *session) error {
	if g.later.empty() {
		return nil
	}
	err := g.later.insert(g.ctx, c, g.writer.store.engine)
	if err != nil {
		g.broken = g.apart(err)
	}
	return err
}

// apart is the error of a group whose rows together were refused: whose they were
// is found by running each job alone. It is of no use where the database is away:
// each job would wait as long again.
func (g *group) apart(err error) error {
	if err != nil && g.several && !isUnavailable(err) {
		return errors.Join(errAlone, err)
	}
	return err
}

// finish writes the rows that the jobs have left for later and commits.
func (g *group) finish() error {
	if !g.begun && g.later.empty() {
		return g.finishAtOnce()
	}
	c, err := g.session()
	if err != nil {
		return err
	}
	if err := g.later.insert(g.ctx, c, g.writer.store.engine); err != nil {
		return g.apart(err)
	}
	if err := insertEvents(g.ctx, c, g.writer.store.engine, insertWithin, g.events); err != nil {
		return g.apart(err)
	}
	if (g.bumped || g.ends) && g.writer.store.engine == Postgres {
		if _, err := c.ExecContext(g.ctx, g.writer.store.announcement()); err != nil {
			return err
		}
	}
	_, err = c.ExecContext(g.ctx, "COMMIT")
	return err
}

// finishAtOnce is finish for nothing but events: where they fit into one INSERT,
// it is the transaction.
func (g *group) finishAtOnce() error {
	if len(g.events) == 0 {
		return nil
	}
	if len(g.events) > rowsPerInsert {
		if _, err := g.session(); err != nil {
			return err
		}
		return g.finish()
	}
	c, err := g.writer.connect(g.ctx)
	if err != nil {
		return errors.Join(errNotBegun, err)
	}
	err = insertEvents(g.ctx, c, g.writer.store.engine, insertAlone, g.events)
	if isUnavailable(err) {
		return errors.Join(errNotBegun, err)
	}
	return g.apart(err)
}

// abandon rolls back. Its error is of no interest: the connection is given up.
func (g *group) abandon() {
	for _, undo := range g.undo {
		undo()
	}
	if c := g.writer.session; c != nil && g.begun {
		_, _ = c.ExecContext(g.ctx, "ROLLBACK")
	}
}
