package limit

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/oauth"
)

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.Unix(1_000_000, 0)} }

// passed counts how many of n requests are let through.
func passed(n int, ask func() error) (count int) {
	for range n {
		if ask() == nil {
			count++
		}
	}
	return count
}

func TestEachKindHasItsBudget(t *testing.T) {
	c := newClock()
	l := New(Budgets{Source: 3, Client: 4, Key: 5, Account: 6}, false, c.Now)
	client, key := &core.Client{ID: "one"}, &core.APIKey{ID: "one"}
	for name, tt := range map[string]struct {
		ask  func() error
		want int
	}{
		"an address":         {func() error { return l.Source("192.0.2.1") }, 3},
		"another":            {func() error { return l.Source("192.0.2.2") }, 3},
		"no address":         {func() error { return l.Source("@") }, 3},
		"a client":           {func() error { return l.Caller(client, nil) }, 4},
		"a key of that name": {func() error { return l.Caller(nil, key) }, 5},
		"an account": {func() error {
			return l.Request(&core.Authorization{Account: &core.Account{ID: "one"}, User: &core.User{ID: "x"}})
		}, 6},
		"a subject": {func() error { return l.Request(&core.Authorization{User: &core.User{ID: "two"}}) }, 6},
		"nobody":    {func() error { return l.Caller(nil, nil) }, 20},
		"a client before its account": {func() error {
			return l.Request(&core.Authorization{Client: &core.Client{ID: "three"}, Account: &core.Account{ID: "three"}})
		}, 4},
	} {
		if got := passed(20, tt.ask); got != tt.want {
			t.Errorf("%s: %d requests, not %d", name, got, tt.want)
		}
	}
}

func TestARefusalSaysWhenToComeBack(t *testing.T) {
	c := newClock()
	l := New(Budgets{Client: 6}, false, c.Now)
	ask := func() error { return l.Caller(&core.Client{ID: "x"}, nil) }
	passed(6, ask)
	var refused *oauth.Error
	if err := ask(); !errors.As(err, &refused) || refused.Reason != oauth.ReasonRateLimited || refused.Status != http.StatusTooManyRequests {
		t.Fatal(err)
	}
	wait, err := strconv.Atoi(refused.Header.Get("Retry-After"))
	if err != nil || wait != 10 {
		t.Errorf("Retry-After %q", refused.Header.Get("Retry-After"))
	}
	c.Advance(time.Duration(wait) * time.Second)
	if got := passed(3, ask); got != 1 {
		t.Errorf("after that %d requests", got)
	}
	if l.Refused(Client) != 3 || l.Refused(Source) != 0 {
		t.Errorf("%d and %d counted", l.Refused(Client), l.Refused(Source))
	}
}

// The holder of an IPv6 network chooses the last 64 bits.
func TestAddressesOfOneNetworkAreOneSource(t *testing.T) {
	l := New(Budgets{Source: 2}, false, newClock().Now)
	for address, want := range map[string]bool{
		"2001:db8::1": true, "2001:db8::2%eth0": true, "2001:db8:0:1::1": true, "192.0.2.1": true, "192.0.2.2": true,
	} {
		if got := l.Source(address) == nil; got != want {
			t.Errorf("%s: %t", address, got)
		}
	}
	if l.Source("2001:db8:0:0:ffff::3") == nil {
		t.Error("a third address of a network")
	}
	if l.Source("::ffff:192.0.2.1") != nil || l.Source("192.0.2.1") == nil {
		t.Error("an IPv4 address has two budgets")
	}
}

func TestNoLimits(t *testing.T) {
	var none *Limiter
	for _, l := range []*Limiter{none, New(Budgets{}, true, newClock().Now)} {
		a := &core.Authorization{Client: &core.Client{ID: "x"}, Account: &core.Account{ID: "x"}}
		if got := passed(1000, func() error { return errors.Join(l.Source("192.0.2.1"), l.Request(a)) }); got != 1000 {
			t.Error(got)
		}
	}
}

func TestUsageGoesFromNodeToNode(t *testing.T) {
	c := newClock()
	one, two := New(Budgets{Source: 100, Key: 100}, true, c.Now), New(Budgets{Source: 100, Key: 100}, true, c.Now)
	source := func(l *Limiter) func() error { return func() error { return l.Source("2001:db8::1") } }
	key := func(l *Limiter) func() error { return func() error { return l.Caller(nil, &core.APIKey{ID: "a key"}) } }
	passed(4, source(one))
	if list := one.Used(10); len(list) != 0 {
		t.Errorf("told of what is beneath notice: %v", list)
	}
	passed(66, source(one))
	passed(20, key(one))
	list := one.Used(1)
	if len(list) != 1 || list[0] != (Usage{"source 2001:db8::", 70}) {
		t.Fatalf("the greatest is %v", list)
	}
	one.Untold(list)
	list = one.Used(10)
	if fmt.Sprint(list) != "[{source 2001:db8:: 70} {api_key a key 20}]" {
		t.Fatal(list)
	}
	two.Charge(append(list, Usage{"source", 5}, Usage{"", 5}, Usage{"account x", 5}, Usage{"api_key x", -5}))
	if got := passed(200, source(two)); got != 30 {
		t.Errorf("%d of the address", got)
	}
	if got := passed(200, key(two)); got != 80 {
		t.Errorf("%d of the key", got)
	}
}

// What several nodes let through together beyond a budget is paid back, up to the
// budget itself.
func TestAnOverdrawnBudgetIsPaidBack(t *testing.T) {
	c := newClock()
	l := New(Budgets{Key: 60}, true, c.Now)
	ask := func() error { return l.Caller(nil, &core.APIKey{ID: "x"}) }
	passed(60, ask)
	l.Charge([]Usage{{"api_key x", 1_000_000}})
	l.Charge([]Usage{{"api_key x", 1_000_000}})
	c.Advance(60 * time.Second)
	if got := passed(5, ask); got != 0 {
		t.Errorf("%d before it was paid back", got)
	}
	c.Advance(5 * time.Second)
	if got := passed(60, ask); got != 5 {
		t.Errorf("%d afterwards", got)
	}
}

func TestLimitsAllocateNothing(t *testing.T) {
	l := New(Budgets{Source: 1 << 30, Client: 1 << 30, Key: 1 << 30, Account: 1 << 30}, true, newClock().Now)
	a := &core.Authorization{Client: &core.Client{ID: "x"}, Account: &core.Account{ID: "x"}}
	if n := testing.AllocsPerRun(1000, func() { _, _ = l.Source("192.0.2.1"), l.Request(a) }); n >= 1 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkRequest is all that a request of a client for an account pays.
func BenchmarkRequest(b *testing.B) {
	l := New(Budgets{Source: 1 << 30, Client: 1 << 30, Key: 1 << 30, Account: 1 << 30}, true, time.Now)
	a := &core.Authorization{Client: &core.Client{ID: "x"}, Account: &core.Account{ID: "x"}}
	b.ReportAllocs()
	for b.Loop() {
		_, _ = l.Source("2001:db8::1"), l.Request(a)
	}
}
