package resource

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"claviger/oauth"
)

const (
	minFetch   = 5 * time.Second // between two fetches of the keys, whatever asks for them (C11)
	unknownFor = time.Minute     // how long a kid that the server does not have is remembered
	maxUnknown = 1000            // such kids
)

var errUnknownKey = errors.New("the token names no key of the server")

// keySet is the keys of the server, in memory. They are fetched when first needed,
// again in the background when they are older than maxAge, and at once for a kid
// that is not among them, but never twice within minFetch.
type keySet struct {
	fetch            func(context.Context) ([]byte, error)
	maxAge, maxStale time.Duration
	now              func() time.Time
	log              *slog.Logger

	current atomic.Pointer[keyring] // nil: none yet

	mu      sync.Mutex
	tried   time.Time            // when the last fetch began
	failed  bool                 // how it ended
	running chan struct{}        // closed when the fetch that is under way ends; nil: none
	unknown map[string]time.Time // kid -> since when it is known that there is none
}

// keyring is what one fetch brought. It never changes.
type keyring struct {
	keys    map[string]publicKey
	fetched time.Time // when the fetch began
}

func newKeySet(c *Config, server *authority) *keySet {
	return &keySet{
		fetch: server.keys, maxAge: c.KeyCache, maxStale: c.KeyStale, now: c.Now, log: c.Log,
		unknown: map[string]time.Time{},
	}
}

// find returns the key with an id. The error is errUnknownKey, or
// ReasonUnavailable where the server had to be asked and did not answer.
func (s *keySet) find(ctx context.Context, id string) (publicKey, error) {
	keys, fetched, now := s.usable()
	if key, ok := keys[id]; ok {
		if !within(now, fetched, s.maxAge) {
			s.begin(now) // and go on with what is there meanwhile
		}
		return key, nil
	}
	if s.isUnknown(id, now) {
		return publicKey{}, errUnknownKey
	}
	running := s.begin(now)
	if running != nil {
		select {
		case <-running:
		case <-ctx.Done():
			return publicKey{}, unavailable(ctx.Err())
		}
	}
	keys, _, now = s.usable()
	if key, ok := keys[id]; ok {
		return key, nil
	}
	return publicKey{}, s.missing(keys, id, now, running != nil)
}

// usable returns the keys unless they are too old to be trusted, when they were
// fetched, and the time now, which is read last so that it is never before that.
func (s *keySet) usable() (keys map[string]publicKey, fetched, now time.Time) {
	ring := s.current.Load()
	now = s.now()
	if ring == nil || !within(now, ring.fetched, s.maxStale) {
		return nil, time.Time{}, now
	}
	return ring.keys, ring.fetched, now
}

// missing remembers a kid that was looked for and that the server does not have.
// Where there are no keys, or the last fetch failed, nothing is known about it.
func (s *keySet) missing(keys map[string]publicKey, id string, now time.Time, looked bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if keys == nil || s.failed {
		return unavailable(errors.New("the keys of the server could not be fetched"))
	}
	if !looked {
		return errUnknownKey
	}
	if len(s.unknown) >= maxUnknown {
		clear(s.unknown)
	}
	s.unknown[id] = now
	return errUnknownKey
}

func (s *keySet) isUnknown(id string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	since, ok := s.unknown[id]
	return ok && within(now, since, unknownFor)
}

// begin begins to fetch the keys, if nobody does and it is time. It returns what
// is closed when the fetch under way has ended; nil: there is none.
func (s *keySet) begin(now time.Time) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil && !within(now, s.tried, minFetch) {
		s.tried, s.running = now, make(chan struct{})
		go s.run(now, s.running)
	}
	return s.running
}

// run fetches the keys once. It is nobody's request, so none can cancel it.
func (s *keySet) run(now time.Time, done chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), maxWait)
	defer cancel()
	raw, err := s.fetch(ctx)
	var keys map[string]publicKey
	if err == nil {
		keys, err = parseKeys(raw)
	}
	if err != nil {
		s.log.Warn("the keys of the authorization server could not be fetched", "error", err)
	} else {
		s.current.Store(&keyring{keys: keys, fetched: now})
	}
	s.mu.Lock()
	s.failed, s.running = err != nil, nil
	s.mu.Unlock()
	close(done)
}

// within reports whether less than a time has passed. A clock that was set back
// counts as enough.
func within(now, since time.Time, d time.Duration) bool {
	passed := now.Sub(since)
	return passed >= 0 && passed < d
}

// unavailable is the answer where the server's word is needed and cannot be had:
// never an allowance.
func unavailable(cause error) *oauth.Error {
	return oauth.NewError(oauth.ReasonUnavailable).Because(cause).With("Retry-After", "1")
}
