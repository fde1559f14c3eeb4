package store

import (
	"context"
	"fmt"
	"sync/atomic"

	"claviger/oauth"
)

const (
	queueLength = 1024 // jobs that may wait; more are refused
	groupLength = 256  // jobs in one commit
)

// request is a job on its way through a writer.
type request struct {
	job   func(*Tx) error
	state atomic.Int32
	err   error
	done  chan error
}

// States of a request: who gets it out of waiting first has it.
const (
	waiting int32 = iota
	taken
	withdrawn
)

// Write runs job in a transaction, together with whatever other jobs wait, and
// returns when the outcome is durable. When job fails, nothing of it remains.
//
// The job runs on a writer that others wait for: it must do nothing slow and
// must not call the Store, only its Tx. It may be run again after the database
// undid it, so it must set what it captures rather than add to it. A ctx that
// ends while the job waits withdraws it; once taken, the true outcome is told.
//
// It fails with an *oauth.Error of status 503 when the queue is full or the
// database is away.
func (s *Store) Write(ctx context.Context, job func(*Tx) error) error {
	r := &request{job: job, done: make(chan error, 1)}
	if err := s.enqueue(ctx, r); err != nil {
		return err
	}
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.state.CompareAndSwap(waiting, withdrawn) {
			return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: withdrawn from the queue: %w", context.Cause(ctx)))
		}
		return <-r.done
	}
}

func (s *Store) enqueue(ctx context.Context, r *request) error {
	s.gate.RLock()
	defer s.gate.RUnlock()
	if s.closed {
		return unavailable(oauth.ReasonUnavailable, ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return unavailable(oauth.ReasonUnavailable, fmt.Errorf("store: not queued: %w", context.Cause(ctx)))
	}
	select {
	case s.queue <- r:
		return nil
	default:
		return unavailable(oauth.ReasonOverloaded, fmt.Errorf("store: %d jobs are waiting to be written", queueLength))
	}
}
