package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"claviger/internal/core"
)

// Restoring is a backup on its way to be the database: beside its place, where it is
// prepared, until Place.
type Restoring struct {
	URL   string // of the prepared file
	place string
}

// restoring is what the name of a prepared file ends with.
const restoring = ".restoring"

// files are a SQLite database and what is beside it.
var files = []string{"", "-wal", "-shm"}

// StageRestore checks a backup and copies it beside the place of a database, which
// is not in use; unless replace is set, there must be none.
func StageRestore(ctx context.Context, backup, databaseURL string, replace bool) (*Restoring, error) {
	engine, rest, err := splitURL(databaseURL)
	if err != nil {
		return nil, err
	}
	if engine != SQLite {
		return nil, ErrBackupEngine
	}
	place, err := sqlitePath(rest)
	if err != nil {
		return nil, err
	}
	if _, err := os.Lstat(place); err == nil && !replace {
		return nil, fmt.Errorf("%s: %w", place, fs.ErrExist)
	}
	if err := fileAlone(databaseURL); err != nil {
		return nil, err
	}
	if _, err := os.Stat(backup); err != nil {
		return nil, err
	}
	if err := checkFile(ctx, backup); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o700); err != nil {
		return nil, err
	}
	r := &Restoring{URL: "sqlite:" + place + restoring, place: place}
	r.Discard() // what an interrupted run has left
	return r, r.fetch(ctx, backup)
}

func (r *Restoring) staged() string { return r.place + restoring }

