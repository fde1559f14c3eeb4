package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"
)

// table is a table of the schema, as the migrations make it. What goes over all of
// the data takes the tables from here, so that none can be forgotten.
type table struct {
	name    string
	columns []column
	key     []int    // primary key: places in columns
	needs   []string // tables that rows of this one refer to
}

// column is a column of a table, and one of the four types that the schema has.
type column struct{ name, kind string }

const (
	kindText    = "TEXT"
	kindBigint  = "BIGINT"
	kindBoolean = "BOOLEAN"
	kindBytea   = "BYTEA"
)

// schemaTables returns the tables of this release's schema, each behind those that
// it refers to. It reads them from an empty database in memory.
func schemaTables(ctx context.Context) ([]table, error) {
	db, err := freshDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return readTables(ctx, db)
}

// freshDatabase is a database in memory as the migrations leave it.
func freshDatabase(ctx context.Context) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file::memory:?_foreign_keys=1")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // each connection would have a database of its own
	series, err := goose.NewProvider(goose.DialectSQLite3, db, migrationSeries(),
		goose.WithTableName(versionTable), goose.WithDisableGlobalRegistry(true))
	if err == nil {
		_, err = series.Up(ctx)
	}
	if err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("store: the schema in memory: %w", err)
	}
	return db, nil
}

func readTables(ctx context.Context, db *sql.DB) ([]table, error) {
	names, err := texts(ctx, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> ? ORDER BY name", versionTable)
	if err != nil {
		return nil, err
	}
	var tables []table
	for _, name := range names {
		t := table{name: name}
		if err := t.readColumns(ctx, db); err != nil {
			return nil, err
		}
		if t.needs, err = texts(ctx, db, `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?)`, name); err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return ordered(tables), nil
}

func (t *table) readColumns(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, "SELECT name, type, pk FROM pragma_table_info(?) ORDER BY cid", t.name)
	if err != nil {
		return err
	}
	defer rows.Close()
	places := map[int]int{}
	for rows.Next() {
		var c column
		var key int
		if err := rows.Scan(&c.name, &c.kind, &key); err != nil {
			return err
		}
		if !slices.Contains([]string{kindText, kindBigint, kindBoolean, kindBytea}, c.kind) {
			return fmt.Errorf("store: %s.%s has the type %s, which is none of the schema's", t.name, c.name, c.kind)
		}
		if key > 0 {
			places[key] = len(t.columns)
		}
		t.columns = append(t.columns, c)
	}
	for n := 1; n <= len(places); n++ {
		t.key = append(t.key, places[n])
	}
	if len(t.key) == 0 {
		return fmt.Errorf("store: %s has no primary key", t.name)
	}
	return rows.Err()
}

// ordered puts every table behind those that it refers to.
func ordered(tables []table) []table {
	var list []table
	placed := map[string]bool{}
	for len(list) < len(tables) {
		before := len(list)
		for _, t := range tables {
			ready := !slices.ContainsFunc(t.needs, func(name string) bool { return !placed[name] && name != t.name })
			if ready && !placed[t.name] {
				list, placed[t.name] = append(list, t), true
			}
		}
		if len(list) == before {
			panic("store: tables that refer to each other in a circle")
		}
	}
	return list
}

func (t table) columnList() string { return namesOf(t.columns) }

func (t table) keyList() string {
	var keys []column
	for _, place := range t.key {
		keys = append(keys, t.columns[place])
	}
	return namesOf(keys)
}

func namesOf(columns []column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return strings.Join(names, ", ")
}

// texts returns a list of one column.
func texts(ctx context.Context, db *sql.DB, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, rows.Err()
}
