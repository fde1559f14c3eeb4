package server

import (
	"math"
	"strconv"
	"time"

	"github.com/maypok86/otter/v2"
	"golang.org/x/time/rate"

	"claviger/internal/core"
	"claviger/oauth"
)

// limiter bounds the requests of one account in a minute (CP-12). It is kept on
// each node in memory; what is idle for a minute is forgotten, when its budget
// is full again anyway.
type limiter struct {
	perMinute int
	now       func() time.Time
	bucket    func(key string) *rate.Limiter
}

const maxBuckets = 200_000

func newLimiter(perMinute int, now func() time.Time) *limiter {
	buckets := otter.Must(&otter.Options[string, *rate.Limiter]{
		MaximumSize:      maxBuckets,
		ExpiryCalculator: otter.ExpiryAccessing[string, *rate.Limiter](2 * time.Minute),
	})
	full := func() (*rate.Limiter, bool) { return rate.NewLimiter(rate.Limit(perMinute)/60, perMinute), false }
	return &limiter{perMinute: perMinute, now: now, bucket: func(key string) *rate.Limiter {
		bucket, _ := buckets.ComputeIfAbsent(key, full)
		return bucket
	}}
}

// allow takes one request from the budget of the account, or of the subject
// where there is none. Beyond it: ReasonRateLimited, with Retry-After in seconds.
func (l *limiter) allow(a *core.Authorization) error {
	if l.perMinute == 0 {
		return nil
	}
	_, key := a.Subject()
	if a.Account != nil {
		key = a.Account.ID
	}
	now := l.now()
	reservation := l.bucket(key).ReserveN(now, 1)
	wait := reservation.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	reservation.CancelAt(now)
	seconds := strconv.Itoa(int(math.Ceil(wait.Seconds())))
	return oauth.NewError(oauth.ReasonRateLimited).With("Retry-After", seconds)
}
