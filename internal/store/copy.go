package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"claviger/internal/core"
)

// Errors of Copy.
var (
	ErrCopyTarget  = errors.New("the target is not empty")
	ErrCopyAnother = errors.New("the target holds the beginning of a copy of another database, or of this one before it was " +
		"used again; empty the target and start again")
	ErrCopyDiffers = errors.New("the copy is not like its source")
)

// CopyOptions say what is copied where. All but Progress are required.
type CopyOptions struct {
	From, To string // URLs as in Options
	Now      func() time.Time
	Rand     io.Reader
	Progress func(CopyProgress)
}

// CopyProgress is how far a copy has got: rows of all tables in this stage.
type CopyProgress struct {
	Verifying   bool // else: copying
	Table       string
	Done, Total int64
}

// CopiedTable is a table that was found to be the same on both sides.
type CopiedTable struct {
	Name     string
	Rows     int64
	Checksum string
}

// copyBatch is how many rows are committed at once, with how far that is.
const copyBatch = 1000

// copyTable is in the target from the first row of a copy until it was verified: for
// each table how far it is. A database that has it is not served.
const copyTable = "database_copy"

// copying is a copy under way.
type copying struct {
	CopyOptions
	tables   []table
	from, to *side
	total    int64
	done     int64
	state    map[string]*copyState
}

// copyState is a row of copyTable.
type copyState struct {
	last     string // key of the last row, encoded; empty before the first
	complete bool
}

// Copy copies everything from one database to another, which is empty or holds a
// part of the same copy, and compares the two at the end. A copy that was
// interrupted goes on where it stopped. The source must not be in use, and cannot
// be written to meanwhile.
func Copy(ctx context.Context, options CopyOptions) (copied []CopiedTable, err error) {
	c := &copying{CopyOptions: options, state: map[string]*copyState{}}
	defer func() {
		if err != nil && ctx.Err() != nil { // whatever the driver makes of that
			err = context.Cause(ctx)
		}
	}()
	if c.Progress == nil {
		c.Progress = func(CopyProgress) {}
	}
	if c.tables, err = schemaTables(ctx); err != nil {
		return nil, err
	}
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	defer c.close()
	if err := c.count(ctx); err != nil {
		return nil, err
	}
	for _, t := range c.tables {
		if err := c.table(ctx, t); err != nil {
			return nil, err
		}
	}
	if copied, err = c.verify(ctx); err != nil {
		return nil, err
	}
	if err := c.from.alone(ctx); err != nil { // a node that was started meanwhile has hung, and will go on
		return nil, fmt.Errorf("the source: %w", err)
	}
	return copied, c.finish(ctx, copied)
}

// open connects to both sides, freezes the source and prepares the target.
func (c *copying) open(ctx context.Context) (err error) {
	for _, url := range []string{c.From, c.To} {
		if err := fileAlone(url); err != nil {
			return err
		}
	}
	if c.from, err = openSide(ctx, c.From); err != nil {
		return fmt.Errorf("the source: %w", err)
	}
	if err := c.freeze(ctx); err != nil {
		return errors.Join(fmt.Errorf("the source: %w", err), c.from.close())
	}
	if err := c.prepare(ctx); err != nil {
		return errors.Join(fmt.Errorf("the target: %w", err), c.from.close())
	}
	if c.to, err = openSide(ctx, c.To); err != nil {
		return errors.Join(fmt.Errorf("the target: %w", err), c.from.close())
	}
	if err := c.begin(ctx); err != nil {
		c.close()
		return err
	}
	return nil
}

func (c *copying) close() {
	_ = c.to.close() // what matters was committed
	_ = c.from.close()
}

// freeze keeps others from writing to the source, and has all reads see one moment.
func (c *copying) freeze(ctx context.Context) error {
	have, err := c.from.version(ctx)
	if err != nil {
		return err
	}
	want, err := wantedVersion()
	if err != nil {
		return err
	}
	if have != want {
		return fmt.Errorf("it has schema version %d, and this release %d: run \"claviger migrate\" on it first", have, want)
	}
	if err := c.from.unfinished(ctx); err != nil {
		return err
	}
	if err := c.from.alone(ctx); err != nil {
		return err
	}
	statements := []string{"BEGIN IMMEDIATE"}
	if c.from.engine == Postgres {
		var names []string
		for _, t := range c.tables {
			names = append(names, t.name)
		}
		statements = []string{"SET idle_in_transaction_session_timeout = 0", "SET lock_timeout = '10s'",
			"BEGIN ISOLATION LEVEL REPEATABLE READ", "LOCK TABLE " + strings.Join(names, ", ") + " IN SHARE MODE"}
	}
	for _, statement := range statements {
		if _, err := c.from.conn.ExecContext(ctx, statement); err != nil {
			return failure("lock", err)
		}
	}
	return nil
}

