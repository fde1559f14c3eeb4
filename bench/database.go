package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
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
	return database{db, i.engine}, db.PingContext(ctx)
}

// one reads the row that a query finds.
func (d database) one(ctx context.Context, query string) (row, error) {
	rows, err := d.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	if !rows.Next() {
		return nil, errors.Join(rows.Err(), errors.New("there is no row to copy"))
	}
	values, places := make([]any, len(columns)), make([]any, len(columns))
	for n := range values {
		places[n] = &values[n]
	}
	if err := rows.Scan(places...); err != nil {
		return nil, err
	}
	found := row{}
	for n, column := range columns {
		found[column] = values[n]
	}
	return found, nil
}

// insert adds rows to a table, all of the same columns, as fast as the engine can.
func (d database) insert(ctx context.Context, table string, rows []row) error {
	if len(rows) == 0 {
		return nil
	}
	columns := slices.Sorted(maps.Keys(rows[0]))
	values := func(n int) []any {
		list := make([]any, 0, len(columns))
		for _, column := range columns {
			list = append(list, rows[n][column])
		}
		return list
	}
	if d.engine == "sqlite" {
		return d.insertRows(ctx, table, columns, len(rows), values)
	}
	connection, err := d.Conn(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	return connection.Raw(func(driver any) error {
		_, err := driver.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{table}, columns,
			pgx.CopyFromSlice(len(rows), func(n int) ([]any, error) { return values(n), nil }))
		return err
	})
}

func (d database) insertRows(ctx context.Context, table string, columns []string, count int, values func(int) []any) error {
	tx, err := d.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	places := strings.TrimSuffix(strings.Repeat("?,", len(columns)), ",")
	insert, err := tx.PrepareContext(ctx, "INSERT INTO "+table+" ("+strings.Join(columns, ",")+") VALUES ("+places+")")
	if err != nil {
		return err
	}
	defer insert.Close()
	for n := range count {
		if _, err := insert.ExecContext(ctx, values(n)...); err != nil {
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
