package secret

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

func newGate() (*Gate, *clock) {
	c := &clock{now: time.Unix(1_000_000, 0)}
	return NewGate(c.Now), c
}

func enter(t *testing.T, g *Gate, identity, source string) *Try {
	t.Helper()
	try, err := g.Enter(t.Context(), identity, source)
	if err != nil {
		t.Fatalf("%s from %q was refused: %v", identity, source, err)
	}
	return try
}

func fail(t *testing.T, g *Gate, n int, identity, source string) {
	t.Helper()
	for range n {
		enter(t, g, identity, source).Fail()
	}
}

// refused returns Retry-After of a refusal.
func refused(t *testing.T, g *Gate, identity, source string) int {
	t.Helper()
	_, err := g.Enter(t.Context(), identity, source)
	if err == nil {
		t.Fatalf("%s from %q was let in", identity, source)
	}
	e := oauth.AsError(err)
	seconds, parse := strconv.Atoi(e.Header.Get("Retry-After"))
	if e.Reason != oauth.ReasonTooManyAttempts || e.Status != http.StatusTooManyRequests || !e.Retryable() || parse != nil || seconds < 1 {
		t.Fatalf("refused with %v, %v", e, e.Header)
	}
	return seconds
}

func TestSP_7_TheEleventhWrongTryInAMinuteIsRefused(t *testing.T) {
	for _, identity := range []string{"user:amy", "user:nobody-of-this-name", ""} {
		g, clock := newGate()
		fail(t, g, 10, identity, "192.0.2.1")
		if wait := refused(t, g, identity, "192.0.2.1"); wait != 60 {
			t.Errorf("Retry-After %d, want 60", wait)
		}
		clock.Advance(59*time.Second + 999*time.Millisecond)
		if wait := refused(t, g, identity, "192.0.2.2"); wait != 1 {
			t.Errorf("Retry-After %d, want 1", wait)
		}
		clock.Advance(time.Millisecond)
		fail(t, g, 10, identity, "192.0.2.1")
		refused(t, g, identity, "192.0.2.1")
	}
}

func TestGateWindowSlides(t *testing.T) {
	g, clock := newGate()
	for range 10 {
		fail(t, g, 1, "user:amy", "192.0.2.1")
		clock.Advance(5 * time.Second)
	}
	if wait := refused(t, g, "user:amy", "192.0.2.1"); wait != 10 {
		t.Errorf("Retry-After %d, want 10", wait)
	}
	clock.Advance(10 * time.Second)
	fail(t, g, 1, "user:amy", "192.0.2.1") // the first has left the window, and no other
	if wait := refused(t, g, "user:amy", "192.0.2.1"); wait != 5 {
		t.Errorf("Retry-After %d, want 5", wait)
	}
}

func TestGateKeepsIdentitiesApartButNotSpellings(t *testing.T) {
	g, _ := newGate()
	fail(t, g, 10, "user:amy", "192.0.2.1")
	enter(t, g, "user:bob", "192.0.2.1").Fail()
	enter(t, g, "client:amy", "192.0.2.1").Fail()
	refused(t, g, "user:AMY", "192.0.2.1")
	refused(t, g, " user:Amy ", "192.0.2.1")
}

func TestE08_TwoHundredParallelGuessesAreCountedExactly(t *testing.T) {
	for round := range 20 {
		g, _ := newGate()
		var verified, turnedAway atomic.Int32
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				try, err := g.Enter(context.Background(), "user:amy", fmt.Sprintf("192.0.2.%d", i%5))
				if err != nil {
					turnedAway.Add(1)
					return
				}
				verified.Add(1)
				try.Fail()
			})
		}
		group.Wait()
		if verified.Load() != 10 || turnedAway.Load() != 190 {
			t.Fatalf("round %d: %d verified, %d refused; want 10 and 190", round, verified.Load(), turnedAway.Load())
		}
	}
}

