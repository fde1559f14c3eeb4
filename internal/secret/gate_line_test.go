package secret

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"claviger/oauth"
)

// Who guesses at one identity in parallel waits for the tries before it. Those who
// wait are not without number: each of them keeps a request open.
func TestR22_TheLineBeforeTheGateIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g, _ := newGate()
		g.Line = 5
		var first []*Try
		for range g.Limit {
			first = append(first, enter(t, g, "user:amy", "192.0.2.1"))
		}
		waiting, giveUp := context.WithCancel(t.Context())
		var line sync.WaitGroup
		for n := range g.Line {
			ctx := t.Context()
			if n == 0 {
				ctx = waiting
			}
			line.Go(func() {
				if try, err := g.Enter(ctx, "user:amy", "192.0.2.1"); err == nil {
					try.Succeed()
				}
			})
		}
		synctest.Wait()
		var refused *oauth.Error
		overloaded := func() bool {
			_, err := g.Enter(t.Context(), "user:amy", "192.0.2.2")
			return errors.As(err, &refused) && refused.Reason == oauth.ReasonOverloaded && refused.Header.Get("Retry-After") == "1"
		}
		if !overloaded() {
			t.Error("one more may wait")
		}
		enter(t, g, "user:bob", "192.0.2.3").Succeed() // nobody else is kept out
		giveUp()
		synctest.Wait()
		line.Go(func() {
			if try, err := g.Enter(t.Context(), "user:amy", "192.0.2.1"); err == nil {
				try.Succeed()
			}
		})
		synctest.Wait()
		if !overloaded() {
			t.Error("who gave up, and one more, are counted wrong")
		}
		for _, try := range first {
			try.Succeed()
		}
		line.Wait()
		if g.waiting != 0 {
			t.Errorf("%d wait, and there is nobody", g.waiting)
		}
	})
}
