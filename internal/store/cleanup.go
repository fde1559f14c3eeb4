package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"claviger/internal/core"
)

// growing is a table that rows are cleared from, oldest first.
type growing struct {
	table string
	key   string // primary key
	order string // column that says how old a row is; it leads an index
	part  string // table whose rows belong to rows of this one; "" for none
	owner string // column of part that holds the key
}

// growingTables are cleared in this order: tokens before their grants. Consents
// are not here: that somebody approved, and when that ended, is kept.
var growingTables = []growing{
	{table: "refresh_tokens", key: "selector", order: "expires_at"},
	{table: "grants", key: "id", order: "expires_at"},
	{table: "codes", key: "selector", order: "expires_at"},
	{table: "flows", key: "selector", order: "expires_at"},
	{table: "one_time_codes", key: "id", order: "expires_at"},
	{table: "deliveries", key: "id", order: "expires_at"},
	{table: "sessions", key: "id", order: "expires_at", part: "session_clients", owner: "session_id"},
	{table: tableAudit, key: "id", order: "id"},
}

const tableAudit = "audit"

// GrowingTables returns the tables that are cleaned up.
func GrowingTables() []string {
	names := make([]string, 0, len(growingTables))
	for _, g := range growingTables {
		names = append(names, g.table)
	}
	return names
}

// oldest is the statement part that finds the oldest rows between two bounds. A
// grant without an expiry (0) is not between them.
func (g growing) oldest(columns string) string {
	by := g.order
	if by != g.key {
		by += ", " + g.key // the same rows in both statements of a batch
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s > $1 AND %s < $2 ORDER BY %s LIMIT $3", columns, g.table, g.order, g.order, by)
}

func (g growing) deleteParts() string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s IN (%s)", g.part, g.owner, g.oldest(g.key))
}

func (g growing) deleteRows() string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s IN (%s) RETURNING %s", g.table, g.key, g.oldest(g.key), g.order)
}

// bound is a moment as the order column has it.
func (g growing) bound(at time.Time) any {
	if g.order == "id" {
		return core.NewID(core.PrefixEvent, at, zeros{})
	}
	return millis(at)
}

// start is before everything that may be cleared.
func (g growing) start() any {
	if g.order == "id" {
		return ""
	}
	return int64(0)
}

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

// Sweep runs a clean-up, unless another node is at it: then ran is false. Events
// of the database are only cleared by what run does.
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
			_ = conn.Raw(func(any) error { return errUnlock }) // the lock ends with the connection
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
		deleted, last, err = g.clear(ctx, c, from, g.bound(before), limit)
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

func growingTable(name string) (growing, error) {
	for _, g := range growingTables {
		if g.table == name {
			return g, nil
		}
	}
	return growing{}, fmt.Errorf("store: %s is no table that is cleaned up", name)
}

// sqlSession runs statements within a transaction.
type sqlSession interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// clear deletes a batch and returns the highest value of the order column in it.
func (g growing) clear(ctx context.Context, c sqlSession, from, before any, limit int) (deleted int64, last any, err error) {
	if g.part != "" {
		if _, err := c.ExecContext(ctx, g.deleteParts(), from, before, limit); err != nil {
			return 0, nil, err
		}
	}
	rows, err := c.QueryContext(ctx, g.deleteRows(), from, before, limit)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value any
		if err := rows.Scan(&value); err != nil {
			return 0, nil, err
		}
		deleted++
		last = later(last, value)
	}
	return deleted, last, rows.Err()
}

// behind is the bound that leaves out what was cleared, but not what ends in the
// same millisecond as the last of it.
func (g growing) behind(last any) any {
	if at, ok := last.(int64); ok {
		return at - 1
	}
	return last
}

// later returns the greater of two values of an order column; nil is none.
func later(a, b any) any {
	switch b := b.(type) {
	case int64:
		if a, ok := a.(int64); ok && a > b {
			return a
		}
	case string:
		if a, ok := a.(string); ok && a > b {
			return a
		}
	case []byte:
		return later(a, string(b))
	}
	return b
}

// Overdue returns for how long the oldest row of a table could have been gone; 0
// when there is none.
func (s *Store) Overdue(ctx context.Context, table string, before time.Time) (time.Duration, error) {
	g, err := growingTable(table)
	if err != nil {
		return 0, err
	}
	return uncached(ctx, s, func(ctx context.Context) (time.Duration, error) {
		var oldest any
		err := s.reads.QueryRowContext(ctx, g.oldest(g.order), g.start(), g.bound(before), 1).Scan(&oldest)
		if err == sql.ErrNoRows {
			return 0, nil
		}
		if err != nil {
			return 0, failure("clean-up", err)
		}
		return before.Sub(g.moment(oldest)), nil
	})
}

// moment is bound backwards.
func (g growing) moment(value any) time.Time {
	if at, ok := value.(int64); ok {
		return instant(at)
	}
	at, _ := core.TimeOfID(fmt.Sprint(value))
	return at
}

// zeros makes the lowest id of a time.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