func TestE08_GuessesInFlightCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGate()
		var verifying atomic.Int32
		verdict := make(chan struct{})
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				if try, err := g.Enter(context.Background(), "user:amy", "192.0.2.1"); err == nil {
					verifying.Add(1)
					<-verdict
					try.Fail()
				}
			})
		}
		synctest.Wait()
		if verifying.Load() != 10 {
			t.Errorf("%d verifications at once; want 10", verifying.Load())
		}
		close(verdict)
		group.Wait()
		if verifying.Load() != 10 {
			t.Errorf("%d verifications in all; want 10", verifying.Load())
		}
	})
}

func TestE08_OutcomesInAnyOrderNeverLoseATurn(t *testing.T) {
	g, _ := newGate()
	g.SourceLimit = 15
	var failures atomic.Int32
	var group sync.WaitGroup
	for i := range 400 {
		group.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if i%7 == 0 {
				go cancel()
			}
			try, err := g.Enter(ctx, "user:"+strconv.Itoa(i%3), "192.0.2.1")
			if err != nil {
				return
			}
			defer try.Cancel()
			if rand.IntN(4) == 0 {
				failures.Add(1)
				try.Fail()
			}
		})
	}
	group.Wait() // a lost turn would hang here
	if failures.Load() > 15 {
		t.Errorf("%d failures from one source, over its limit of 15", failures.Load())
	}
	for _, b := range g.budgets {
		if b.pending != 0 || b.users != 0 || len(b.line) != 0 {
			t.Errorf("left behind: %+v", b)
		}
	}
}

func TestGateLetsRightOnesThroughInAnyNumber(t *testing.T) {
	for _, source := range []string{"192.0.2.1", ""} {
		g, _ := newGate()
		var group sync.WaitGroup
		for range 500 {
			group.Go(func() {
				try, err := g.Enter(context.Background(), "user:amy", source)
				if err != nil {
					t.Errorf("from %q: %v", source, err)
					return
				}
				try.Succeed()
			})
		}
		group.Wait()
	}
}

func TestE07_AKnownSourcePassesWhileOthersGuess(t *testing.T) {
	g, clock := newGate()
	enter(t, g, "user:amy", "192.0.2.1").Succeed()
	for i := range 10 {
		fail(t, g, 1, "user:amy", "198.51.100."+strconv.Itoa(i))
	}
	refused(t, g, "user:amy", "203.0.113.1")
	enter(t, g, "user:amy", "192.0.2.1").Succeed()
	refused(t, g, "user:amy", "203.0.113.1") // her success has forgiven nobody

	fail(t, g, 10, "user:amy", "192.0.2.1")
	refused(t, g, "user:amy", "192.0.2.1") // known, and limited all the same
	clock.Advance(time.Minute)
	enter(t, g, "user:amy", "192.0.2.1").Cancel()
}

func TestE07_AKnownSourceIsNotLockedOutByItsNeighbours(t *testing.T) {
	g, _ := newGate()
	enter(t, g, "user:amy", "192.0.2.1").Succeed()
	for i := range 100 {
		fail(t, g, 1, "user:"+strconv.Itoa(i), "192.0.2.1")
	}
	refused(t, g, "user:bob", "192.0.2.1")
	enter(t, g, "user:amy", "192.0.2.1").Succeed()
}

func TestE07_AKnownSourceIsKnownForOneIdentity(t *testing.T) {
	g, clock := newGate()
	enter(t, g, "user:mallory", "198.51.100.1").Succeed()
	fail(t, g, 10, "user:amy", "203.0.113.1")
	refused(t, g, "user:amy", "198.51.100.1")

	g.Remember("User:Amy", "192.0.2.1")
	enter(t, g, "user:amy", "192.0.2.1").Cancel()
	clock.Advance(31 * 24 * time.Hour)
	fail(t, g, 10, "user:amy", "203.0.113.1")
	refused(t, g, "user:amy", "192.0.2.1")
}

