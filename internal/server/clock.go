package server

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"claviger/internal/endpoints"
	"claviger/internal/store"
	"claviger/oauth"
)

const (
	compareClocksEvery = 5 * time.Second
	// maxClockOffset is how far the clock of a node may be off (R16). Whoever checks
	// access tokens allows for as much.
	maxClockOffset = 60 * time.Second
)

// clock knows how far this node's clock is from the one that all nodes share, which
// is the database server's. Too far off, the node would take what has expired and
// refuse what has not; it stops answering until the clock is right again.
type clock struct {
	store *store.Store
	now   func() time.Time
	log   *slog.Logger

	offset atomic.Int64 // as last seen, in nanoseconds
	off    atomic.Bool
	back   bool // what was written last is in the future
}

// watch compares again and again until ctx ends.
func (c *clock) watch(ctx context.Context) {
	for pause(ctx, compareClocksEvery) {
		c.look(ctx)
	}
}

// CompareClock compares the clock of this node with the one that all nodes share. Run
// does so every five seconds.
func (s *Server) CompareClock(ctx context.Context) error { return s.clock.compare(ctx) }

// look compares. Where that is not possible, what was seen last counts on.
func (c *clock) look(ctx context.Context) {
	if err := c.compare(ctx); err != nil && ctx.Err() == nil {
		c.log.Debug("the clock could not be compared", "error", err)
	}
}

// compare compares once. It tells of what changes only.
func (c *clock) compare(ctx context.Context) error {
	offset, within, err := c.store.ClockOffset(ctx)
	if err != nil {
		return err
	}
	c.offset.Store(int64(offset))
	off := offset.Abs() > maxClockOffset+within
	switch before := c.off.Swap(off); {
	case off && !before:
		c.log.Error("the clock of this node is off; it answers nothing until that is put right",
			"ahead_of_database", offset.String(), "allowed", maxClockOffset.String())
	case before && !off:
		c.log.Info("the clock of this node is right again", "ahead_of_database", offset.String())
	}
	return c.compareRecords(ctx)
}

// compareRecords notices a clock that was set back, also where there is no other to
// compare with: the newest audit record is then in the future. Which of the two
// times was right nobody can tell, so that this is only a warning.
func (c *clock) compareRecords(ctx context.Context) error {
	last, err := c.store.LastEvent(ctx)
	if err != nil {
		return err
	}
	ahead := last.Sub(c.now())
	back := ahead > maxClockOffset
	if back && !c.back {
		c.log.Warn("what was recorded last is in the future: the clock was set back, or that of another node is ahead; "+
			"tokens of that time are refused until it comes", "ahead", ahead.Round(time.Second).String())
	}
	c.back = back
	return nil
}

// seconds is how far this node is ahead of the database server.
func (c *clock) seconds() float64 { return time.Duration(c.offset.Load()).Seconds() }

// shared is the time by the clock that all nodes share.
func (c *clock) shared() time.Time { return c.now().Add(-time.Duration(c.offset.Load())) }

// wrong says why nothing can be answered by this clock; nil when it can.
func (c *clock) wrong() *oauth.Error {
	if !c.off.Load() {
		return nil
	}
	offset := time.Duration(c.offset.Load())
	return oauth.NewError(oauth.ReasonUnavailable).With("Retry-After", "5").
		Because(fmt.Errorf("the clock of this node is %s ahead of the database's", offset.Round(time.Second)))
}

// timeless are the routes that a node answers by whatever clock.
var timeless = []string{"/healthz", "/metrics", endpoints.PathJWKS, endpoints.PathMetadata, endpoints.PathOpenID}

// guard answers for a route while the clock is off: 503, as fail writes it.
func (c *clock) guard(path string, next http.Handler, fail func(http.ResponseWriter, *http.Request, *oauth.Error)) http.Handler {
	if slices.Contains(timeless, path) {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrong := c.wrong(); wrong != nil {
			fail(w, r, wrong)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func failStandard(w http.ResponseWriter, _ *http.Request, e *oauth.Error) { oauth.WriteError(w, e) }

// warnUndurable tells of settings of PostgreSQL under which what is committed may
// be lost (R03).
func (s *Server) warnUndurable(ctx context.Context) {
	settings, err := s.Store.Undurable(ctx)
	if err != nil {
		s.log.Warn("it is not known whether PostgreSQL is durable", "error", err)
	}
	for _, setting := range settings {
		s.log.Warn("PostgreSQL may lose what it has committed when its machine fails; not for anything that matters", "setting", setting)
	}
}
