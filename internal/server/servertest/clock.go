package servertest

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Start is when the clock of every test server starts.
var Start = time.Date(2026, time.March, 2, 9, 30, 0, 0, time.UTC)

// Clock stands still until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the time of the clock.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// random is a random source that repeats; it is for many goroutines at once.
type random struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

func newRandom(seed string) *random {
	r := &random{}
	r.reseed(seed)
	return r
}

func (r *random) reseed(seed string) {
	var key [32]byte
	copy(key[:], seed)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.source = rand.NewChaCha8(key)
}

func (r *random) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.source.Read(p)
}