func TestE09_ASourceIsLimitedOverAllIdentities(t *testing.T) {
	g, _ := newGate()
	for i := range 100 {
		fail(t, g, 1, "user:"+strconv.Itoa(i), "192.0.2.1")
	}
	refused(t, g, "user:amy", "192.0.2.1")
	enter(t, g, "user:amy", "192.0.2.2").Cancel()
	enter(t, g, "user:amy", "").Cancel()
}

func TestGateCountsIPv6ByNetwork(t *testing.T) {
	g, _ := newGate()
	for i := range 100 {
		fail(t, g, 1, "user:"+strconv.Itoa(i), fmt.Sprintf("2001:db8:1:2::%x", i))
	}
	refused(t, g, "user:amy", "2001:db8:1:2:ffff::1")
	enter(t, g, "user:amy", "2001:db8:1:3::1").Cancel()
	if got := network("::ffff:192.0.2.1"); got != "192.0.2.1" {
		t.Errorf("a mapped address is %s", got)
	}
}

func TestGateForgetsCancelledTriesAndSettlesOnce(t *testing.T) {
	g, _ := newGate()
	for range 50 {
		enter(t, g, "user:amy", "192.0.2.1").Cancel()
	}
	if len(g.budgets) != 0 {
		t.Errorf("%d budgets are left of cancelled tries", len(g.budgets))
	}
	for range 10 {
		try := enter(t, g, "user:amy", "192.0.2.1")
		try.Fail()
		try.Fail()
		try.Succeed()
		try.Cancel()
	}
	refused(t, g, "user:amy", "192.0.2.1")
}

func TestGateWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGate()
		var held []*Try
		for range 10 {
			held = append(held, enter(t, g, "user:amy", "192.0.2.1"))
		}
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() {
			_, err := g.Enter(ctx, "user:amy", "192.0.2.1")
			result <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		for _, try := range held {
			try.Cancel()
		}
		if len(g.budgets) != 0 {
			t.Errorf("%d budgets are left", len(g.budgets))
		}
	})
}

func TestE08_ATurnThatComesTooLateIsPassedOn(t *testing.T) {
	g, _ := newGate()
	g.Limit = 1
	held := enter(t, g, "user:amy", "")
	pair := keyOf("known", "user:amy", "")
	_, line, first, _ := g.reserve(pair, "user:amy", "", nil)
	_, _, second, _ := g.reserve(pair, "user:amy", "", nil)
	held.Cancel()
	<-first
	g.leave(line, first) // whose context had ended meanwhile
	select {
	case <-second:
	default:
		t.Error("the next in line was not told")
	}
}

func TestGateIsBounded(t *testing.T) {
	g, clock := newGate()
	g.Size = 100
	for i := range 5000 {
		fail(t, g, 1, "user:"+strconv.Itoa(i), fmt.Sprintf("10.0.%d.%d", i/250, i%250))
		g.Remember("user:"+strconv.Itoa(i), "192.0.2.1")
	}
	if len(g.budgets) > 100 || g.idle.Len() > 100 || len(g.known) > 100 || g.recent.Len() > 100 {
		t.Errorf("%d budgets, %d idle, %d known, %d recent", len(g.budgets), g.idle.Len(), len(g.known), g.recent.Len())
	}
	clock.Advance(2 * time.Minute)
	for i := range 100 {
		fail(t, g, 1, "user:again", "192.0.2."+strconv.Itoa(i%250))
		clock.Advance(10 * time.Second)
	}
	if len(g.budgets) > 20 {
		t.Errorf("%d budgets are left of the past", len(g.budgets))
	}
	long := enter(t, g, strings.Repeat("x", 1<<16), "192.0.2.9")
	long.Cancel()
}

func BenchmarkGate(b *testing.B) {
	g := NewGate(time.Now)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if try, err := g.Enter(context.Background(), "user:amy", "192.0.2.1"); err == nil {
				try.Succeed()
			}
		}
	})
}