// prepare gives the target the schema, if it has none.
func (c *copying) prepare(ctx context.Context) error {
	target, err := Open(ctx, Options{URL: c.To, Now: c.Now, Rand: c.Rand})
	if err != nil {
		return err
	}
	_, _, err = target.Migrate(ctx)
	return errors.Join(err, target.Close())
}

// begin takes up what an earlier run has left, or notes that a copy begins.
func (c *copying) begin(ctx context.Context) error {
	source, err := c.fingerprint(ctx)
	if err != nil {
		return err
	}
	begun, err := c.to.has(ctx, copyTable)
	if err != nil {
		return err
	}
	if begun {
		return c.resume(ctx, source)
	}
	if err := c.wantPristine(ctx); err != nil {
		return err
	}
	return inTransaction(ctx, c.to.conn, func(ctx context.Context, s sqlSession) error {
		for i := range c.tables { // what migrations put there comes with the source
			if _, err := s.ExecContext(ctx, "DELETE FROM "+c.tables[len(c.tables)-1-i].name); err != nil {
				return err
			}
		}
		if _, err := s.ExecContext(ctx, "CREATE TABLE "+copyTable+" (name TEXT PRIMARY KEY, source TEXT NOT NULL, "+
			"last_key TEXT NOT NULL, complete BOOLEAN NOT NULL)"); err != nil {
			return err
		}
		for _, t := range c.tables {
			c.state[t.name] = &copyState{}
			if _, err := s.ExecContext(ctx, "INSERT INTO "+copyTable+" (name, source, last_key, complete) VALUES ("+
				c.to.parameters(0, 4)+")", t.name, source, "", false); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *copying) resume(ctx context.Context, source string) error {
	rows, err := c.to.conn.QueryContext(ctx, "SELECT name, source, last_key, complete FROM "+copyTable)
	if err != nil {
		return failure(copyTable, err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, from string
		state := &copyState{}
		if err := rows.Scan(&name, &from, &state.last, &state.complete); err != nil {
			return failure(copyTable, err)
		}
		if from != source {
			return ErrCopyAnother
		}
		c.state[name] = state
	}
	for _, t := range c.tables {
		if c.state[t.name] == nil {
			return ErrCopyAnother
		}
	}
	return failure(copyTable, rows.Err())
}

// fingerprint tells the source from other databases: the signing keys of each
// installation are its own.
func (c *copying) fingerprint(ctx context.Context) (string, error) {
	hash := sha256.New()
	for _, query := range []string{"SELECT id FROM signing_keys ORDER BY id", "SELECT COALESCE(MIN(id), '') FROM " + TableAudit} {
		rows, err := c.from.conn.QueryContext(ctx, query)
		if err != nil {
			return "", failure("fingerprint", err)
		}
		defer rows.Close()
		for rows.Next() {
			var id string
			if err := rows.Scan(&id); err != nil {
				return "", failure("fingerprint", err)
			}
			_, _ = io.WriteString(hash, id+"\n")
		}
		if err := rows.Err(); err != nil {
			return "", failure("fingerprint", err)
		}
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}

// wantPristine fails unless the target holds what migrations put there, and no more.
func (c *copying) wantPristine(ctx context.Context) error {
	db, err := freshDatabase(ctx)
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	fresh := &side{engine: SQLite, db: db, conn: conn}
	for _, t := range c.tables {
		want, err := fresh.digest(ctx, t, func() {})
		if err != nil {
			return err
		}
		var rows int64
		limited := fmt.Sprintf("SELECT COUNT(*) FROM (SELECT 1 FROM %s LIMIT %d) AS counted", t.name, want.rows+1)
		if err := c.to.conn.QueryRowContext(ctx, limited).Scan(&rows); err != nil {
			return failure(t.name, err)
		}
		if rows == want.rows {
			got, err := c.to.digest(ctx, t, func() {})
			if err != nil {
				return err
			}
			if got == want {
				continue
			}
		}
		return fmt.Errorf("%w: there is something in its table %s; name a new database", ErrCopyTarget, t.name)
	}
	return nil
}

// finish has other processes look again at what they have cached, records the copy,
// and lets the target be served.
func (c *copying) finish(ctx context.Context, copied []CopiedTable) error {
	var rows int64
	for _, t := range copied {
		rows += t.Rows
	}
	event := core.Event{
		ID: core.NewID(core.PrefixEvent, c.Now(), c.Rand), At: c.Now(), Type: core.DatabaseCopied, SubjectType: "trusted",
		SubjectID: "cli", Detail: fmt.Sprintf("from %s to %s, %d rows", c.from.engine, c.to.engine, rows),
	}
	err := inTransaction(ctx, c.to.conn, func(ctx context.Context, s sqlSession) error {
		if _, err := s.ExecContext(ctx, "UPDATE cache_version SET value = value + 1"); err != nil {
			return err
		}
		if err := insertEvents(ctx, s, c.to.engine, insertAlone, []core.Event{event}); err != nil {
			return err
		}
		_, err := s.ExecContext(ctx, "DROP TABLE "+copyTable)
		return err
	})
	return failure("copy", err)
}
