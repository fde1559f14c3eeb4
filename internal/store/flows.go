package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Flow returns the authorization request with a selector, answered or not. It is
// never cached.
func (s *Store) Flow(ctx context.Context, selector string) (*core.Flow, error) {
	return uncached(ctx, s, func(ctx context.Context) (*core.Flow, error) {
		row, err := s.read.Flow(ctx, selector)
		return one(row, err, "flow", flowOf)
	})
}

// InsertFlow inserts an authorization request; its selector must be new.
func (tx *Tx) InsertFlow(f *core.Flow) error {
	return tx.do("flow", func(ctx context.Context, q *queries.Queries) error {
		return q.InsertFlow(ctx, queries.InsertFlowParams{
			Selector: f.Selector, Hash: f.Hash, Pushed: f.Pushed, ClientID: f.ClientID, PushedAs: f.PushedAs,
			SessionID: f.SessionID, Request: marshal(&f.Request), Chosen: f.Chosen, CreatedAt: tx.createdAt(f.CreatedAt),
			ExpiresAt: millis(f.ExpiresAt),
		})
	})
}

// UpdateFlow stores SessionID and Chosen of a flow that is not answered yet.
func (tx *Tx) UpdateFlow(f *core.Flow) error {
	return tx.do("flow", func(ctx context.Context, q *queries.Queries) error {
		_, err := q.UpdateFlow(ctx, queries.UpdateFlowParams{Selector: f.Selector, SessionID: f.SessionID, Chosen: f.Chosen})
		return err
	})
}

// FinishFlow marks a flow as answered. It reports false when it is unknown or
// answered already.
func (tx *Tx) FinishFlow(selector string, now time.Time) (ok bool, err error) {
	err = tx.do("flow", func(ctx context.Context, q *queries.Queries) error {
		rows, err := q.FinishFlow(ctx, queries.FinishFlowParams{Selector: selector, At: millis(now)})
		ok = rows > 0
		return err
	})
	return ok, err
}

func flowOf(row queries.Flow) (*core.Flow, error) {
	var d decoder
	f := &core.Flow{
		Selector: row.Selector, Hash: row.Hash, Pushed: row.Pushed, ClientID: row.ClientID, PushedAs: row.PushedAs,
		SessionID: row.SessionID, Chosen: row.Chosen, CreatedAt: instant(row.CreatedAt), ExpiresAt: instant(row.ExpiresAt),
		DoneAt: instant(row.DoneAt),
	}
	d.into("request", row.Request, &f.Request)
	return f, d.err
}
