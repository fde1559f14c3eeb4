package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// DueMessages returns at most limit deliveries other than logouts that are due
// at now, the oldest first. None of them is taken yet: see Tx.ClaimDelivery.
func (s *Store) DueMessages(ctx context.Context, now time.Time, limit int) ([]*core.Delivery, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Delivery, error) {
		rows, err := s.read.DueMessages(ctx, queries.DueMessagesParams{Now: millis(now), Most: int32(limit)})
		return each(rows, err, "deliveries", deliveryOf)
	})
}

// DueLogouts is DueMessages for logouts.
func (s *Store) DueLogouts(ctx context.Context, now time.Time, limit int) ([]*core.Delivery, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Delivery, error) {
		rows, err := s.read.DueLogouts(ctx, queries.DueLogoutsParams{Now: millis(now), Most: int32(limit)})
		return each(rows, err, "deliveries", deliveryOf)
	})
}

// InsertDelivery queues a delivery, due at NextAt (zero: now).
func (tx *Tx) InsertDelivery(d *core.Delivery) error {
	tx.fillID(&d.ID, core.PrefixDelivery)
	return tx.do("delivery", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertDelivery(ctx, queries.InsertDeliveryParams{
			ID: d.ID, Kind: d.Kind, Sealed: d.Sealed, NextAt: tx.createdAt(d.NextAt), CreatedAt: tx.createdAt(d.CreatedAt),
			ExpiresAt: millis(d.ExpiresAt),
		})
	})
}

// ClaimDelivery takes a delivery, as it was read, until a moment at which others
// may take it again, and counts an attempt. It reports false when somebody else
// has taken it.
func (tx *Tx) ClaimDelivery(d *core.Delivery, until time.Time) (ok bool, err error) {
	err = tx.do("delivery", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.ClaimDelivery(ctx, queries.ClaimDeliveryParams{ID: d.ID, Seen: millis(d.NextAt), Until: millis(until)})
		ok = rows > 0
		return err
	})
	return ok, err
}

// PostponeDelivery sets when a delivery is tried again, and why that is needed.
func (tx *Tx) PostponeDelivery(id string, nextAt time.Time, lastError string) error {
	return tx.do("delivery", func(ctx context.Context, q *queries.Queries) error {
		return q.PostponeDelivery(ctx, queries.PostponeDeliveryParams{ID: id, NextAt: millis(nextAt), LastError: lastError})
	})
}

// DeleteDelivery removes a delivery that has left, or that is given up.
func (tx *Tx) DeleteDelivery(id string) error {
	return tx.do("delivery", func(ctx context.Context, q *queries.Queries) error { return q.DeleteDelivery(ctx, id) })
}

func deliveryOf(row queries.Delivery) (*core.Delivery, error) {
	return &core.Delivery{
		ID: row.ID, Kind: row.Kind, Sealed: row.Sealed, Attempts: row.Attempts, NextAt: instant(row.NextAt),
		CreatedAt: instant(row.CreatedAt), ExpiresAt: instant(row.ExpiresAt), LastError: row.LastError,
	}, nil
}
