package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// ScanForTest reads one row of one column.
func (s *Store) ScanForTest(ctx context.Context, query string, into any) error {
	return s.reads.QueryRowContext(ctx, query).Scan(into)
}

// FillForTest puts so many rows into every table that is cleaned up, which expire a
// second after each other from 1970 on.
func (s *Store) FillForTest(ctx context.Context, rows int) error {
	tables, err := schemaTables(ctx)
	if err != nil {
		return err
	}
	grows := map[string]growing{}
	for _, g := range growingTables {
		grows[g.table] = g
		if g.part != "" {
			grows[g.part] = growing{table: g.part, key: g.owner}
		}
	}
	series := fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)", rows)
	for _, table := range tables {
		g, ok := grows[table.name]
		if !ok {
			continue
		}
		var names, values []string
		for _, c := range table.columns {
			names, values = append(names, c.name), append(values, filling(g, c, s.engine))
		}
		statement := "INSERT INTO " + table.name + " (" + strings.Join(names, ", ") + ") " +
			series + " SELECT " + strings.Join(values, ", ") + " FROM n"
		if _, err := s.writes.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", table.name, err)
		}
	}
	_, err = s.writes.ExecContext(ctx, "ANALYZE")
	return err
}

func filling(g growing, c column, engine string) string {
	switch {
	case c.name == g.key && g.table == TableAudit:
		return "'evt_' || CAST(1000000000 + i AS TEXT)"
	case c.name == g.key:
		return "'row_' || CAST(1000000000 + i AS TEXT)"
	case c.name == g.since:
		return "i * 1000"
	case c.kind == kindBigint:
		return "0"
	case c.kind == kindBoolean:
		return "FALSE"
	case c.kind == kindBytea && engine == Postgres:
		return "'\\x00'::bytea"
	case c.kind == kindBytea:
		return "x'00'"
	}
	return "''"
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
