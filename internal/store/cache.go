package store

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"claviger/internal/core"
)

// Bounds of what is done on PostgreSQL, waiting for a connection included.
const (
	readTimeout  = 5 * time.Second
	writeTimeout = 10 * time.Second
)

// defaultCacheEntries bounds the cache unless it is told otherwise.
const defaultCacheEntries = 100_000

// pair is a key of two parts.
type pair struct{ a, b string }

// keyWithSecret is what a digest finds.
type keyWithSecret struct {
	key    *core.APIKey
	secret *core.Secret
}

// clientOrKey is what a client_id names: one of them.
type clientOrKey struct {
	client *core.Client
	key    *core.APIKey
}

// caches holds what is read on most requests and written seldom.
type caches struct {
	clients             cache[string, *core.Client]
	byClientID          cache[string, clientOrKey]
	organisations       cache[string, *core.Organisation]
	organisationsByCode cache[string, *core.Organisation]
	accounts            cache[string, *core.Account]
	accountsByNumber    cache[int64, *core.Account]
	accountsOf          cache[string, []*core.Account]
	users               cache[string, *core.User]
	serviceAccounts     cache[pair, *core.User]
	people              cache[string, *core.User]
	roles               cache[string, *core.Role]
	rolesByCode         cache[pair, *core.Role]
	permissions         cache[string, *core.Permission]
	membershipsOf       cache[string, []*core.Membership]
	membersOf           cache[pair, []*core.Membership]
	keys                cache[string, *core.APIKey]
	keysByDigest        cache[string, keyWithSecret]
	secrets             cache[string, []core.Secret]
	consents            cache[string, *core.Consent]
	origins             cache[string, map[string]bool] // one entry, all of them
	restoredAt          cache[string, time.Time]       // one entry
	grants              cache[string, *core.Grant]     // nil: it has no row
}

// newCaches returns caches of so many entries together. They are out of date when
// changes moves on; those of grants, when ends does.
func newCaches(size int, changes, ends *atomic.Uint64) caches {
	m := newMemory(size)
	return caches{
		clients:             cache[string, *core.Client]{"clients", m, changes},
		byClientID:          cache[string, clientOrKey]{"byClientID", m, changes},
		organisations:       cache[string, *core.Organisation]{"organisations", m, changes},
		organisationsByCode: cache[string, *core.Organisation]{"organisationsByCode", m, changes},
		accounts:            cache[string, *core.Account]{"accounts", m, changes},
		accountsByNumber:    cache[int64, *core.Account]{"accountsByNumber", m, changes},
		accountsOf:          cache[string, []*core.Account]{"accountsOf", m, changes},
		users:               cache[string, *core.User]{"users", m, changes},
		serviceAccounts:     cache[pair, *core.User]{"serviceAccounts", m, changes},
		people:              cache[string, *core.User]{"people", m, changes},
		roles:               cache[string, *core.Role]{"roles", m, changes},
		rolesByCode:         cache[pair, *core.Role]{"rolesByCode", m, changes},
		permissions:         cache[string, *core.Permission]{"permissions", m, changes},
		membershipsOf:       cache[string, []*core.Membership]{"membershipsOf", m, changes},
		membersOf:           cache[pair, []*core.Membership]{"membersOf", m, changes},
		keys:                cache[string, *core.APIKey]{"keys", m, changes},
		keysByDigest:        cache[string, keyWithSecret]{"keysByDigest", m, changes},
		secrets:             cache[string, []core.Secret]{"secrets", m, changes},
		consents:            cache[string, *core.Consent]{"consents", m, changes},
		origins:             cache[string, map[string]bool]{"origins", m, changes},
		restoredAt:          cache[string, time.Time]{"restoredAt", m, changes},
		grants:              cache[string, *core.Grant]{"grants", m, ends},
	}
}

// cacheKey finds an entry: what kind of look-up it is, and its one or two parts.
type cacheKey struct{ kind, a, b string }

// entry is a value and the generation of the cache at the time it was read.
type entry struct {
	value      any
	generation uint64
}

// memory is the one bounded cache behind all look-ups. It is reached through
// functions, so that a package that uses the store does not compile the cache
// library's generic code again: that took half a minute for each of them.
type memory struct {
	get func(cacheKey) (entry, bool)
	set func(cacheKey, entry)
}

func newMemory(size int) *memory {
	entries := otter.Must(&otter.Options[cacheKey, entry]{MaximumSize: size})
	return &memory{
		get: entries.GetIfPresent,
		set: func(key cacheKey, e entry) { entries.Set(key, e) },
	}
}

// cache keeps the values of one kind of look-up until their generation moves on.
// Absence is not kept.
type cache[K string | int64 | pair, V any] struct {
	kind       string
	memory     *memory
	generation *atomic.Uint64
}

func (c cache[K, V]) key(k K) cacheKey {
	switch k := any(k).(type) {
	case string:
		return cacheKey{c.kind, k, ""}
	case int64:
		return cacheKey{c.kind, strconv.FormatInt(k, 10), ""}
	case pair:
		return cacheKey{c.kind, k.a, k.b}
	}
	panic("store: a cache key of another type")
}

// get returns the value under key, loading it when it is missing or from an
// earlier generation. The stamp is taken before the load: a change that races
// with it leaves an entry that is already out of date, never a stale one.
func (c cache[K, V]) get(ctx context.Context, s *Store, k K, load func(context.Context) (V, error)) (V, error) {
	now, key := c.generation.Load(), c.key(k)
	if found, ok := c.memory.get(key); ok && found.generation == now {
		return found.value.(V), nil
	}
	value, err := uncached(ctx, s, load)
	if err == nil {
		c.memory.set(key, entry{value, now})
	}
	return value, err
}

// uncached runs a read within the bounds of one. A read of two tables may get into
// the way of a migration that changes both, which PostgreSQL ends by refusing one of
// them (R19).
func uncached[V any](ctx context.Context, s *Store, load func(context.Context) (V, error)) (value V, err error) {
	if err := ctx.Err(); err != nil {
		return value, failure("read", err)
	}
	ctx, done := s.readContext(ctx)
	defer done()
	for range attempts {
		if value, err = load(ctx); !rerunnable(err) {
			break
		}
	}
	return value, err
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

// invalidate makes every cached entry but grants out of date.
func (s *Store) invalidate() { s.generation.Add(1) }

// forgetGrants makes every cached grant out of date.
func (s *Store) forgetGrants() { s.ends.Add(1) }
