package server

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/limit"
	"claviger/internal/store"
)

// newLimits returns the limits of requests that a configuration asks for. On
// PostgreSQL there may be other nodes, with which they are shared.
func newLimits(c *config.Config, db *store.Store, now func() time.Time) *limit.Limiter {
	if c.RateLimits == config.RateLimitsOff {
		return nil
	}
	return limit.New(limit.Budgets{
		limit.Source: c.Limits.SourceRequests, limit.Client: c.Limits.ClientRequests,
		limit.Key: c.Limits.KeyRequests, limit.Account: c.Limits.AccountRequests,
	}, db.Engine() == store.Postgres, now)
}

// How often nodes tell each other of what they have let through, how long that is
// kept for those that just start, and how many budgets a node tells of at once: the
// fullest come first.
const (
	shareEvery = time.Second
	shareKept  = 30 * time.Second
	shareMost  = 2000
)

// sharing is the exchange of used budgets between the nodes of an installation.
type sharing struct {
	limits *limit.Limiter
	store  *store.Store
	now    func() time.Time // the database's, by which nodes agree on what is recent
	rand   io.Reader
	node   string           // our id among the others
	told   int64            // our last round
	heard  map[string]int64 // last round of the other nodes
}

func (s *Server) newSharing() *sharing {
	return &sharing{
		limits: s.authenticator.Limits, store: s.Store, now: s.clock.shared, rand: s.environment.Rand, heard: map[string]int64{},
	}
}

// ShareLimits tells the other nodes what this one has let through, and takes what
// they have from the budgets here. Run does so every second.
func (s *Server) ShareLimits(ctx context.Context) error { return s.sharing.round(ctx) }

func (x *sharing) round(ctx context.Context) error {
	if x.node == "" {
		x.node = core.NewID("", x.now(), x.rand)
	}
	if used := x.limits.Used(shareMost); len(used) > 0 {
		if err := x.tell(ctx, used); err != nil {
			x.limits.Untold(used)
			return err
		}
	}
	return x.hear(ctx)
}

func (x *sharing) tell(ctx context.Context, used []limit.Usage) error {
	text, err := json.Marshal(used)
	if err != nil {
		return err
	}
	now := x.now()
	x.told = max(x.told+1, now.UnixMilli())
	usage := store.Usage{Node: x.node, Round: x.told, At: now, Used: string(text)}
	return x.store.ReportUsage(ctx, usage, now.Add(-2*shareKept))
}

func (x *sharing) hear(ctx context.Context) error {
	list, err := x.store.UsageSince(ctx, x.now().Add(-shareKept), x.node)
	if err != nil {
		return err
	}
	for _, u := range list {
		if u.Round <= x.heard[u.Node] {
			continue
		}
		x.heard[u.Node] = u.Round
		var used []limit.Usage
		if json.Unmarshal([]byte(u.Used), &used) == nil { // else of another release
			x.limits.Charge(used)
		}
	}
	return nil
}

// shareLimits goes on until ctx ends. While the database is away each node goes by
// what it knows.
func (s *Server) shareLimits(ctx context.Context) {
	if s.authenticator.Limits == nil || s.Store.Engine() != store.Postgres {
		return
	}
	failing := false
	for pause(ctx, shareEvery) {
		err := s.ShareLimits(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.Warn("limits are not shared with other nodes for now", "error", err)
		}
		failing = err != nil
	}
}
