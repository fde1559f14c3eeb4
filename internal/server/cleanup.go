package server

import (
	"context"
	"time"
)

// How often expired rows are removed, how many in one write, and how long a row
// is kept after it expired, for whoever looks into what happened.
const (
	cleanUpEvery  = 10 * time.Minute
	cleanUpBatch  = 500
	cleanUpPause  = 200 * time.Millisecond
	keepExpired   = 24 * time.Hour
	cleanUpRounds = 1000
)

// cleanUp removes what nothing needs any more, in small batches, until ctx ends.
func (s *Server) cleanUp(ctx context.Context) {
	for pause(ctx, cleanUpEvery) {
		expired := s.environment.Now().Add(-keepExpired)
		for range cleanUpRounds {
			deleted, err := s.Store.Cleanup(ctx, expired, time.Time{}, cleanUpBatch)
			if err != nil {
				if ctx.Err() == nil {
					s.log.Warn("clean-up failed; it will be tried again", "error", err)
				}
				break
			}
			if deleted < cleanUpBatch || !pause(ctx, cleanUpPause) {
				break
			}
		}
	}
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
