package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"claviger/oauth"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

const versionTable = "schema_version"

// ErrSchemaNewer is what Migrate returns when the database was migrated by a
// later release.
var ErrSchemaNewer = errors.New("the database schema is newer than this release knows")

// ErrSchemaOld is what Ping returns when the database has yet to be migrated.
var ErrSchemaOld = errors.New("the database schema is not up to date; run the migration")

// Migrate brings the schema up to date. It may run on several nodes at once.
func (s *Store) Migrate(ctx context.Context) (from, to int64, err error) {
	from, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return 0, 0, err
	}
	if from > want {
		return from, from, fmt.Errorf("store: %w: it is at %d, this release ends at %d", ErrSchemaNewer, from, want)
	}
	if from == want {
		return from, want, nil
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
	_, err = series.Up(ctx)
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

// Ping reports whether the database can be reached and has the schema that
// this release needs. A newer schema will do: migrations leave the previous
// release running.
func (s *Store) Ping(ctx context.Context) error {
	have, want, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if have < want {
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: %w: it is at %d of %d", ErrSchemaOld, have, want))
	}
	return nil
}
