package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Tx is the transaction of one job. Its methods return core.ErrNotFound and
// core.ErrConflict (wrapped) and, for trouble with the database, an
// *oauth.Error. After any error other than ErrNotFound of a read the job has
// failed, whatever it returns.
//
// Put methods insert or replace by id, and fill in what was left empty: ID,
// Number and CreatedAt. CreatedAt of an existing row never changes.
type Tx struct {
	group  *group
	ctx    context.Context
	store  *Store
	opened bool // it has run statements, within its savepoint if the group has several jobs
	light  bool // it has run a statement outside of a savepoint
	bumped bool
	ends   bool // a grant may have ended
	failed error
	later  rows
	events []core.Event
	undo   []func()
}

// do runs a statement.
func (tx *Tx) do(subject string, statement func(ctx context.Context, q *queries.Queries) error) error {
	if tx.failed != nil {
		return tx.failed
	}
	q, err := tx.open()
	if err == nil {
		err = statement(tx.ctx, q)
	}
	return tx.fail(failure(subject, err))
}

// fail keeps the first failure: on PostgreSQL nothing can follow it, so nothing
// may on either engine.
func (tx *Tx) fail(err error) error {
	if rerunnable(err) && tx.group.broken == nil {
		tx.group.broken = err
	}
	tx.failed = err
	return err
}

// change is do for a statement that changes what is cached. The version counts
// up before the change, not after: its row lock puts such changes in order, so
// that what they look at (the highest number, the other owners) holds.
func (tx *Tx) change(subject string, statement func(ctx context.Context, q *queries.Queries) error) error {
	return tx.do(subject, func(ctx context.Context, q *queries.Queries) error {
		if !tx.bumped && !tx.group.bumped {
			if err := q.BumpCacheVersion(ctx); err != nil {
				return err
			}
		}
		tx.bumped = true
		return statement(ctx, q)
	})
}

// find runs a read: that there is nothing is an answer, not a failure.
func find[V any](tx *Tx, read func(ctx context.Context, q *queries.Queries) (V, error)) (V, error) {
	var value V
	if tx.failed != nil {
		return value, tx.failed
	}
	q, err := tx.open()
	return look(tx, q, err, read)
}

func look[V any](tx *Tx, q *queries.Queries, err error, read func(ctx context.Context, q *queries.Queries) (V, error)) (V, error) {
	var value V
	if err != nil {
		return value, tx.fail(failure("read", err))
	}
	if value, err = read(tx.ctx, q); err != nil && !isNotFound(err) {
		return value, tx.fail(err)
	}
	return value, err
}

// open makes the savepoint of the job at its first statement, and inserts what was
// left for later: the statement may look at it.
func (tx *Tx) open() (*queries.Queries, error) {
	c, err := tx.group.session()
	if err != nil {
		return nil, err
	}
	if !tx.opened {
		if err := tx.group.catchUp(c); err != nil {
			return nil, err
		}
		if tx.group.several {
			if _, err := c.ExecContext(tx.ctx, "SAVEPOINT job"); err != nil {
				return nil, err
			}
		}
	}
	tx.opened = true
	return c.queries, tx.later.insert(tx.ctx, c, tx.store.engine)
}

// openLight is open without a savepoint, for the one statement of a transition
// that hardly ever fails: when the job does all the same, the group is run again
// job by job. What is left for later must be of no interest to the statement.
func (tx *Tx) openLight() (*queries.Queries, error) {
	if tx.opened {
		return tx.open()
	}
	c, err := tx.group.session()
	if err != nil {
		return nil, err
	}
	tx.light = true
	return c.queries, nil
}

// keep ends the savepoint of a job that succeeded.
func (tx *Tx) keep() error {
	if !tx.opened || !tx.group.several {
		return nil
	}
	if _, err := tx.group.writer.session.ExecContext(tx.ctx, "RELEASE SAVEPOINT job"); err != nil {
		tx.group.broken = err
		return failure("write", err)
	}
	return nil
}

// rollback undoes a job that failed. Where that is not possible, the group is
// lost.
func (tx *Tx) rollback() {
	for _, undo := range tx.undo {
		undo()
	}
	if tx.light && tx.group.several && tx.group.broken == nil {
		tx.group.broken = errAlone
	}
	if !tx.opened && !tx.light || tx.group.broken != nil {
		return
	}
	statements := []string{"ROLLBACK"}
	if tx.group.several {
		statements = []string{"ROLLBACK TO SAVEPOINT job", "RELEASE SAVEPOINT job"}
	}
	for _, statement := range statements {
		if _, err := tx.group.writer.session.ExecContext(tx.ctx, statement); err != nil {
			tx.group.broken = err
			return
		}
	}
	if !tx.group.several {
		tx.group.begun = false
	}
}

// fill sets what Put leaves to the store, and remembers to take it back when
// the transaction is undone.
func fill[V comparable](tx *Tx, field *V, value V) {
	before := *field
	if before == value {
		return
	}
	*field = value
	tx.undo = append(tx.undo, func() { *field = before })
}

// fillID gives an entity without an id one.
func (tx *Tx) fillID(id *string, prefix string) {
	if *id == "" {
		fill(tx, id, tx.store.newID(prefix))
	}
}

// changed is change for a statement that counts the rows it touched.
func (tx *Tx) changed(subject string, statement func(ctx context.Context, q *queries.Queries) (int64, error)) (rows int64, err error) {
	err = tx.change(subject, func(ctx context.Context, q *queries.Queries) (err error) {
		rows, err = statement(ctx, q)
		return err
	})
	return rows, err
}

// Serialize keeps changes of what is cached by other transactions away until
// the commit, so that a rule over several rows can be read, then acted upon.
func (tx *Tx) Serialize() error {
	return tx.change("serialize", func(context.Context, *queries.Queries) error { return nil })
}

// createdAt is the stored form of a creation time: now, when there is none.
func (tx *Tx) createdAt(t time.Time) int64 {
	if t.IsZero() {
		t = tx.store.now()
	}
	return millis(t)
}
