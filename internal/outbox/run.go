package outbox

import (
	"context"
	"errors"
	"sync"
	"time"

	"claviger/internal/core"
)

const (
	lookEvery = 5 * time.Second
	batch     = 50 // deliveries read at once
	parallel  = 4  // attempts at once, of each queue
)

// queue is one kind of deliveries. Logouts have their own, so that clients that
// are slow to answer hold up no message.
type queue struct {
	due  func(ctx context.Context, now time.Time, limit int) ([]*core.Delivery, error)
	send func(ctx context.Context, d *core.Delivery) error
	wake chan struct{} // holds one
}

func (o *Outbox) all() []*queue {
	o.once.Do(func() {
		o.queues = []*queue{
			{due: o.Store.DueMessages, send: o.sendMessage, wake: make(chan struct{}, 1)},
			{due: o.Store.DueLogouts, send: o.sendLogout, wake: make(chan struct{}, 1)},
		}
	})
	return o.queues
}

// Wake has Run look at once. Call it after the commit of what was queued.
func (o *Outbox) Wake() {
	for _, q := range o.all() {
		select {
		case q.wake <- struct{}{}:
		default: // it is about to look
		}
	}
}

// Run delivers until ctx ends: when it is woken, and every few seconds what is
// due again or was queued elsewhere. What it has begun by then it finishes, for
// at most a few seconds; the store must stay open until it returns.
func (o *Outbox) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, q := range o.all() {
		running.Go(func() { o.run(ctx, q) })
	}
	running.Wait()
}

func (o *Outbox) run(ctx context.Context, q *queue) {
	interval := o.interval
	if interval == 0 {
		interval = lookEvery
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		for more := true; more; {
			read, _, err := o.round(ctx, q)
			if err != nil && ctx.Err() == nil {
				o.Log.Warn("the queue of deliveries failed; it will be tried again", "error", err)
			}
			more = read == batch && err == nil && ctx.Err() == nil
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-q.wake:
		}
	}
}

// Deliver makes one round: it tries what is due, at most 50 messages and 50
// logouts. It returns how many have left; err is of the store alone.
func (o *Outbox) Deliver(ctx context.Context) (sent int, err error) {
	for _, q := range o.all() {
		_, left, failed := o.round(ctx, q)
		sent, err = sent+left, errors.Join(err, failed)
	}
	return sent, err
}

func (o *Outbox) round(ctx context.Context, q *queue) (read, sent int, err error) {
	due, err := q.due(ctx, o.Now(), batch)
	if err != nil {
		return 0, 0, err
	}
	var working sync.WaitGroup
	var mu sync.Mutex // of sent and err
	slots := make(chan struct{}, parallel)
	for _, d := range due {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			left, failed := o.deliver(ctx, q, d)
			mu.Lock()
			defer mu.Unlock()
			if left {
				sent++
			}
			err = errors.Join(err, failed)
		})
	}
	working.Wait()
	return len(due), sent, err
}
