package secret

import (
	"context"
	"runtime"
	"strconv"
	"sync/atomic"

	"claviger/oauth"
)

// Pool bounds how many slow hashes are computed at once and how many wait: each
// takes a core for 40 ms and 19 MiB, so without a bound a storm of sign-ins
// would starve every other request (E14, R22, R23).
type Pool struct {
	slots   chan struct{}
	queue   int64
	waiting atomic.Int64
}

const (
	queuePerWorker = 32 // 1.3 s of waiting at 40 ms each: longer, and the caller has given up
	retryAfter     = 2  // seconds: what a full queue needs to drain
)

// NewPool returns a pool of so many workers and so many that may wait. Zero
// workers means half of the processors, at least one: the other half is left to
// requests that need no slow hash. Zero queue means 32 for each worker.
func NewPool(workers, queue int) *Pool {
	if workers <= 0 {
		workers = max(1, runtime.GOMAXPROCS(0)/2)
	}
	if queue <= 0 {
		queue = queuePerWorker * workers
	}
	return &Pool{slots: make(chan struct{}, workers), queue: int64(queue)}
}

// Do runs work when a slot is free. It returns ReasonOverloaded (503 with
// Retry-After) at once when the queue is full, and the context's error when that
// ends first; work has then not been started.
func (p *Pool) Do(ctx context.Context, work func()) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := p.acquire(ctx); err != nil {
		return err
	}
	defer func() { <-p.slots }()
	work()
	return nil
}

func (p *Pool) acquire(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	defer p.waiting.Add(-1)
	if p.waiting.Add(1) > p.queue {
		return oauth.NewError(oauth.ReasonOverloaded).With("Retry-After", strconv.Itoa(retryAfter))
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Load returns how many hashes are being computed and how many callers wait.
func (p *Pool) Load() (running, waiting int) { return len(p.slots), int(p.waiting.Load()) }
