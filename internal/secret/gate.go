package secret

import (
	"container/list"
	"context"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"

	"claviger/oauth"
)

// Gate is the one gate against guessing that every way in passes: the password
// grant, key exchange, sign-in, codes, recovery (E09).
//
// An identity, whether it exists or not, has a budget of wrong tries in any
// sliding minute, and so has a source over all identities. A source that has
// been right for an identity has a budget of its own there instead of those two:
// nobody can lock the owner out (E07), and the source itself stays limited.
//
// A try counts from before its verification until it is settled, so that tries
// in parallel are counted exactly (E08): the one that could be too many waits
// for those before it, and right ones pass in any number.
type Gate struct {
	Now         func() time.Time
	Limit       int           // wrong tries of an identity in a window; the next one is refused
	SourceLimit int           // wrong tries of a source over all identities
	Window      time.Duration // that slides
	Known       time.Duration // how long a source that was right is remembered
	Size        int           // idle budgets, and known sources, that are kept
	Line        int           // callers that may wait; more are ReasonOverloaded

	mu      sync.Mutex
	waiting int // callers in all lines
	budgets map[budgetKey]*budget
	idle    list.List // of *budget that nobody uses, latest first
	known   map[budgetKey]*list.Element
	recent  list.List // of knownSource, latest first
}

// NewGate returns a gate with the limits of the server: 10 wrong tries a minute
// for an identity, 100 for a source, known sources for 30 days.
func NewGate(now func() time.Time) *Gate {
	return &Gate{
		Now: now, Limit: 10, SourceLimit: 100, Window: time.Minute, Known: 30 * 24 * time.Hour, Size: 100_000, Line: 256,
		budgets: map[budgetKey]*budget{}, known: map[budgetKey]*list.Element{},
	}
}

// budgetKey is a hash, so that a long identity costs no more than a short one.
type budgetKey [sha256.Size]byte

type knownSource struct {
	key     budgetKey
	expires time.Time
}

// Enter reserves a try. identity is a kind and the id as presented ("user:amy"),
// compared without case; source is the IP address, of which IPv6 counts as /64,
// or empty where there is none. The error is ReasonTooManyAttempts with
// Retry-After in seconds, ReasonOverloaded where too many wait already, or the
// context's when that ends while waiting. The
// caller settles the Try as soon as the verification has a result.
func (g *Gate) Enter(ctx context.Context, identity, source string) (*Try, error) {
	identity, source = fold(identity), network(source)
	pair := keyOf("known", identity, source)
	var woken *budget
	for {
		try, wait, turn, err := g.reserve(pair, identity, source, woken)
		if wait == nil {
			return try, err
		}
		select {
		case <-turn:
			woken = wait
		case <-ctx.Done():
			g.leave(wait, turn)
			return nil, ctx.Err()
		}
	}
}

// reserve takes a place in each budget that applies, or says which one to wait
// for. woken is the budget that the caller waited for until now: whatever the
// outcome, the next in its line is told.
func (g *Gate) reserve(pair budgetKey, identity, source string, woken *budget) (*Try, *budget, chan struct{}, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if woken != nil {
		g.waiting--
	}
	now := g.Now()
	try := &Try{gate: g, pair: pair, located: source != ""}
	if source != "" && g.isKnown(pair, now) {
		try.budgets = []*budget{g.take(pair, g.Limit)}
	} else {
		try.budgets = []*budget{g.take(keyOf("identity", identity), g.Limit)}
		if source != "" {
			try.budgets = append(try.budgets, g.take(keyOf("source", source), g.SourceLimit))
		}
	}
	defer func() {
		g.release(woken, now)
		for _, b := range try.budgets {
			g.putBack(b)
		}
	}()
	for _, b := range try.budgets {
		if b.prune(now.Add(-g.Window)); b.spent() {
			return nil, nil, nil, refusal(b.failures[0].Add(g.Window).Sub(now))
		}
	}
	for _, b := range try.budgets {
		if !b.full() {
			continue
		}
		if g.waiting >= g.Line { // those who wait for others' tries must not fill the server
			return nil, nil, nil, oauth.NewError(oauth.ReasonOverloaded).With("Retry-After", "1")
		}
		g.waiting++
		return nil, b, b.queueUp(), nil
	}
	for _, b := range try.budgets {
		b.pending++
	}
	return try, nil, nil, nil
}

// leave gives up a place in a line, and passes on a turn that came too late.
func (g *Gate) leave(b *budget, turn chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waiting--
	b.giveUp(turn)
	g.release(b, g.Now())
}

// Remember makes source a known one of identity, as a success there does; for
// what was learnt before a restart.
func (g *Gate) Remember(identity, source string) {
	if source = network(source); source == "" {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.learn(keyOf("known", fold(identity), source), g.Now())
}

func (g *Gate) learn(pair budgetKey, now time.Time) {
	source := knownSource{pair, now.Add(g.Known)}
	if element := g.known[pair]; element != nil {
		element.Value = source
		g.recent.MoveToFront(element)
		return
	}
	g.known[pair] = g.recent.PushFront(source)
	for g.recent.Len() > g.Size {
		delete(g.known, g.recent.Remove(g.recent.Back()).(knownSource).key)
	}
}

func (g *Gate) isKnown(pair budgetKey, now time.Time) bool {
	element := g.known[pair]
	return element != nil && now.Before(element.Value.(knownSource).expires)
}

func fold(identity string) string { return strings.ToLower(strings.TrimSpace(identity)) }

// network is the address of a source, without the half of an IPv6 address that
// its holder chooses. A source that is no address is taken as it is.
func network(source string) string {
	address, err := netip.ParseAddr(source)
	if err != nil {
		return source
	}
	if address = address.Unmap().WithZone(""); address.Is4() {
		return address.String()
	}
	return netip.PrefixFrom(address, 64).Masked().String()
}

func keyOf(parts ...string) budgetKey {
	var room [256]byte // longer ones are rare, and go to the heap
	return sha256.Sum256(appendParts(room[:0], parts...))
}
