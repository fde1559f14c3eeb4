package secret

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"claviger/oauth"
)

func TestE14_PoolRunsAFewAndQueuesAFew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool(2, 3)
		hold := make(chan struct{})
		var running, most, done, refused atomic.Int32
		var group sync.WaitGroup
		for range 500 {
			group.Go(func() {
				err := pool.Do(t.Context(), func() {
					most.Store(max(most.Load(), running.Add(1)))
					<-hold
					running.Add(-1)
				})
				if err == nil {
					done.Add(1)
					return
				}
				refused.Add(1)
				if e := oauth.AsError(err); e.Reason != oauth.ReasonOverloaded || e.Status != http.StatusServiceUnavailable || e.Header.Get("Retry-After") == "" {
					t.Errorf("refused with %v %v", e, e.Header)
				}
			})
		}
		synctest.Wait()
		if run, wait := pool.Load(); run != 2 || wait != 3 {
			t.Errorf("%d running, %d waiting; want 2 and 3", run, wait)
		}
		close(hold)
		group.Wait()
		if done.Load() != 5 || refused.Load() != 495 || most.Load() > 2 {
			t.Errorf("%d done, %d refused, at most %d at once", done.Load(), refused.Load(), most.Load())
		}
		if run, wait := pool.Load(); run != 0 || wait != 0 {
			t.Errorf("afterwards %d running, %d waiting", run, wait)
		}
	})
}

func TestPoolLeavesTheQueueWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pool := NewPool(1, 1)
		hold := make(chan struct{})
		go func() { _ = pool.Do(t.Context(), func() { <-hold }) }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error)
		go func() { result <- pool.Do(ctx, func() { t.Error("work was done for nobody") }) }()
		synctest.Wait()
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
		if _, waiting := pool.Load(); waiting != 0 {
			t.Errorf("%d still waiting", waiting)
		}
		close(hold)
	})
}

func TestPoolSurvivesAPanic(t *testing.T) {
	pool := NewPool(1, 1)
	func() {
		defer func() { _ = recover() }()
		_ = pool.Do(t.Context(), func() { panic("x") })
	}()
	if err := pool.Do(t.Context(), func() {}); err != nil {
		t.Errorf("after a panic: %v", err)
	}
	if running, _ := pool.Load(); running != 0 {
		t.Errorf("%d slots lost", running)
	}
}

func TestPoolDefaultLeavesHalfOfTheProcessors(t *testing.T) {
	if got, want := cap(NewPool(0, 0).slots), max(1, runtime.GOMAXPROCS(0)/2); got != want {
		t.Errorf("%d workers, want %d", got, want)
	}
}
