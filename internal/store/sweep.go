package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"claviger/internal/store/queries"
)

// Sweep clears tables of one database, one batch after the other. It remembers
// how far it got in each: on PostgreSQL the entries of deleted rows stay in the
// index until a vacuum, and are not to be walked over again and again.
type Sweep struct {
	store *Store
	conn  *sql.Conn // PostgreSQL: apart from the writers, which wait for nothing here
	done  map[string]any
}

// sweepLock is the advisory lock of PostgreSQL that one node sweeps under.
const sweepLock = 0x636c765f73770001

// Sweep runs a clean-up, unless another node is at it: then ran is false.
func (s *Store) Sweep(ctx context.Context, run func(*Sweep) error) (ran bool, err error) {
	sweep := &Sweep{store: s, done: map[string]any{}}
	if s.engine == SQLite {
		return true, run(sweep)
	}
	conn, err := s.writes.Conn(ctx)
	if err != nil {
		return false, failure("clean-up", err)
	}
	defer conn.Close()
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(sweepLock)).Scan(&ran); err != nil || !ran {
		return false, failure("clean-up", err)
	}
	defer func() {
		closing, done := context.WithTimeout(context.WithoutCancel(ctx), readTimeout)
		defer done()
		if _, err := conn.ExecContext(closing, "SELECT pg_advisory_unlock($1)", int64(sweepLock)); err != nil {
			_ = conn.Raw(func(any) error { return driver.ErrBadConn }) // the lock ends with the connection
		}
	}()
	sweep.conn = conn
	return true, run(sweep)
}

// Clear deletes at most limit of the oldest rows of a table that ended before a
// moment, in one write, and returns how many went and how long the database was
// busy with it.
func (w *Sweep) Clear(ctx context.Context, table string, before time.Time, limit int) (deleted int64, took time.Duration, err error) {
	g, err := growingTable(table)
	if err != nil {
		return 0, 0, err
	}
	from, ok := w.done[table]
	if !ok {
		from = g.start()
	}
	var last any
	run := func(ctx context.Context, c sqlSession) error {
		began := w.store.now()
		deleted, last, err = g.clear(ctx, c, w.store.engine, from, g.bound(before), limit)
		took = w.store.now().Sub(began)
		return err
	}
	if w.conn != nil {
		ctx, done := context.WithTimeout(ctx, writeTimeout)
		defer done()
		err = inTransaction(ctx, w.conn, run)
	} else {
		err = w.store.Write(ctx, func(tx *Tx) error { return tx.raw("clean-up", run) })
	}
	if err != nil {
		return 0, took, failure("clean-up", err)
	}
	if last != nil {
		w.done[table] = g.behind(last)
	}
	return deleted, took, nil
}

// Overdue returns for how long the oldest row of a table could have been gone; 0
// when there is none.
func (s *Store) Overdue(ctx context.Context, table string, before time.Time) (time.Duration, error) {
	g, err := growingTable(table)
	if err != nil {
		return 0, err
	}
	return uncached(ctx, s, func(ctx context.Context) (time.Duration, error) {
		var oldest int64
		err := s.reads.QueryRowContext(ctx, g.oldest(g.since), g.start(), g.bound(before), 1).Scan(&oldest)
		if errors.Is(err, sql.ErrNoRows) {
			return 0, nil
		}
		if err != nil {
			return 0, failure("clean-up", err)
		}
		return before.Sub(g.moment(oldest)), nil
	})
}

// sqlSession runs statements within a transaction.
type sqlSession interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// raw runs statements that are not among the queries.
func (tx *Tx) raw(subject string, run func(context.Context, sqlSession) error) error {
	return tx.do(subject, func(ctx context.Context, _ *queries.Queries) error { return run(ctx, tx.group.writer.session) })
}

// inTransaction runs statements in a transaction on a connection of their own.
func inTransaction(ctx context.Context, conn *sql.Conn, run func(context.Context, sqlSession) error) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := run(ctx, tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
