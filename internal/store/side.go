package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// ErrInUse is what work on a whole database returns while others use that.
var ErrInUse = errors.New("the database is in use")

// side is a database as work on all of it sees it: one connection, without cache
// and writers.
type side struct {
	engine string
	path   string // of the file; empty for PostgreSQL
	db     *sql.DB
	conn   *sql.Conn
}

// openSide connects to a database that exists.
func openSide(ctx context.Context, url string) (*side, error) {
	engine, rest, err := splitURL(url)
	if err != nil {
		return nil, err
	}
	s := &side{engine: engine}
	if engine == SQLite {
		err = s.openFile(rest)
	} else {
		err = s.openServer(url)
	}
	if err != nil {
		return nil, err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return nil, failure("connect", errors.Join(err, s.db.Close()))
	}
	return s, nil
}

func (s *side) openFile(rest string) (err error) {
	if s.path, err = sqlitePath(rest); err != nil {
		return err
	}
	if _, err := os.Stat(s.path); err != nil {
		return err
	}
	s.db, err = sql.Open("sqlite", sqliteDSN(s.path, "_txlock=immediate"))
	return err
}

func (s *side) openServer(url string) error {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return fmt.Errorf("the database URL could not be read: %w", err)
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = readTimeout
	}
	s.db = stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SET synchronous_commit TO on")
		return err
	}))
	return nil
}

func (s *side) close() error { return errors.Join(s.conn.Close(), s.db.Close()) }

// version is the schema version that the database is at; 0 when it is empty.
func (s *side) version(ctx context.Context) (version int64, err error) {
	err = s.conn.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable).Scan(&version)
	if noTable(err) {
		return 0, nil
	}
	return version, failure("schema version", err)
}

// has reports whether a table exists that is not of the schema.
func (s *side) has(ctx context.Context, table string) (bool, error) {
	query := "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"
	if s.engine == Postgres {
		query = "SELECT COUNT(*) FROM pg_class WHERE oid = to_regclass($1)"
	}
	var found int
	err := s.conn.QueryRowContext(ctx, query, table).Scan(&found)
	return found > 0, failure("tables", err)
}

// parameters are count placeholders, from the one behind first on.
func (s *side) parameters(first, count int) string {
	if s.engine == SQLite {
		return strings.Repeat("?, ", count-1) + "?"
	}
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf("$%d", first+i+1)
	}
	return strings.Join(list, ", ")
}

// alone fails with ErrInUse when somebody else is connected to a PostgreSQL database
// as the same user, as nodes are. Connections that were closed a moment ago get a
// moment to go.
func (s *side) alone(ctx context.Context) error {
	if s.engine == SQLite {
		return nil
	}
	const leaving = 3 * time.Second
	limit, look := time.NewTimer(leaving), time.NewTicker(leaving/30)
	defer limit.Stop()
	defer look.Stop()
	for {
		var others int
		var who string
		err := s.conn.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(STRING_AGG(DISTINCT application_name || "+
			"COALESCE(' at ' || host(client_addr), ''), ', '), '') FROM pg_stat_activity WHERE datname = current_database() "+
			"AND usename = current_user AND backend_type = 'client backend' AND pid <> pg_backend_pid()").Scan(&others, &who)
		if err != nil || others == 0 {
			return failure("connections", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return fmt.Errorf("%w: %d other connections (%s); stop every server and command on it", ErrInUse, others, who)
		case <-look.C:
		}
	}
}

// fileAlone fails with ErrInUse when another process has a SQLite database open. It
// comes before this process opens it.
func fileAlone(url string) error {
	engine, rest, err := splitURL(url)
	if err != nil || engine != SQLite {
		return err
	}
	path, err := sqlitePath(rest)
	if err != nil {
		return err
	}
	process, err := lockHolder(path)
	if err == nil && process != 0 {
		err = fmt.Errorf("%w: process %d has %s open; stop it first", ErrInUse, process, path)
	}
	return err
}
