package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite" // also the driver "sqlite"

	"claviger/internal/store/queries"
)

// sqliteReaders is the size of the read pool.
const sqliteReaders = 4

// openSQLite opens a pool that can only read and, apart from it, the one
// connection that writes.
func (s *Store) openSQLite(ctx context.Context) error {
	path, err := sqlitePath(s.url)
	if err != nil {
		return err
	}
	s.url = path
	if err := unplaced(path); err != nil {
		return err
	}
	if err := createPrivate(path); err != nil {
		return err
	}
	if s.writes, err = sql.Open("sqlite", sqliteDSN(path, "_txlock=immediate")); err != nil {
		return err
	}
	s.writes.SetMaxOpenConns(1)
	s.writes.SetMaxIdleConns(1)
	if err := assertDurable(ctx, s.writes); err != nil {
		var lite *sqlite.Error
		if errors.As(err, &lite) && damages(lite) {
			err = fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		return errors.Join(err, s.writes.Close())
	}
	if s.reads, err = sql.Open("sqlite", sqliteDSN(path, "_query_only=1")); err != nil {
		return errors.Join(err, s.writes.Close())
	}
	s.reads.SetMaxOpenConns(sqliteReaders)
	s.reads.SetMaxIdleConns(sqliteReaders)
	prepared := &preparedPool{db: s.reads}
	s.read = queries.New(prepared)
	s.closeDB = func() error { return errors.Join(prepared.close(), s.reads.Close(), s.writes.Close()) }
	return nil
}

// sqlitePath returns the file that a URL without its scheme names. Settings in
// the URL are refused: durability is not up for configuration.
func sqlitePath(rest string) (string, error) {
	path := strings.TrimPrefix(rest, "//")
	if path == "" || strings.ContainsAny(path, "?#") {
		return "", fmt.Errorf("a SQLite URL is sqlite: and the path of a file, without ? or #")
	}
	if path == ":memory:" {
		return "", fmt.Errorf("an in-memory database is not durable")
	}
	return filepath.Abs(path)
}

// createPrivate makes the file before SQLite would make it readable to others;
// the WAL beside it takes over its mode.
func createPrivate(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func sqliteDSN(path string, more string) string {
	return (&url.URL{Scheme: "file", Path: path}).String() +
		"?_busy_timeout=5000&_foreign_keys=1&_journal_mode=WAL&_synchronous=FULL&_pragma=wal_autocheckpoint(1000)&" + more
}

// assertDurable fails unless a commit is on the disk when it returns.
func assertDurable(ctx context.Context, db *sql.DB) error {
	var journal string
	if err := db.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&journal); err != nil {
		return err
	}
	var synchronous int
	if err := db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return err
	}
	const full = 2
	if journal != "wal" || synchronous < full {
		return fmt.Errorf("commits would not be durable: journal_mode is %s, synchronous is %d", journal, synchronous)
	}
	return nil
}
