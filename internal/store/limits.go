package store

import (
	"context"
	"time"

	"claviger/internal/store/queries"
)

// Usage is what a node has let through since it told last. Rounds of a node count
// up; Used is the caller's text.
type Usage struct {
	Node  string
	Round int64
	At    time.Time
	Used  string
}

// ReportUsage tells the other nodes what this one has let through, and forgets
// what was told before forget.
func (s *Store) ReportUsage(ctx context.Context, u Usage, forget time.Time) error {
	return s.Write(ctx, func(tx *Tx) error {
		err := tx.do("usage", func(ctx context.Context, q *queries.Queries) error {
			return q.PutUsage(ctx, queries.PutUsageParams{Node: u.Node, Round: u.Round, At: millis(u.At), Used: u.Used})
		})
		if err != nil {
			return err
		}
		return tx.do("usage", func(ctx context.Context, q *queries.Queries) error { return q.ForgetUsage(ctx, millis(forget)) })
	})
}

// UsageSince returns what the nodes other than node have told since a time, oldest
// first. It is never cached.
func (s *Store) UsageSince(ctx context.Context, since time.Time, node string) ([]Usage, error) {
	rows, err := uncached(ctx, s, func(ctx context.Context) ([]queries.RateUsage, error) {
		rows, err := s.read.UsageSince(ctx, queries.UsageSinceParams{Since: millis(since), Node: node})
		return rows, failure("usage", err)
	})
	if err != nil {
		return nil, err
	}
	list := make([]Usage, 0, len(rows))
	for _, row := range rows {
		list = append(list, Usage{Node: row.Node, Round: row.Round, At: instant(row.At), Used: row.Used})
	}
	return list, nil
}

// probe is the node of the row that Writable writes.
const probe = "probe"

// Writable makes something durable, to see whether that is possible.
func (s *Store) Writable(ctx context.Context) error {
	return s.Write(ctx, func(tx *Tx) error {
		return tx.do("probe", func(ctx context.Context, q *queries.Queries) error {
			return q.PutUsage(ctx, queries.PutUsageParams{Node: probe, At: millis(s.now())})
		})
	})
}
