package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// count finds out how many rows there are to copy.
func (c *copying) count(ctx context.Context) error {
	for _, t := range c.tables {
		var rows int64
		if err := c.from.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.name).Scan(&rows); err != nil {
			return failure(t.name, err)
		}
		c.total += rows
		if c.state[t.name].complete {
			c.done += rows
		}
	}
	return nil
}

// table copies what is missing of a table, in the order of its primary key.
func (c *copying) table(ctx context.Context, t table) error {
	state := c.state[t.name]
	if !state.complete && state.last != "" {
		var rows int64
		if err := c.to.conn.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+t.name).Scan(&rows); err != nil {
			return failure(t.name, err)
		}
		c.done += rows
	}
	for !state.complete {
		batch, err := c.next(ctx, t, state.last)
		if err != nil {
			return err
		}
		if len(batch) > 0 {
			state.last = t.encodeKey(batch[len(batch)-1])
		}
		state.complete = len(batch) < copyBatch
		if err := c.put(ctx, t, batch, state); err != nil {
			return err
		}
		c.done += int64(len(batch))
		c.Progress(CopyProgress{Table: t.name, Done: c.done, Total: c.total})
	}
	return nil
}

// next reads the rows behind a key.
func (c *copying) next(ctx context.Context, t table, last string) (batch [][]any, err error) {
	query, args := "SELECT "+t.columnList()+" FROM "+t.name, []any(nil)
	if last != "" {
		if args, err = t.decodeKey(last); err != nil {
			return nil, err
		}
		query += " WHERE (" + t.keyList() + ") > (" + c.from.parameters(0, len(args)) + ")"
	}
	query += fmt.Sprintf(" ORDER BY %s LIMIT %d", t.keyList(), copyBatch)
	err = c.from.rows(ctx, t, query, args, func(row []any) error {
		batch = append(batch, row)
		return nil
	})
	return batch, err
}

// put commits rows, together with how far that is.
func (c *copying) put(ctx context.Context, t table, batch [][]any, state *copyState) error {
	const perInsert = 100 // at 25 columns 2,500 parameters
	err := inTransaction(ctx, c.to.conn, func(ctx context.Context, s sqlSession) error {
		for rest := batch; len(rest) > 0; {
			count := min(len(rest), perInsert)
			var rows []string
			var args []any
			for _, row := range rest[:count] {
				rows = append(rows, "("+c.to.parameters(len(args), len(row))+")")
				args = append(args, row...)
			}
			if _, err := s.ExecContext(ctx, "INSERT INTO "+t.name+" ("+t.columnList()+") VALUES "+strings.Join(rows, ", "), args...); err != nil {
				return err
			}
			rest = rest[count:]
		}
		mark := "UPDATE " + copyTable + " SET last_key = $1, complete = $2 WHERE name = $3"
		_, err := s.ExecContext(ctx, mark, state.last, state.complete, t.name)
		return err
	})
	return failure(t.name, err)
}

// verify compares every table of the two sides.
func (c *copying) verify(ctx context.Context) (copied []CopiedTable, err error) {
	done := int64(0)
	for _, t := range c.tables {
		read := func() {
			if done++; done%copyBatch == 0 {
				c.Progress(CopyProgress{Verifying: true, Table: t.name, Done: done, Total: 2 * c.total})
			}
		}
		want, err := c.from.digest(ctx, t, read)
		if err != nil {
			return nil, err
		}
		got, err := c.to.digest(ctx, t, read)
		if err != nil {
			return nil, err
		}
		if got != want {
			return nil, fmt.Errorf("%w: table %s has %d rows with checksum %.16s in the source, and %d with %.16s in the copy; "+
				"empty the target and start again", ErrCopyDiffers, t.name, want.rows, want, got.rows, got)
		}
		copied = append(copied, CopiedTable{Name: t.name, Rows: want.rows, Checksum: want.String()})
	}
	c.Progress(CopyProgress{Verifying: true, Done: done, Total: done})
	return copied, nil
}

// encodeKey writes the primary key of a row as text: a list of texts, in which
// numbers are decimal.
func (t table) encodeKey(row []any) string {
	var key []string
	for _, place := range t.key {
		key = append(key, fmt.Sprint(row[place]))
	}
	return marshal(key)
}

func (t table) decodeKey(text string) ([]any, error) {
	var parts []string
	if err := json.Unmarshal([]byte(text), &parts); err != nil || len(parts) != len(t.key) {
		return nil, fmt.Errorf("store: %q is no key of %s", text, t.name)
	}
	var key []any
	for i, place := range t.key {
		switch t.columns[place].kind {
		case kindText:
			key = append(key, parts[i])
		case kindBigint:
			number, err := strconv.ParseInt(parts[i], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("store: %q is no key of %s", text, t.name)
			}
			key = append(key, number)
		default:
			return nil, fmt.Errorf("store: the key of %s cannot be written down", t.name)
		}
	}
	return key, nil
}
