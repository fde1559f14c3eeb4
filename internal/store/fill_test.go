package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ScanForTest reads one row of one column.
func (s *Store) ScanForTest(ctx context.Context, query string, into any) error {
	return s.reads.QueryRowContext(ctx, query).Scan(into)
}

// FillForTest puts so many rows into every table that is cleaned up, which expire a
// second after each other from 1970 on.
func (s *Store) FillForTest(ctx context.Context, rows int) error {
	return s.fill(ctx, rows, func(name string) bool {
		return slices.ContainsFunc(growingTables, func(g growing) bool { return g.table == name || g.part == name })
	})
}

// FillAllForTest puts rows into every table.
func (s *Store) FillAllForTest(ctx context.Context, rows int) error {
	return s.fill(ctx, rows, func(string) bool { return true })
}

func (s *Store) fill(ctx context.Context, rows int, wanted func(name string) bool) error {
	tables, err := schemaTables(ctx)
	if err != nil {
		return err
	}
	series := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)", rows)
	for _, table := range tables {
		if !wanted(table.name) || table.name == "cache_version" {
			continue
		}
		var values []string
		for place, c := range table.columns {
			values = append(values, filling(table, place, c, s.engine))
		}
		statement := "INSERT INTO " + table.name + " (" + table.columnList() + ") " +
			series + " SELECT " + strings.Join(values, ", ") + " FROM n"
		if _, err := s.writes.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	_, err = s.writes.ExecContext(ctx, "ANALYZE")
	return err
}

// filling is an expression for a column of the row i. What is unique, or refers to
// another table, follows i.
func filling(t table, place int, c column, engine string) string {
	const odd = "CAST(CASE WHEN i % 2 = 0 THEN i ELSE -i END AS TEXT)"
	isKey := slices.Contains(t.key, place)
	switch {
	case c.name == "id" && t.name == TableAudit:
		return "'evt_' || CAST(1000000000 + i AS TEXT)"
	case c.kind == kindText && (isKey || slices.Contains([]string{"organisation_id", "user_id", "role_id", "code"}, c.name)):
		return "'row_' || CAST(1000000000 + i AS TEXT)"
	case c.name == "expires_at" || c.name == "at":
		return "i * 1000"
	case c.kind == kindBigint && (isKey || c.name == "number"):
		return "i"
	case c.kind == kindBigint:
		return "0"
	case c.kind == kindBoolean:
		return "(i % 2 = 0)"
	case c.kind == kindBytea && engine == Postgres:
		return "decode('00', 'hex') || convert_to(CAST(i AS TEXT), 'UTF8')"
	case c.kind == kindBytea:
		return "CAST(x'00' || CAST(i AS TEXT) AS BLOB)"
	}
	return odd
}

// TablesForTest returns the names of the schema's tables.
func TablesForTest(ctx context.Context) (names []string, err error) {
	tables, err := schemaTables(ctx)
	for _, t := range tables {
		names = append(names, t.name)
	}
	return names, err
}

// ChangeForTest runs a statement on a database that nobody has open.
func ChangeForTest(ctx context.Context, url, statement string) error {
	s, err := openSide(ctx, url)
	if err != nil {
		return err
	}
	_, err = s.conn.ExecContext(ctx, statement)
	return errors.Join(err, s.close())
}

// CleanUpPlansForTest returns how the engine goes about the statements of the clean-up.
func (s *Store) CleanUpPlansForTest(ctx context.Context) (map[string]string, error) {
	explain := "EXPLAIN "
	if s.engine == SQLite {
		explain = "EXPLAIN QUERY PLAN "
	}
	plans := map[string]string{}
	for _, g := range growingTables {
		statements := []string{g.deleteRows(s.engine), g.oldest(g.since)}
		if g.part != "" {
			statements = append(statements, g.deleteParts(s.engine))
		}
		for _, statement := range statements {
			rows, err := s.reads.QueryContext(ctx, explain+statement, g.start(), g.bound(instant(10_000_000)), 1000)
			if err != nil {
				return nil, err
			}
			if plans[statement], err = planText(rows, s.engine); err != nil {
				return nil, err
			}
		}
	}
	return plans, nil
}

func planText(rows *sql.Rows, engine string) (text string, err error) {
	defer rows.Close()
	for rows.Next() {
		var line string
		var number int
		if engine == SQLite {
			err = rows.Scan(&number, &number, &number, &line)
		} else {
			err = rows.Scan(&line)
		}
		if err != nil {
			return "", err
		}
		text += line + "\n"
	}
	return text, rows.Err()
}
