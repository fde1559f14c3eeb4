package limit

import (
	"math"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"claviger/internal/core"
	"claviger/oauth"
)

// Kind is what a budget belongs to.
type Kind uint8

// Kinds of budgets.
const (
	Source  Kind = iota // an IPv4 address, a /64 of IPv6
	Client              // by client_id
	Key                 // an API key
	Account             // an account, or the subject where there is none
	kinds
)

// String is the name of the kind, for metrics and between nodes.
func (k Kind) String() string { return [...]string{"source", "client", "api_key", "account"}[k] }

// Kinds returns every kind.
func Kinds() []Kind { return []Kind{Source, Client, Key, Account} }

// Budgets are requests a minute by Kind; 0 is no limit.
type Budgets [kinds]int

// maxBuckets bounds the memory. What is idle for two minutes is forgotten, when its
// budget is full again anyway.
const maxBuckets = 200_000

// Limiter holds the budgets of one node. The methods of a nil Limiter allow
// everything.
type Limiter struct {
	budgets Budgets
	now     func() time.Time
	buckets *otter.Cache[id, *bucket]
	full    [kinds]func() (*bucket, bool) // makes a new bucket
	refused [kinds]atomic.Int64

	shared bool // there are other nodes to tell
	mu     sync.Mutex
	loud   []id // what has used enough of its budget to be told
}

// id names a bucket. An address is kept as such: making text of it would cost an
// allocation for each request.
type id struct {
	kind    Kind
	name    string
	network netip.Addr
}

// bucket is a budget, with what was used of it and not told yet.
type bucket struct {
	*rate.Limiter
	untold atomic.Int64
}

// New returns a limiter with full budgets. shared: there are other nodes, so keep
// what Used returns.
func New(budgets Budgets, shared bool, now func() time.Time) *Limiter {
	l := &Limiter{
		budgets: budgets, now: now, shared: shared,
		buckets: otter.Must(&otter.Options[id, *bucket]{
			MaximumSize:      maxBuckets,
			ExpiryCalculator: otter.ExpiryAccessing[id, *bucket](2 * time.Minute),
		}),
	}
	for kind := range kinds {
		perMinute := budgets[kind]
		l.full[kind] = func() (*bucket, bool) {
			return &bucket{Limiter: rate.NewLimiter(rate.Limit(perMinute)/60, perMinute)}, false
		}
	}
	return l
}

// Source takes a request from the budget of an address, before anybody knows whose
// it is. Beyond it: ReasonRateLimited, with Retry-After in seconds, as for every
// budget.
func (l *Limiter) Source(address string) error {
	if l == nil || l.budgets[Source] == 0 || address == "" {
		return nil
	}
	return l.take(sourceOf(address))
}

// sourceOf names the bucket of an address: of IPv6 the network, whose holder
// chooses the other half. What is no address is taken as it is.
func sourceOf(address string) id {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return id{kind: Source, name: address}
	}
	if ip = ip.Unmap().WithZone(""); ip.Is6() {
		ip = netip.PrefixFrom(ip, 64).Masked().Addr()
	}
	return id{kind: Source, network: ip}
}

// Caller takes a request from the budget of a client, or of an API key in its
// place, that has proved to be that.
func (l *Limiter) Caller(c *core.Client, k *core.APIKey) error {
	switch {
	case l == nil:
		return nil
	case c != nil:
		return l.named(Client, c.ID)
	case k != nil:
		return l.named(Key, k.ID)
	}
	return nil
}

// Request takes a request from the budgets of the client or key of an
// authorization, and of its account (CP-12), or of its subject where it has none.
func (l *Limiter) Request(a *core.Authorization) error {
	if l == nil {
		return nil
	}
	if err := l.Caller(a.Client, a.Key); err != nil {
		return err
	}
	if a.Account != nil {
		return l.named(Account, a.Account.ID)
	}
	_, subject := a.Subject()
	return l.named(Account, subject)
}

func (l *Limiter) named(kind Kind, name string) error {
	if l.budgets[kind] == 0 || name == "" {
		return nil
	}
	return l.take(id{kind: kind, name: name})
}

func (l *Limiter) take(i id) error {
	b, now := l.bucket(i), l.now()
	if b.AllowN(now, 1) {
		l.note(i, b)
		return nil
	}
	l.refused[i.kind].Add(1)
	reservation := b.ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	reservation.CancelAt(now)
	seconds := strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
	return oauth.NewError(oauth.ReasonRateLimited).With("Retry-After", seconds)
}

func (l *Limiter) bucket(i id) *bucket {
	if b, ok := l.buckets.GetIfPresent(i); ok {
		return b
	}
	b, _ := l.buckets.ComputeIfAbsent(i, l.full[i.kind])
	return b
}

// Refused returns how many requests were beyond a budget of a kind.
func (l *Limiter) Refused(kind Kind) int64 {
	if l == nil {
		return 0
	}
	return l.refused[kind].Load()
}
