package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"claviger/internal/store/queries"
)

const (
	postgresWriters = 4  // writers, each on a connection of its own
	postgresReaders = 16 // read connections, unless the URL says pool_max_conns
)

// openPostgres opens a pool for reads and one for the writers, so that a storm
// of reads cannot keep a write from its connection.
func (s *Store) openPostgres(ctx context.Context) error {
	config, err := pgxpool.ParseConfig(s.url)
	if err != nil {
		return fmt.Errorf("the database URL could not be read: %w", err)
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = readTimeout
	}
	if !strings.Contains(s.url, "pool_max_conns") {
		config.MaxConns = postgresReaders
	}
	s.node = s.newID("")
	listener := config.ConnConfig.Copy()
	s.hears = func(ctx context.Context) { s.listen(ctx, listener) }
	reads, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return err
	}
	config = config.Copy()
	config.MaxConns = postgresWriters + 2 // a migration needs two
	config.AfterConnect = assertSynchronous
	writes, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		reads.Close()
		return err
	}
	s.reads, s.writes = stdlib.OpenDBFromPool(reads), stdlib.OpenDBFromPool(writes)
	s.read = queries.New(s.reads)
	s.closeDB = func() error {
		_, _ = s.reads.Close(), s.writes.Close()
		reads.Close()
		writes.Close()
		return nil
	}
	return nil
}

// assertSynchronous has commits of a connection return when they are on the disk,
// whatever the server, the database or the role has set, and refuses a connection
// where they still do not.
func assertSynchronous(ctx context.Context, conn *pgx.Conn) error {
	setting, err := synchronousCommit(ctx, conn)
	if err == nil && setting == "off" {
		if _, err = conn.Exec(ctx, "SET synchronous_commit TO on"); err == nil {
			setting, err = synchronousCommit(ctx, conn)
		}
	}
	if err == nil && setting == "off" {
		err = fmt.Errorf("commits would not be durable: synchronous_commit is off")
	}
	return err
}

func synchronousCommit(ctx context.Context, conn *pgx.Conn) (setting string, err error) {
	err = conn.QueryRow(ctx, "SHOW synchronous_commit").Scan(&setting)
	return setting, err
}

// Undurable returns the settings of the PostgreSQL server, such as "fsync=off",
// under which it may lose what it has committed, or its data altogether, when the
// machine fails. No connection can change them.
func (s *Store) Undurable(ctx context.Context) ([]string, error) {
	if s.engine == SQLite {
		return nil, nil // Open refuses what is not durable
	}
	return uncached(ctx, s, func(ctx context.Context) ([]string, error) {
		rows, err := s.reads.QueryContext(ctx, "SELECT name || '=' || setting FROM pg_settings "+
			"WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off' ORDER BY name")
		if err != nil {
			return nil, failure("settings", err)
		}
		defer rows.Close()
		var list []string
		for rows.Next() {
			var setting string
			if err := rows.Scan(&setting); err != nil {
				return nil, failure("settings", err)
			}
			list = append(list, setting)
		}
		return list, failure("settings", rows.Err())
	})
}
