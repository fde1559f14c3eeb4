package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"claviger/internal/core"
)

// growing is a table that rows are cleared from, oldest first.
type growing struct {
	table string
	key   string // columns of the primary key
	order string // column that says how old a row is; it leads an index
	since string // column of that moment
	days  bool   // the moment is in days since 1970, not in milliseconds
	part  string // table whose rows belong to rows of this one; "" for none
	owner string // column of part that holds the key
}

// growingTables are cleared in this order: tokens before their grants. Consents
// are not here: that somebody approved, and when that ended, is kept.
var growingTables = []growing{
	{table: "refresh_tokens", key: "selector", order: "expires_at", since: "expires_at"},
	{table: "grants", key: "id", order: "expires_at", since: "expires_at"},
	{table: "codes", key: "selector", order: "expires_at", since: "expires_at"},
	{table: "flows", key: "selector", order: "expires_at", since: "expires_at"},
	{table: "one_time_codes", key: "id", order: "expires_at", since: "expires_at"},
	{table: "challenges", key: "id", order: "expires_at", since: "expires_at"},
	{table: "remembered_devices", key: "digest", order: "expires_at", since: "expires_at"},
	{table: "deliveries", key: "id", order: "expires_at", since: "expires_at"},
	{table: "sessions", key: "id", order: "expires_at", since: "expires_at", part: "session_clients", owner: "session_id"},
	{table: "invitations", key: "id", order: "expires_at", since: "expires_at"},
	{table: "answers", key: "id", order: "expires_at", since: "expires_at"},
	{
		table: TableUsage, key: "organisation_id, day, client_id, dialect, grant_type, outcome, reason",
		order: "day", since: "day", days: true,
	},
	{table: TableAudit, key: "id", order: "id", since: "at"},
}

// Tables that are kept for longer than a row's own expiry: the audit trail for as
// long as the operator says, counts of usage for core.UsageKept days.
const (
	TableAudit = "audit"
	TableUsage = "usage_counts"
)

// GrowingTables returns the tables that are cleaned up.
func GrowingTables() []string {
	names := make([]string, 0, len(growingTables))
	for _, g := range growingTables {
		names = append(names, g.table)
	}
	return names
}

// oldest is the statement part that finds the oldest rows between two bounds. A
// grant without an expiry (0) is not between them.
func (g growing) oldest(columns string) string {
	by := g.order
	if g.part != "" {
		by += ", " + g.key // the same rows in both statements of a batch
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE %s > $1 AND %s < $2 ORDER BY %s LIMIT $3", columns, g.table, g.order, g.order, by)
}

func (g growing) deleteParts(engine string) string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s", g.part, g.among(g.owner, engine))
}

func (g growing) deleteRows(engine string) string {
	return fmt.Sprintf("DELETE FROM %s WHERE %s RETURNING %s", g.table, g.among(g.key, engine), g.order)
}

// among holds for the oldest rows. PostgreSQL, given IN, may read the whole table
// beside them; an array of keys of one column it looks up in the index, value by value.
func (g growing) among(column, engine string) string {
	if engine == Postgres && !strings.Contains(g.key, ",") {
		return column + " = ANY (ARRAY (" + g.oldest(g.key) + "))"
	}
	return "(" + column + ") IN (" + g.oldest(g.key) + ")"
}

// bound is a moment as the order column has it.
func (g growing) bound(at time.Time) any {
	switch {
	case g.order != g.since:
		return core.NewID(core.PrefixEvent, at, zeros{})
	case g.days:
		return at.UnixMilli() / millisOfDay
	}
	return millis(at)
}

// moment is the reverse of bound, for what the since column holds.
func (g growing) moment(value int64) time.Time {
	if g.days {
		value *= millisOfDay
	}
	return instant(value)
}

// start is before everything that may be cleared.
func (g growing) start() any {
	if g.order != g.since {
		return ""
	}
	return int64(0)
}

func growingTable(name string) (growing, error) {
	for _, g := range growingTables {
		if g.table == name {
			return g, nil
		}
	}
	return growing{}, fmt.Errorf("store: %s is no table that is cleaned up", name)
}

// clear deletes a batch and returns the highest value of the order column in it.
func (g growing) clear(ctx context.Context, c sqlSession, engine string, from, before any, limit int) (deleted int64, last any, err error) {
	if g.part != "" {
		if _, err := c.ExecContext(ctx, g.deleteParts(engine), from, before, limit); err != nil {
			return 0, nil, err
		}
	}
	rows, err := c.QueryContext(ctx, g.deleteRows(engine), from, before, limit)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var value any
		if err := rows.Scan(&value); err != nil {
			return 0, nil, err
		}
		deleted++
		last = later(last, value)
	}
	return deleted, last, rows.Err()
}

// behind is the bound that leaves out what was cleared, but not what ends in the
// same millisecond as the last of it.
func (g growing) behind(last any) any {
	if at, ok := last.(int64); ok {
		return at - 1
	}
	return last
}

// later returns the greater of two values of an order column; nil is none.
func later(a, b any) any {
	switch b := b.(type) {
	case int64:
		if a, ok := a.(int64); ok && a > b {
			return a
		}
	case string:
		if a, ok := a.(string); ok && a > b {
			return a
		}
	case []byte:
		return later(a, string(b))
	}
	return b
}

// zeros makes the lowest id of a time.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
