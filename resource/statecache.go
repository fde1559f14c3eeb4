package resource

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"sync"
	"time"
)

const maxStates = 10_000 // that a cache holds, in two generations

// stateKey is a hash, so that no credential is kept and a long one costs no more.
type stateKey [sha256.Size]byte

func stateKeyOf(parts ...string) (key stateKey) {
	sum := sha256.New()
	var size [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		sum.Write(size[:])
		sum.Write([]byte(part))
	}
	sum.Sum(key[:0])
	return key
}

// stateCache keeps what the server said for a short time. Of those who ask the
// same at once, one asks the server. Errors are not kept.
type stateCache[V any] struct {
	now func() time.Time

	mu         sync.Mutex
	young, old map[stateKey]state[V] // when young is full it becomes old, and what was old is dropped
	asking     map[stateKey]*question[V]
}

type state[V any] struct {
	value V
	until time.Time
	since time.Time
}

// question is one that is being asked; value and err are set before done closes.
type question[V any] struct {
	done  chan struct{}
	value V
	err   error
}

func newStateCache[V any](now func() time.Time) *stateCache[V] {
	return &stateCache[V]{now: now, young: map[stateKey]state[V]{}, asking: map[stateKey]*question[V]{}}
}

// get returns what is known for a key, or asks: for the value and how long it
// may be kept. A caller that gives up does not cancel it for the others.
func (c *stateCache[V]) get(ctx context.Context, key stateKey, ask func(context.Context) (V, time.Duration, error)) (V, error) {
	c.mu.Lock()
	if s, ok := c.find(key); ok {
		c.mu.Unlock()
		return s.value, nil
	}
	q := c.asking[key]
	if q == nil {
		q = &question[V]{done: make(chan struct{})}
		c.asking[key] = q
		go c.ask(context.WithoutCancel(ctx), key, q, ask)
	}
	c.mu.Unlock()
	select {
	case <-q.done:
		return q.value, q.err
	case <-ctx.Done():
		var none V
		return none, unavailable(ctx.Err())
	}
}

func (c *stateCache[V]) find(key stateKey) (state[V], bool) {
	s, ok := c.young[key]
	if !ok {
		s, ok = c.old[key]
	}
	now := c.now()
	return s, ok && now.Before(s.until) && !now.Before(s.since)
}

func (c *stateCache[V]) ask(ctx context.Context, key stateKey, q *question[V], ask func(context.Context) (V, time.Duration, error)) {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	asked := c.now() // what is said may have changed while it was on its way
	value, keep, err := ask(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	q.value, q.err = value, err
	delete(c.asking, key)
	close(q.done)
	if err != nil || keep <= 0 {
		return
	}
	if len(c.young) >= maxStates/2 {
		c.old, c.young = c.young, map[stateKey]state[V]{}
	}
	c.young[key] = state[V]{value: value, since: asked, until: asked.Add(keep)}
}
