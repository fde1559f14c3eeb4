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

// assertSynchronous refuses a connection whose commits return before they are
// on the disk.
func assertSynchronous(ctx context.Context, conn *pgx.Conn) error {
	var setting string
	if err := conn.QueryRow(ctx, "SHOW synchronous_commit").Scan(&setting); err != nil {
		return err
	}
	if setting == "off" {
		return fmt.Errorf("commits would not be durable: synchronous_commit is off")
	}
	return nil
}
