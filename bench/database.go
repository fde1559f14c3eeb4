package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// postgresVariable names the server that scripts/with-postgres starts.
const postgresVariable = "CLAVIGER_TEST_POSTGRES"

// database returns the URL of a new database: a file in dir, or one of its own on
// the PostgreSQL server, named as dir is.
func (b *bench) database(ctx context.Context, engine, dir string) (string, error) {
	switch engine {
	case "sqlite":
		return "sqlite:" + filepath.Join(dir, "claviger.db"), nil
	case "postgres":
		return createDatabase(ctx, os.Getenv(postgresVariable), "bench_"+filepath.Base(dir))
	}
	return "", fmt.Errorf("there is no engine %q", engine)
}

func createDatabase(ctx context.Context, server, name string) (string, error) {
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