func (r *Restoring) fetch(ctx context.Context, backup string) error {
	db, err := openPlain(backup, "&mode=ro")
	if err != nil {
		return err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	source := &side{engine: SQLite, path: backup, conn: conn}
	have, err := source.version(ctx)
	if err != nil {
		return err
	}
	want, err := wantedVersion()
	switch {
	case err != nil:
		return err
	case have == 0:
		return fmt.Errorf("%s is no backup of this server's database", backup)
	case have > want:
		return fmt.Errorf("%w: the backup is at %d, this release ends at %d", ErrSchemaNewer, have, want)
	}
	return source.snapshot(ctx, r.staged())
}

// Discard removes what was prepared.
func (r *Restoring) Discard() {
	for _, suffix := range files {
		_ = os.Remove(r.staged() + suffix) // most often there is none
	}
}

// Place makes the prepared file the database. What was there gets another name,
// which it returns; empty when there was nothing.
func (r *Restoring) Place(now time.Time) (kept string, err error) {
	if err := fileAlone("sqlite:" + r.place); err != nil {
		return "", err
	}
	if err := syncFile(r.staged()); err != nil {
		return "", err
	}
	aside := r.place + ".replaced-" + now.UTC().Format("20060102T150405Z")
	for _, suffix := range files { // without the file, SQLite throws away a log that is left
		err := os.Rename(r.place+suffix, aside+suffix)
		if err == nil && suffix == "" {
			kept = aside
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return kept, err
		}
	}
	if err := os.Rename(r.staged(), r.place); err != nil {
		return kept, err
	}
	return kept, syncFile(filepath.Dir(r.place))
}

// moving are the tables with what lives once or changes by being used. A database
// that was brought back does not know what became of it since, so none of it may go
// on: see docs/decisions.
var moving = []struct{ table, what, statement string }{
	{"grants", "grants, with their refresh and access tokens",
		"UPDATE grants SET ended_at = $1, end_reason = 'database_restored' WHERE ended_at = 0"},
	{"sessions", "sign-ins with a browser",
		"UPDATE sessions SET ended_at = $1, end_reason = 'database_restored' WHERE ended_at = 0"},
	{"codes", "authorization codes", "UPDATE codes SET consumed_at = $1 WHERE consumed_at = 0"},
	{"flows", "sign-ins under way", "UPDATE flows SET done_at = $1 WHERE done_at = 0"},
	{"one_time_codes", "one-time codes", "UPDATE one_time_codes SET consumed_at = $1 WHERE consumed_at = 0"},
	{"invitations", "invitations", "UPDATE invitations SET ended_at = $1 WHERE ended_at = 0"},
	{"recovery_codes", "recovery codes", "DELETE FROM recovery_codes WHERE CAST($1 AS BIGINT) > 0"},
	{"challenges", "second factors that were asked for", "DELETE FROM challenges WHERE created_at <= $1"},
	{"remembered_devices", "remembered browsers", "DELETE FROM remembered_devices WHERE created_at <= $1"},
	{"authenticator_apps", "", "UPDATE authenticator_apps SET last_step = CAST($1 AS BIGINT) / 30000 WHERE last_step < CAST($1 AS BIGINT) / 30000"},
	{"deliveries", "messages that had not left", "DELETE FROM deliveries WHERE created_at <= $1"},
}

// Ended is what EndMoving has ended.
type Ended struct {
	AsOf time.Time // what happened later may not be in the database
	Rows []EndedRows
}

// EndedRows counts what was ended of one kind.
type EndedRows struct {
	What  string
	Count int64
}

// settingRestored is a time in unix seconds: access tokens from before it are dead.
const settingRestored = "restored_at"

// EndMoving ends everything in a database that may have been used up or revoked
// since the moment that it was brought back to. Access tokens issued before until,
// which is whole seconds, are refused from then on. Nobody else may use the
// database.
func EndMoving(ctx context.Context, databaseURL string, now, until time.Time, rand io.Reader) (*Ended, error) {
	if err := fileAlone(databaseURL); err != nil {
		return nil, err
	}
	s, err := openSide(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := s.alone(ctx); err != nil {
		return nil, err
	}
	ended := &Ended{}
	if ended.AsOf, err = s.asOf(ctx); err != nil {
		return nil, err
	}
	err = inTransaction(ctx, s.conn, func(ctx context.Context, c sqlSession) error {
		for _, m := range moving {
			result, err := c.ExecContext(ctx, m.statement, millis(now))
			if err != nil {
				return err
			}
			rows, err := result.RowsAffected()
			if err != nil {
				return err
			}
			if m.what != "" {
				ended.Rows = append(ended.Rows, EndedRows{What: m.what, Count: rows})
			}
		}
		return s.noteRestored(ctx, c, ended, now, until, rand)
	})
	return ended, failure("restore", err)
}

// noteRestored sets from when on access tokens count, records what was done, and lets
// the database be served.
func (s *side) noteRestored(ctx context.Context, c sqlSession, ended *Ended, now, until time.Time, rand io.Reader) error {
	for _, statement := range []string{
		"INSERT INTO settings (key, value) VALUES ('" + settingRestored + "', '" + fmt.Sprint(until.Unix()) + "') " +
			"ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		"UPDATE cache_version SET value = value + 1",
		"DROP TABLE IF EXISTS " + backupTable,
	} {
		if _, err := c.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	detail := []string{"as of " + ended.AsOf.Format(time.RFC3339)}
	for _, r := range ended.Rows {
		detail = append(detail, fmt.Sprintf("%s: %d", r.What, r.Count))
	}
	return insertEvents(ctx, c, s.engine, insertAlone, []core.Event{{
		ID: core.NewID(core.PrefixEvent, now, rand), At: now, Type: core.DatabaseRestored, SubjectType: "trusted",
		SubjectID: "cli", Detail: strings.Join(detail, "; "),
	}})
}

// asOf is the moment that a database shows: when the backup was begun, or else its
// latest audit record.
func (s *side) asOf(ctx context.Context) (time.Time, error) {
	query := "SELECT COALESCE(MAX(at), 0) FROM (SELECT at FROM " + TableAudit + " ORDER BY id DESC LIMIT 1) AS latest"
	marked, err := s.has(ctx, backupTable)
	if err != nil {
		return time.Time{}, err
	}
	if marked {
		query = "SELECT MAX(taken_at) FROM " + backupTable
	}
	var at int64
	err = s.conn.QueryRowContext(ctx, query).Scan(&at)
	return instant(at), failure("restore", err)
}

// RestoredAt returns the moment before which no access token counts, because the
// database was brought back to an earlier state since; zero: there is none.
func (s *Store) RestoredAt(ctx context.Context) (time.Time, error) {
	return s.restoredAt.get(ctx, s, "", func(ctx context.Context) (time.Time, error) {
		text, err := s.read.Setting(ctx, settingRestored)
		err = failure("setting", err)
		if isNotFound(err) {
			return time.Time{}, nil
		}
		var seconds int64
		if err == nil {
			_, err = fmt.Sscan(text, &seconds)
		}
		return time.Unix(seconds, 0).UTC(), err
	})
}

// ChangesSince returns what people and commands changed after a moment, by the audit
// trail of a SQLite file that is out of use, oldest first: without tokens and
// sign-ins, and at most so many. The file is only read.
func ChangesSince(ctx context.Context, file string, since time.Time, most int) ([]core.Event, error) {
	db, err := openPlain(file, "&mode=ro")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT at, type, subject_type, subject_id, target FROM "+TableAudit+" WHERE id > ? AND type NOT LIKE 'token.%' "+
		"AND type NOT LIKE 'session.%' AND type NOT LIKE 'one_time_code.%' AND type NOT IN ('logout', 'permission.denied', 'code.replayed', "+
		"'consent.refused', 'credential.address_refused', 'credential.address_reported') ORDER BY id LIMIT ?",
		core.NewID(core.PrefixEvent, since, zeros{}), most)
	if err != nil {
		return nil, failure("audit", err)
	}
	defer rows.Close()
	var events []core.Event
	for rows.Next() {
		var e core.Event
		var at int64
		if err := rows.Scan(&at, &e.Type, &e.SubjectType, &e.SubjectID, &e.Target); err != nil {
			return nil, failure("audit", err)
		}
		e.At = instant(at)
		events = append(events, e)
	}
	return events, failure("audit", rows.Err())
}
