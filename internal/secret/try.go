package secret

import (
	"strconv"
	"time"

	"claviger/oauth"
)

// Try is one admitted attempt. The first of Succeed, Fail and Cancel settles it
// and the rest do nothing, so that a deferred Cancel is safe.
type Try struct {
	gate    *Gate
	pair    budgetKey
	located bool // came from a source that can be remembered
	budgets []*budget
	settled bool
}

// Succeed settles a right try, and makes its source a known one of the identity.
// It forgives no wrong ones: they may be somebody else's.
func (t *Try) Succeed() {
	t.settle(func(now time.Time) {
		if t.located {
			t.gate.learn(t.pair, now)
		}
	})
}

// Fail settles a wrong try: it counts for a window from now.
func (t *Try) Fail() {
	t.settle(func(now time.Time) {
		for _, b := range t.budgets {
			b.failures = append(b.failures, now)
		}
	})
}

// Cancel settles a try that came to no result: the store or the pool failed. It
// is not counted.
func (t *Try) Cancel() { t.settle(func(time.Time) {}) }

func (t *Try) settle(outcome func(now time.Time)) {
	t.gate.mu.Lock()
	defer t.gate.mu.Unlock()
	if t.settled {
		return
	}
	t.settled = true
	now := t.gate.Now()
	for _, b := range t.budgets {
		b.users++ // until putBack; a pending budget is never idle
		b.pending--
	}
	outcome(now)
	for _, b := range t.budgets {
		t.gate.release(b, now)
		t.gate.putBack(b)
	}
}

func refusal(wait time.Duration) error {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	return oauth.NewError(oauth.ReasonTooManyAttempts).With("Retry-After", strconv.Itoa(seconds))
}
