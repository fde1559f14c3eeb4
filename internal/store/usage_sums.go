package store

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/store/queries"
)

// UsageSpan is what usage is summed of: the days From to To, both included, of an
// organisation (empty: of all) and a client or API key (nil: of all; empty: of those
// that nobody knows).
type UsageSpan struct {
	OrganisationID string
	ClientID       *string
	From, To       time.Time
}

// client is the client of the span, and whether it is any.
func (u UsageSpan) client() (id string, every bool) {
	if u.ClientID == nil {
		return "", true
	}
	return *u.ClientID, false
}

func (u UsageSpan) days() (from, to int64) {
	return u.From.UnixMilli() / millisOfDay, u.To.UnixMilli() / millisOfDay
}

// UsageByDay returns the sums of each day by outcome, as UsagePage does.
func (s *Store) UsageByDay(ctx context.Context, u UsageSpan) ([]*core.Usage, error) {
	client, every := u.client()
	from, to := u.days()
	sum := func(row queries.UsageByDayRow) (*core.Usage, error) {
		return usageOf(queries.UsageCount{Day: row.Day, OrganisationID: u.OrganisationID, ClientID: client, Outcome: row.Outcome, Requests: row.Requests})
	}
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Usage, error) {
		if u.OrganisationID == "" {
			rows, err := s.read.UsageByDay(ctx, queries.UsageByDayParams{FromDay: from, ToDay: to, EveryClient: every, ClientID: client})
			return each(rows, err, "usage", sum)
		}
		rows, err := s.read.UsageByDayOfOrganisation(ctx, queries.UsageByDayOfOrganisationParams{
			OrganisationID: u.OrganisationID, FromDay: from, ToDay: to, EveryClient: every, ClientID: client})
		return each(rows, err, "usage", func(row queries.UsageByDayOfOrganisationRow) (*core.Usage, error) {
			return sum(queries.UsageByDayRow(row))
		})
	})
}

// UsageByClient returns the sums over all days by client, outcome and reason, as
// UsagePage does: of so many clients, those with most requests. Day is the first.
func (s *Store) UsageByClient(ctx context.Context, u UsageSpan, clients int) ([]*core.Usage, error) {
	client, every := u.client()
	from, to := u.days()
	sum := func(row queries.UsageByClientRow) (*core.Usage, error) {
		return usageOf(queries.UsageCount{
			Day: from, OrganisationID: u.OrganisationID, ClientID: row.ClientID, Outcome: row.Outcome, Reason: row.Reason, Requests: row.Requests,
		})
	}
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Usage, error) {
		if u.OrganisationID == "" {
			rows, err := s.read.UsageByClient(ctx, queries.UsageByClientParams{
				FromDay: from, ToDay: to, EveryClient: every, ClientID: client, Clients: int32(clients)})
			return each(rows, err, "usage", sum)
		}
		rows, err := s.read.UsageByClientOfOrganisation(ctx, queries.UsageByClientOfOrganisationParams{
			OrganisationID: u.OrganisationID, FromDay: from, ToDay: to, EveryClient: every, ClientID: client, Clients: int32(clients)})
		return each(rows, err, "usage", func(row queries.UsageByClientOfOrganisationRow) (*core.Usage, error) {
			return sum(queries.UsageByClientRow(row))
		})
	})
}

// dialectRows bounds UsageByDialect: more than the dialects of a server have in as many
// days as usage is kept.
const dialectRows = 50_000

// UsageByDialect returns the sums of each day by dialect and outcome, as UsagePage does.
func (s *Store) UsageByDialect(ctx context.Context, from, to time.Time) ([]*core.Usage, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Usage, error) {
		rows, err := s.read.UsageByDialect(ctx, queries.UsageByDialectParams{
			FromDay: from.UnixMilli() / millisOfDay, ToDay: to.UnixMilli() / millisOfDay, Most: dialectRows})
		return each(rows, err, "usage", func(row queries.UsageByDialectRow) (*core.Usage, error) {
			return usageOf(queries.UsageCount{Day: row.Day, Dialect: row.Dialect, Outcome: row.Outcome, Requests: row.Requests})
		})
	})
}

// UsageOfDialect returns the sums of each day by client and outcome, as UsagePage does: of
// so many clients, those that send the dialect most requests.
func (s *Store) UsageOfDialect(ctx context.Context, dialect string, from, to time.Time, clients int) ([]*core.Usage, error) {
	return uncached(ctx, s, func(ctx context.Context) ([]*core.Usage, error) {
		rows, err := s.read.UsageOfDialect(ctx, queries.UsageOfDialectParams{
			Dialect: dialect, FromDay: from.UnixMilli() / millisOfDay, ToDay: to.UnixMilli() / millisOfDay, Clients: int32(clients)})
		return each(rows, err, "usage", func(row queries.UsageOfDialectRow) (*core.Usage, error) {
			return usageOf(queries.UsageCount{
				Day: row.Day, ClientID: row.ClientID, Dialect: dialect, Outcome: row.Outcome, Requests: row.Requests,
			})
		})
	})
}
