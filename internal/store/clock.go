package store

import (
	"context"
	"time"
)

// ClockOffset compares the clock of this process with that of the PostgreSQL
// server, which all nodes share: positive when ours is ahead. The true offset is
// within the second duration of the first. SQLite has no clock of its own, and no
// other node: 0, 0.
func (s *Store) ClockOffset(ctx context.Context) (offset, within time.Duration, err error) {
	if s.engine == SQLite {
		return 0, 0, nil
	}
	ctx, done := s.readContext(ctx)
	defer done()
	var theirs int64
	before := s.now()
	err = s.reads.QueryRowContext(ctx, "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000)::BIGINT").Scan(&theirs)
	if err != nil {
		return 0, 0, failure("clock", err)
	}
	within = s.now().Sub(before) / 2
	return before.Add(within).Sub(time.UnixMicro(theirs)), within, nil
}

// LastEvent returns the time of the newest audit record; zero when there is none.
func (s *Store) LastEvent(ctx context.Context) (time.Time, error) {
	events, err := s.Events(ctx, EventFilter{Limit: 1})
	if err != nil || len(events) == 0 {
		return time.Time{}, err
	}
	return events[0].At, nil
}
