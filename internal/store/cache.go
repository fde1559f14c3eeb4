package store

import (
	"context"
	"time"

	"github.com/maypok86/otter/v2"

	"claviger/internal/core"
)

// Bounds of what is done on PostgreSQL, waiting for a connection included.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
)

// cacheSize bounds each cache, in entries.
const cacheSize = 10_000

// pair is a key of two parts.
type pair struct{ a, b string }

// keyWithSecret is what a digest finds.
type keyWithSecret struct {
	key    *core.APIKey
	secret *core.Secret
}

// caches holds what is read on most requests and written seldom.
type caches struct {
	clients             *cache[string, *core.Client]
	organisations       *cache[string, *core.Organisation]
	organisationsByCode *cache[string, *core.Organisation]
	accounts            *cache[string, *core.Account]
	accountsByNumber    *cache[int64, *core.Account]
	accountsOf          *cache[string, []*core.Account]
	users               *cache[string, *core.User]
	serviceAccounts     *cache[pair, *core.User]
	people              *cache[string, *core.User]
	roles               *cache[string, *core.Role]
	rolesByCode         *cache[pair, *core.Role]
	permissions         *cache[string, *core.Permission]
	membershipsOf       *cache[string, []*core.Membership]
	membersOf           *cache[pair, []*core.Membership]
	keys                *cache[string, *core.APIKey]
	keysByDigest        *cache[string, keyWithSecret]
	secrets             *cache[string, []core.Secret]
	consents            *cache[string, *core.Consent]
}

func newCaches() caches {
	return caches{
		clients:             newCache[string, *core.Client](),
		organisations:       newCache[string, *core.Organisation](),
		organisationsByCode: newCache[string, *core.Organisation](),
		accounts:            newCache[string, *core.Account](),
		accountsByNumber:    newCache[int64, *core.Account](),
		accountsOf:          newCache[string, []*core.Account](),
		users:               newCache[string, *core.User](),
		serviceAccounts:     newCache[pair, *core.User](),
		people:              newCache[string, *core.User](),
		roles:               newCache[string, *core.Role](),
		rolesByCode:         newCache[pair, *core.Role](),
		permissions:         newCache[string, *core.Permission](),
		membershipsOf:       newCache[string, []*core.Membership](),
		membersOf:           newCache[pair, []*core.Membership](),
		keys:                newCache[string, *core.APIKey](),
		keysByDigest:        newCache[string, keyWithSecret](),
		secrets:             newCache[string, []core.Secret](),
		consents:            newCache[string, *core.Consent](),
	}
}

// entry is a value and the generation of the cache at the time it was read.
type entry[V any] struct {
	value      V
	generation uint64
}

// cache keeps values until the generation moves on. Absence is not kept.
type cache[K comparable, V any] struct {
	entries *otter.Cache[K, entry[V]]
}

func newCache[K comparable, V any]() *cache[K, V] {
	return &cache[K, V]{entries: otter.Must(&otter.Options[K, entry[V]]{MaximumSize: cacheSize})}
}

// get returns the value under key, loading it when it is missing or from an
// earlier generation. The stamp is taken before the load: a change that races
// with it leaves an entry that is already out of date, never a stale one.
func (c *cache[K, V]) get(ctx context.Context, s *Store, key K, load func(context.Context) (V, error)) (V, error) {
	now := s.generation.Load()
	if found, ok := c.entries.GetIfPresent(key); ok && found.generation == now {
		return found.value, nil
	}
	value, err := uncached(ctx, s, load)
	if err == nil {
		c.entries.Set(key, entry[V]{value, now})
	}
	return value, err
}

// uncached runs a read within the bounds of one.
func uncached[V any](ctx context.Context, s *Store, load func(context.Context) (V, error)) (V, error) {
	if err := ctx.Err(); err != nil {
		var none V
		return none, failure("read", err)
	}
	ctx, done := s.readContext(ctx)
	defer done()
	return load(ctx)
}

// readContext bounds a read. SQLite's are local, wait for nobody and would pay
// a goroutine each for being cancellable.
func (s *Store) readContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if s.engine == SQLite {
		return context.WithoutCancel(ctx), func() {}
	}
	return context.WithTimeout(ctx, readTimeout)
}

// Generation changes whenever something that is cached may have changed, on
// this node or, within PollInterval, on another. Whoever keeps what it made
// from the store compares it to know when to make it again.
func (s *Store) Generation() uint64 { return s.generation.Load() }

// invalidate makes every cached entry out of date.
func (s *Store) invalidate() { s.generation.Add(1) }
