package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// bulk is a table whose rows a group inserts together, many to a statement: a
// refresh with its audit record then costs one statement of its own, not five.
type bulk struct {
	name  string
	into  string
	width int // columns
}

func newBulk(table, columns string) bulk {
	return bulk{table, "INTO " + table + " (" + columns + ") VALUES ", strings.Count(columns, ",") + 1}
}

// Ways to insert rows. Within a transaction, the job or the group is undone when one
// is refused; SQLite need not be ready to undo the statement alone, which for 31
// rotations took a fifth of their processor time.
const (
	insertAlone  = "INSERT "
	insertWithin = "INSERT OR FAIL "
)

// rowsPerInsert keeps a statement below 32,766 parameters for SQLite and 65,535
// for PostgreSQL, and the number of different statements small.
const rowsPerInsert = 64

// insert writes the rows whose columns are args, one row after the other. how is for
// SQLite.
func (b bulk) insert(ctx context.Context, c sqlSession, engine, how string, args []any) error {
	for len(args) > 0 {
		count := min(len(args)/b.width, rowsPerInsert)
		if _, err := c.ExecContext(ctx, b.statement(count, engine, how), args[:count*b.width]...); err != nil {
			return failure(b.name, err)
		}
		args = args[count*b.width:]
	}
	return nil
}

// statement inserts count rows. For SQLite its parameters have no names: those
// are looked up one by one among all before, which a thousand of them would feel.
func (b bulk) statement(count int, engine, how string) string {
	if engine == SQLite {
		row := "(" + strings.Repeat("?, ", b.width-1) + "?)"
		return how + b.into + strings.Repeat(row+", ", count-1) + row
	}
	text := []byte(insertAlone + b.into)
	for n := range count * b.width {
		switch {
		case n == 0:
			text = append(text, "($"...)
		case n%b.width == 0:
			text = append(text, "), ($"...)
		default:
			text = append(text, ", $"...)
		}
		text = strconv.AppendInt(text, int64(n+1), 10)
	}
	return string(append(text, ')'))
}

// Tables of which jobs insert rows at the end of their group, in this order.
const (
	intoGrants = iota
	intoRefreshTokens
	laterTables
)

// rows are those that are not inserted yet, as the arguments of bulk.insert.
type rows [laterTables][]any

func (r *rows) empty() bool { return len(r[intoGrants]) == 0 && len(r[intoRefreshTokens]) == 0 }

func (r *rows) add(more *rows) {
	for table := range more {
		r[table] = append(r[table], more[table]...)
	}
}

// insert writes the rows and forgets them.
func (r *rows) insert(ctx context.Context, c sqlSession, engine string) error {
	for table, into := range [laterTables]bulk{intoGrants: grantRows, intoRefreshTokens: refreshTokenRows} {
		if err := into.insert(ctx, c, engine, insertWithin, r[table]); err != nil {
			return err
		}
		r[table] = nil
	}
	return nil
}

// errAlone takes a group down so that its jobs are run again one by one: what one
// of them did cannot be undone without the others.
var errAlone = errors.New("store: the jobs of a group have to be run alone")
