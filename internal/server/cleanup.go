package server

import (
	"context"
	"log/slog"
	"time"

	"claviger/internal/core"
	"claviger/internal/endpoints"
	"claviger/internal/store"
)

// pace is how rows are removed: in batches that keep the database busy for a moment
// only, after each of which it rests some times as long. Batches begin small and
// grow while they are quick. On a machine that has more to do than it can, even the
// least take long; they go on, or the database would grow.
type pace struct {
	busy        time.Duration
	rest        int
	least, most int // rows
}

// paces has one for each engine: on SQLite everything that is written waits for a
// batch, on PostgreSQL nothing does.
var paces = map[string]pace{
	store.SQLite:   {busy: 2 * time.Millisecond, rest: 5, least: 50, most: 1000},
	store.Postgres: {busy: 15 * time.Millisecond, rest: 3, least: 200, most: 2000},
}

// Bounds of a rest.
const (
	cleanUpShort = 5 * time.Millisecond
	cleanUpLong  = 50 * time.Millisecond
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
	pace := paces[c.store.Engine()]
	for size := pace.least; ; {
		deleted, took, err := sweep.Clear(ctx, table, before, size)
		if err != nil {
			return err
		}
		c.metrics.Removed(table, deleted, took)
		if deleted < int64(size) {
			break
		}
		size = pace.next(size, took)
		if !pause(ctx, min(max(cleanUpShort, time.Duration(pace.rest)*took), cleanUpLong)) {
			return ctx.Err()
		}
	}
	overdue, err := c.store.Overdue(ctx, table, before)
	if err != nil {
		return err
	}
	c.metrics.Overdue(table, overdue)
	return nil
}

// next is how many rows to remove after so many took so long.
func (p pace) next(size int, took time.Duration) int {
	switch {
	case took > p.busy:
		size = int(float64(size) * max(0.25, float64(p.busy)/float64(took)))
	case took < p.busy/2:
		size += size / 2
	}
	return min(max(size, p.least), p.most)
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
