package store

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// digest is a checksum over the rows of a table, whatever their order: the sum of
// the hashes of what is in them. Two engines that hold the same have the same one.
type digest struct {
	rows int64
	sum  [4]uint64
}

func (d *digest) add(row []any) {
	hash := sha256.Sum256(canonical(row))
	for i := range d.sum {
		d.sum[i] += binary.BigEndian.Uint64(hash[8*i:])
	}
	d.rows++
}

func (d digest) String() string {
	return fmt.Sprintf("%016x%016x%016x%016x", d.sum[0], d.sum[1], d.sum[2], d.sum[3])
}

// canonical encodes a row so that different rows never look alike: the kind, the
// length and the bytes of each value.
func canonical(row []any) []byte {
	var text []byte
	for _, value := range row {
		var kind byte
		var body []byte
		switch v := value.(type) {
		case nil:
			kind = 'n'
		case int64:
			kind, body = 'i', binary.BigEndian.AppendUint64(nil, uint64(v))
		case bool:
			kind, body = 'b', []byte{0}
			if v {
				body[0] = 1
			}
		case string:
			kind, body = 't', []byte(v)
		case []byte:
			kind, body = 'x', v
		}
		text = binary.AppendUvarint(append(text, kind), uint64(len(body)))
		text = append(text, body...)
	}
	return text
}

// typed makes of what a driver returned the type that stands for the column's kind:
// int64, bool, string or []byte.
func typed(kind string, value any) (any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case int64:
		if kind == kindBoolean {
			return v != 0, nil
		}
		if kind == kindBigint {
			return v, nil
		}
	case bool:
		if kind == kindBoolean {
			return v, nil
		}
	case string:
		if kind == kindText {
			return v, nil
		}
		if kind == kindBytea {
			return []byte(v), nil
		}
	case []byte:
		if kind == kindBytea {
			return append([]byte{}, v...), nil
		}
		if kind == kindText {
			return string(v), nil
		}
	}
	return nil, fmt.Errorf("a value of type %T is no %s", value, kind)
}

// rows runs a query for all columns of a table and hands on its rows.
func (s *side) rows(ctx context.Context, t table, query string, args []any, take func(row []any) error) error {
	rows, err := s.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return failure(t.name, err)
	}
	defer rows.Close()
	cells, into := make([]any, len(t.columns)), make([]any, len(t.columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return failure(t.name, err)
		}
		row := make([]any, len(cells))
		for i, cell := range cells {
			if row[i], err = typed(t.columns[i].kind, cell); err != nil {
				return fmt.Errorf("store: %s.%s: %w", t.name, t.columns[i].name, err)
			}
		}
		if err := take(row); err != nil {
			return err
		}
	}
	return failure(t.name, rows.Err())
}

// digest reads a whole table.
func (s *side) digest(ctx context.Context, t table, read func()) (d digest, err error) {
	err = s.rows(ctx, t, "SELECT "+t.columnList()+" FROM "+t.name, nil, func(row []any) error {
		d.add(row)
		read()
		return nil
	})
	return d, err
}
