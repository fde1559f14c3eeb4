package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"claviger/internal/core"
	"claviger/oauth"
)

// ErrClosed is the cause of a write's failure after Close.
var ErrClosed = errors.New("store: closed")

// ErrDamaged is the cause of a failure on a SQLite file that is not as it was
// written. It tells the operator what to do (R07).
var ErrDamaged = errors.New("the database file is damaged; stop the server and bring back the last backup with " +
	"\"claviger restore --from FILE --replace\", which keeps the damaged file for a copy of what can still be read; then start again")

// failure turns an error of a driver into what callers act on: ErrNotFound,
// ErrConflict, or an *oauth.Error when trying again can help. subject names
// the table or the operation.
func failure(subject string, err error) error {
	var known *oauth.Error
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrNoRows):
		return fmt.Errorf("%s: %w", subject, core.ErrNotFound)
	case errors.As(err, &known):
		return err
	case errors.As(err, &pg):
		return postgresFailure(subject, pg)
	case errors.As(err, &lite):
		return sqliteFailure(subject, lite)
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("store: %s: %w", subject, err)
	}
	// What is neither an answer of the database nor ours came from the way to it.
	return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %s: %w", subject, err))
}

func postgresFailure(subject string, err *pgconn.PgError) error {
	switch err.Code {
	case "23505":
		return fmt.Errorf("%s: %s: %w", subject, err.ConstraintName, core.ErrConflict)
	case "23503":
		return fmt.Errorf("%s: %s: what it refers to: %w", subject, err.ConstraintName, core.ErrNotFound)
	case "22021": // no row holds a NUL or what is not UTF-8, so what was looked for is not there
		return fmt.Errorf("%s: %w", subject, core.ErrNotFound)
	case "25006", "55P03": // read-only (a standby), lock not available
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %s: %w", subject, err))
	}
	switch err.Code[:2] {
	case "08", "40", "53", "57", "58": // connection, rollback, resources, intervention, system
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %s: %w", subject, err))
	}
	return fmt.Errorf("store: %s: %w", subject, err)
}

func sqliteFailure(subject string, err *sqlite.Error) error {
	switch err.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
		return fmt.Errorf("%s: %s: %w", subject, constraintOf(err), core.ErrConflict)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return fmt.Errorf("%s: what it refers to: %w", subject, core.ErrNotFound)
	}
	if damages(err) {
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %s: %w: %w", subject, ErrDamaged, err))
	}
	switch err.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_NOMEM,
		sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %s: %w", subject, err))
	}
	return fmt.Errorf("store: %s: %w", subject, err)
}

// damages reports whether err says that the file is not as SQLite wrote it.
func damages(err *sqlite.Error) bool {
	code := err.Code() & 0xff
	return code == sqlite3.SQLITE_CORRUPT || code == sqlite3.SQLITE_NOTADB
}

// constraintOf returns the columns that SQLite's message names, as in
// "UNIQUE constraint failed: users.organisation_id, users.username (2067)".
func constraintOf(err error) string {
	text := err.Error()
	if _, after, ok := strings.Cut(text, "constraint failed: UNIQUE constraint failed: "); ok {
		text = after
	}
	text, _, _ = strings.Cut(text, " (")
	return text
}

// unavailable is an answer that asks the client to come back.
func unavailable(reason oauth.Reason, cause error) error {
	return oauth.NewError(reason).With("Retry-After", "1").Because(cause)
}

// isUnavailable reports whether an error of failure says that the database is away,
// rather than that it refuses what it was asked.
func isUnavailable(err error) bool {
	var known *oauth.Error
	return errors.As(err, &known) && known.Status == http.StatusServiceUnavailable
}

// rerunnable reports whether the database undid a transaction only because of
// others (deadlock, serialization failure), or has to be for their sake: the same
// again can succeed.
func rerunnable(err error) bool {
	var pg *pgconn.PgError
	return errors.Is(err, errAlone) || errors.As(err, &pg) && (pg.Code == "40P01" || pg.Code == "40001")
}

func isSQLite(err error) bool {
	var lite *sqlite.Error
	return errors.As(err, &lite)
}

func containsNoSuchTable(err error) bool { return strings.Contains(err.Error(), "no such table") }
