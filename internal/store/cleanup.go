package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// Cleanup deletes at most limit rows of each growing table that nothing needs
// any more: tokens, grants, codes, flows and sessions that expired before expired, events from
// before audited (zero: keep them). It returns how many rows went; call it
// again, with pauses, while that is limit or more.
func (s *Store) Cleanup(ctx context.Context, expired, audited time.Time, limit int) (deleted int64, err error) {
	err = s.Write(ctx, func(tx *Tx) error {
		return tx.do("clean-up", func(ctx context.Context, q *queries.Queries) error {
			deleted, err = cleanup(ctx, q, expired, audited, int32(limit))
			return err
		})
	})
	return deleted, err
}

func cleanup(ctx context.Context, q *queries.Queries, expired, audited time.Time, limit int32) (int64, error) {
	tokens, err := q.DeleteExpiredRefreshTokens(ctx, queries.DeleteExpiredRefreshTokensParams{
		Before: millis(expired), Most: limit})
	if err != nil {
		return 0, err
	}
	grants, err := q.DeleteExpiredGrants(ctx, queries.DeleteExpiredGrantsParams{Before: millis(expired), Most: limit})
	if err != nil {
		return 0, err
	}
	browser, err := cleanupBrowser(ctx, q, millis(expired), limit)
	if err != nil || audited.IsZero() {
		return tokens + grants + browser, err
	}
	events, err := q.DeleteEvents(ctx, queries.DeleteEventsParams{
		Before: core.NewID(core.PrefixEvent, audited, zeros{}), Most: limit})
	return tokens + grants + browser + events, err
}

// cleanupBrowser clears what the browser flow leaves behind.
func cleanupBrowser(ctx context.Context, q *queries.Queries, before int64, most int32) (deleted int64, err error) {
	for _, clear := range []func() (int64, error){
		func() (int64, error) {
			return q.DeleteExpiredCodes(ctx, queries.DeleteExpiredCodesParams{Before: before, Most: most})
		},
		func() (int64, error) {
			return q.DeleteExpiredFlows(ctx, queries.DeleteExpiredFlowsParams{Before: before, Most: most})
		},
		func() (int64, error) {
			return q.DeleteExpiredOneTimeCodes(ctx, queries.DeleteExpiredOneTimeCodesParams{Before: before, Most: most})
		},
		func() (int64, error) {
			return q.DeleteExpiredSessionClients(ctx, queries.DeleteExpiredSessionClientsParams{Before: before, Most: most})
		},
		func() (int64, error) {
			return q.DeleteExpiredSessions(ctx, queries.DeleteExpiredSessionsParams{Before: before, Most: most})
		},
	} {
		rows, err := clear()
		if err != nil {
			return 0, err
		}
		deleted += rows
	}
	return deleted, nil
}

// zeros makes the lowest id of a time.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}
