package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// postgresVariable names the server that scripts/with-postgres starts.
const postgresVariable = "CLAVIGER_TEST_POSTGRES"

// createDatabase returns the URL of a new database: a file in dir, or one of its own
// on the PostgreSQL server, named as dir is.
func createDatabase(ctx context.Context, engine, dir string) (string, error) {
	switch engine {
	case "sqlite":
		return "sqlite:" + filepath.Join(dir, "claviger.db"), nil
	case "postgres":
		name := "bench_" + strings.ReplaceAll(filepath.Base(dir), "-", "_")
		return createOnPostgres(ctx, os.Getenv(postgresVariable), name)
	}
	return "", fmt.Errorf("there is no engine %q", engine)
}

func createOnPostgres(ctx context.Context, server, name string) (string, error) {
	if server == "" {
		return "", errors.New(postgresVariable + " is not set; run this by make bench")
	}
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer connection.Close(ctx)
	var fsync string
	if err := connection.QueryRow(ctx, "SHOW fsync").Scan(&fsync); err != nil {
		return "", err
	}
	if fsync != "on" {
		return "", errors.New("fsync is off in PostgreSQL: its commits would not be durable")
	}
	for _, statement := range []string{"DROP DATABASE IF EXISTS " + name, "CREATE DATABASE " + name} {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return "", err
		}
	}
	address, err := url.Parse(server)
	if err != nil {
		return "", err
	}
	address.Path = "/" + name
	return address.String(), nil
}

// database is one that the bench fills by itself, past the server.
type database struct {
	*sql.DB
	engine string
}

// openDatabase opens the database of an installation whose server is stopped. What
// is put in here need not survive a crash, so nothing waits for the disk.
func openDatabase(ctx context.Context, i *installation) (database, error) {
	driver, name := "pgx", i.url
	if i.engine == "sqlite" {
		driver, name = "sqlite", "file:"+strings.TrimPrefix(i.url, "sqlite:")+"?_pragma=synchronous(OFF)&_pragma=cache_size(-200000)"
	}
	db, err := sql.Open(driver, name)
	if err != nil {
		return database{}, err
	}
	db.SetMaxOpenConns(1)
	if i.engine == "postgres" {
		_, err = db.ExecContext(ctx, "SET synchronous_commit = off")
		return database{db, i.engine}, err
	}
	return database{db, i.engine}, db.PingContext(ctx)
}

// one reads the row that a query finds.
func (d database) one(ctx context.Context, query string) (template, error) {
	found, err := d.QueryContext(ctx, query)
	if err != nil {
		return template{}, err
	}
	defer found.Close()
	columns, err := found.Columns()
	if err != nil {
		return template{}, err
	}
	if !found.Next() {
		return template{}, errors.Join(found.Err(), errors.New("there is no row to copy"))
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for n := range values {
		places[n] = &values[n]
	}
	return template{columns, values}, found.Scan(places...)
}

// insert adds rows to a table as fast as the engine can.
func (d database) insert(ctx context.Context, table string, added *rows) error {
	if d.engine == "sqlite" {
		return d.insertSQLite(ctx, table, added)
	}
	connection, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	return connection.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, added.columns, pgx.CopyFromRows(added.values))
		return err
	})
}

// manyRows go into one statement, which is faster than one by one.
const manyRows = 50

func (d database) insertSQLite(ctx context.Context, table string, added *rows) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	one := "(" + strings.TrimSuffix(strings.Repeat("?,", len(added.columns)), ",") + ")"
	for some := range slices.Chunk(added.values, manyRows) {
		places := strings.TrimSuffix(strings.Repeat(one+",", len(some)), ",")
		insert := "INSERT INTO " + table + " (" + strings.Join(added.columns, ",") + ") VALUES " + places
		if _, err := tx.ExecContext(ctx, insert, slices.Concat(some...)...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// settle has the engine finish what it would do by itself sooner or later.
func (d database) settle(ctx context.Context) error {
	statements := []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
	if d.engine == "postgres" {
		statements = []string{"VACUUM ANALYZE", "CHECKPOINT"}
	}
	for _, statement := range statements {
		if _, err := d.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}
