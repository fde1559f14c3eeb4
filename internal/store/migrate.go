package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"claviger/oauth"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const versionTable = "schema_version"

// ErrSchemaNewer is what Migrate and Ping return when the database was migrated by
// a later release, and that does not say that this one can go on using it.
var ErrSchemaNewer = errors.New("the database schema is newer than this release knows, and not made for it")

// ErrSchemaOld is what Ping returns when the database has yet to be migrated.
var ErrSchemaOld = errors.New("the database schema is not up to date; run the migration")

// Migrate brings the schema up to date. It may run on several nodes at once, and
// leaves a newer schema that this release can use as it is.
func (s *Store) Migrate(ctx context.Context) (from, to int64, err error) {
	from, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return 0, 0, err
	}
	if from >= want {
		return from, from, s.checkNewer(ctx, from, want)
	}
	err = s.migrateUp(ctx)
	to, _, again := s.SchemaVersion(ctx)
	if err != nil && (again != nil || to < want) { // at want all the same: another process was faster
		return from, to, fmt.Errorf("store: migrate: %w", err)
	}
	return from, to, again
}

func (s *Store) migrateUp(ctx context.Context) error {
	db, done, err := s.migrationDB()
	if err != nil {
		return err
	}
	defer done()
	dialect := goose.DialectSQLite3
	options := []goose.ProviderOption{goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true), goose.WithSlog(s.log)}
	if s.engine == Postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 300)) // every second, for five minutes
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	series, err := goose.NewProvider(dialect, db, migrationSeries(), options...)
	if err != nil {
		return err
	}
	for range attempts {
		if _, err = series.Up(ctx); !rerunnable(err) { // R19: it got into the way of a node at work
			break
		}
	}
	return err
}

// migrationDB is, on SQLite, a pool apart from the writer's connection, which a
// migration must not share.
func (s *Store) migrationDB() (*sql.DB, func(), error) {
	if s.engine == Postgres {
		return s.writes, func() {}, nil
	}
	db, err := sql.Open("sqlite", sqliteDSN(s.url, "_txlock=immediate"))
	if err != nil {
		return nil, nil, err
	}
	return db, func() { _ = db.Close() }, nil
}

func migrationSeries() fs.FS {
	series, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // the directory is embedded
	}
	return series
}

// wantedVersion is the schema version that this release ends at.
func wantedVersion() (want int64, err error) {
	names, err := fs.Glob(migrationSeries(), "*.sql")
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			return 0, err
		}
		want = max(want, version)
	}
	return want, nil
}

// SchemaVersion returns the version that the database is at (0: empty) and the
// one that this release ends at.
func (s *Store) SchemaVersion(ctx context.Context) (have, want int64, err error) {
	if want, err = wantedVersion(); err != nil {
		return 0, 0, err
	}
	ctx, done := s.readContext(ctx)
	defer done()
	err = s.reads.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versionTable).Scan(&have)
	if noTable(err) {
		return 0, want, nil
	}
	return have, want, failure("schema version", err)
}

// noTable reports whether err says that a table does not exist.
func noTable(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "42P01"
	}
	return isSQLite(err) && containsNoSuchTable(err)
}

// Ping reports whether the database can be reached and has a schema that this
// release can use.
func (s *Store) Ping(ctx context.Context) error {
	have, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if have < want {
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %w: it is at %d of %d", ErrSchemaOld, have, want))
	}
	err = s.checkNewer(ctx, have, want)
	if errors.Is(err, ErrSchemaNewer) {
		return unavailable(oauth.ReasonUnavailable, err)
	}
	return err
}

// checkNewer refuses a schema that is newer than this release ends at, unless its
// last migration declared that it suits releases that end here: by a setting
// "schema.VERSION" with the oldest version that a release may end at (R19).
func (s *Store) checkNewer(ctx context.Context, have, want int64) error {
	if have <= want {
		return nil
	}
	declared, err := s.Setting(ctx, fmt.Sprint("schema.", have))
	if err != nil && !isNotFound(err) {
		return err
	}
	oldest, err := strconv.ParseInt(declared, 10, 64)
	if err != nil || oldest > want {
		return fmt.Errorf("store: %w: it is at %d, this release ends at %d", ErrSchemaNewer, have, want)
	}
	return nil
}
