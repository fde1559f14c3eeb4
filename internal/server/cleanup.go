package server

import (
	"context"
	"log/slog"
	"time"

	"claviger/internal/core"
	"claviger/internal/endpoints"
	"claviger/internal/store"
)

// What is removed goes in batches that keep the database busy for a moment only:
// on SQLite everything that is written waits for them. After each, the database
// rests ten times as long. Batches begin small and grow while they are quick.
const (
	cleanUpBusy  = time.Millisecond
	cleanUpRest  = 10
	cleanUpPause = 5 * time.Millisecond // at least
	cleanUpFirst = 20                   // rows
	cleanUpLeast = 5
	cleanUpMost  = 1000
)

// keepExpired is how long a row is kept after it expired, for whoever looks into
// what happened.
const keepExpired = 24 * time.Hour

// cleaner removes what nothing needs any more.
type cleaner struct {
	store     *store.Store
	every     time.Duration
	retention time.Duration // of audit records; 0 keeps them
	metrics   *endpoints.CleanUpMetrics
	log       *slog.Logger
	now       func() time.Time
}

// run cleans up now and then until ctx ends. Of several nodes one does it.
func (c *cleaner) run(ctx context.Context) {
	for pause(ctx, c.every) {
		began := c.now()
		ran, err := c.store.Sweep(ctx, func(sweep *store.Sweep) error { return c.sweep(ctx, sweep) })
		switch {
		case err != nil && ctx.Err() == nil:
			c.log.Warn("clean-up failed; it will be tried again", "error", err)
		case ran && err == nil:
			c.metrics.Ran(began, c.now())
		}
	}
}

func (c *cleaner) sweep(ctx context.Context, sweep *store.Sweep) error {
	for _, table := range store.GrowingTables() {
		keep := keepExpired
		switch table {
		case store.TableAudit:
			keep = c.retention
		case store.TableUsage:
			keep = core.UsageKept * 24 * time.Hour
		}
		if keep == 0 {
			continue
		}
		if err := c.table(ctx, sweep, table, c.now().Add(-keep)); err != nil {
			return err
		}
	}
	return nil
}

// table clears one table.
func (c *cleaner) table(ctx context.Context, sweep *store.Sweep, table string, before time.Time) error {
	var longest time.Duration
	for size := cleanUpFirst; ; {
		deleted, took, err := sweep.Clear(ctx, table, before, size)
		if err != nil {
			return err
		}
		c.metrics.Removed(table, deleted)
		longest = max(longest, took)
		if deleted < int64(size) {
			break
		}
		size = nextBatch(size, took)
		if !pause(ctx, max(cleanUpPause, cleanUpRest*took)) {
			return ctx.Err()
		}
	}
	overdue, err := c.store.Overdue(ctx, table, before)
	if err != nil {
		return err
	}
	c.metrics.Table(table, overdue, longest)
	return nil
}

// nextBatch is how many rows to remove after so many took so long.
func nextBatch(size int, took time.Duration) int {
	switch {
	case took > cleanUpBusy:
		size = int(float64(size) * max(0.25, float64(cleanUpBusy)/float64(took)))
	case took < cleanUpBusy/2:
		size += size / 2
	}
	return min(max(size, cleanUpLeast), cleanUpMost)
}

// pause waits, and reports false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
