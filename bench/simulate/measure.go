package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"claviger/internal/core"
	"claviger/internal/store"
)

// callers write and read at the same time, as 32 requests do.
const callers = 32

// engine is a database that is measured, seen past the store.
type engine struct {
	*sql.DB
	postgres bool
	store    *store.Store
	address  string
	table    string               // the statement that gives the bytes of a table,
	index    string               // and of its indexes
	log      func() float64       // bytes of log so far
	cpu      func() time.Duration // of PostgreSQL
	remove   func() error
}

func measure(ctx context.Context, server string, rows, writes int) (m *Measured, err error) {
	m = &Measured{Machine: machine(), Rows: rows}
	lite, err := openSQLite(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lite.remove()) }()
	if m.SQLite, err = measureOne(ctx, lite, rows, writes); err != nil {
		return nil, err
	}
	if m.Cache, err = measureCache(ctx, lite.address, rows); err != nil {
		return nil, err
	}
	pg, err := openPostgres(ctx, server)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, pg.remove()) }()
	m.Postgres, err = measureOne(ctx, pg, rows, writes)
	return m, err
}

func measureOne(ctx context.Context, e *engine, rows, writes int) (m MeasuredOnOne, err error) {
	version := "SELECT sqlite_version()"
	if e.postgres {
		version = "SHOW server_version"
	}
	if err := e.QueryRowContext(ctx, version).Scan(&m.Version); err != nil {
		return m, err
	}
	if m.Row, err = measureRows(ctx, e, rows); err != nil {
		return m, err
	}
	if m.Write, err = measureWrites(ctx, e, rows, writes); err != nil {
		return m, err
	}
	if m.Miss, err = measureMisses(ctx, e, rows); err != nil {
		return m, err
	}
	m.Origins, err = measureOrigins(ctx, e, rows)
	return m, err
}

// measureRows fills each table through the store and asks for its size.
func measureRows(ctx context.Context, e *engine, rows int) (map[string]RowBytes, error) {
	err := e.store.Write(ctx, func(tx *store.Tx) error {
		return tx.PutRole(&core.Role{ID: id(core.PrefixRole, 0), Code: "reader", Name: "Reader"})
	})
	if err != nil {
		return nil, err
	}
	found := map[string]RowBytes{}
	for _, t := range tables {
		fmt.Fprintln(os.Stderr, "rows of", t.name)
		const batch = 200
		for from := 0; from < rows; from += batch {
			err := e.store.Write(ctx, func(tx *store.Tx) error {
				var failed error
				for i := from; i < min(from+batch, rows) && failed == nil; i++ {
					failed = t.put(tx, i)
				}
				return failed
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", t.name, err)
			}
		}
		var table, index float64
		err := errors.Join(e.QueryRowContext(ctx, e.table, t.name).Scan(&table), e.QueryRowContext(ctx, e.index, t.name).Scan(&index))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.name, err)
		}
		found[t.name] = RowBytes{Table: table / float64(rows), Index: index / float64(rows)}
	}
	return found, nil
}

func openSQLite(ctx context.Context) (*engine, error) {
	dir, err := os.MkdirTemp("", "simulate")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "claviger.db")
	e := &engine{
		address: "sqlite:" + path,
		table:   `SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name = ?1`,
		index:   `SELECT COALESCE(SUM(pgsize), 0) FROM dbstat WHERE name IN (SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ?1)`,
		log:     written,
		cpu:     func() time.Duration { return 0 },
	}
	if e.store, err = openStore(ctx, e.address); err != nil {
		return nil, err
	}
	e.DB, err = sql.Open("sqlite", "file:"+path)
	e.remove = func() error { return errors.Join(e.Close(), e.store.Close(), os.RemoveAll(dir)) }
	return e, err
}

func openPostgres(ctx context.Context, server string) (*engine, error) {
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	name := "simulate_" + strings.ToLower(rand.Text())
	if _, err := admin.ExecContext(ctx, "CREATE DATABASE "+name); err != nil {
		return nil, err
	}
	address, err := url.Parse(server)
	if err != nil {
		return nil, err
	}
	address.Path = "/" + name
	e := &engine{
		postgres: true,
		address:  address.String(),
		table:    `SELECT pg_table_size($1::regclass)`,
		index:    `SELECT pg_indexes_size($1::regclass)`,
	}
	if e.store, err = openStore(ctx, e.address); err != nil {
		return nil, err
	}
	if e.DB, err = sql.Open("pgx", e.address); err != nil {
		return nil, err
	}
	e.log = func() (bytes float64) {
		_ = e.QueryRowContext(ctx, `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8`).Scan(&bytes)
		return bytes
	}
	var backend int
	if err := e.QueryRowContext(ctx, `SELECT pg_backend_pid()`).Scan(&backend); err != nil {
		return nil, err
	}
	e.cpu = func() time.Duration { return processorOfSiblings(backend) }
	e.remove = func() error { return errors.Join(e.Close(), e.store.Close(), dropDatabase(server, name)) }
	return e, nil
}

func dropDatabase(server, name string) error {
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return err
	}
	defer admin.Close()
	_, err = admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
	return err
}

func openStore(ctx context.Context, address string) (*store.Store, error) {
	s, err := store.Open(ctx, store.Options{URL: address, Now: time.Now, Rand: rand.Reader})
	if err != nil {
		return nil, err
	}
	_, _, err = s.Migrate(ctx)
	return s, err
}

// machine names the processor, how many of it there are, and the Go release.
func machine() string {
	model := runtime.GOARCH
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			model = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%d x %s, %s", runtime.NumCPU(), model, runtime.Version())
}
