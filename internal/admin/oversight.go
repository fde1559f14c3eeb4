package admin

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/store"
	"claviger/oauth"
)

// Events returns audit records, newest first: those of the filter's organisation, or
// for the platform all of them.
func (s *Service) Events(ctx context.Context, actor Actor, filter store.EventFilter) ([]core.Event, error) {
	if err := s.mayOversee(ctx, actor, filter.OrganisationID, permissionReadAudit); err != nil {
		return nil, err
	}
	return s.Store.Events(ctx, filter)
}

// UsagePage returns token requests of an organisation, or for the platform the sums
// over all, by day from a day to a day, both included: at most limit counts after one of
// them (nil: from the beginning). The last seconds may be missing.
func (s *Service) UsagePage(ctx context.Context, actor Actor, organisationID string, from, to time.Time, after *core.Usage, limit int) ([]*core.Usage, error) {
	if err := s.mayOversee(ctx, actor, organisationID, permissionReadUsage); err != nil {
		return nil, err
	}
	if err := checkDays(from, to); err != nil {
		return nil, err
	}
	return s.Store.UsagePage(ctx, organisationID, from, to, after, limit)
}

// UsageByDay returns the sums of token requests by day and outcome: of an organisation,
// or for the platform over all.
func (s *Service) UsageByDay(ctx context.Context, actor Actor, span store.UsageSpan) ([]*core.Usage, error) {
	if err := s.maySum(ctx, actor, span); err != nil {
		return nil, err
	}
	return s.Store.UsageByDay(ctx, span)
}

// UsageByClient returns the sums of token requests by client, outcome and reason, of
// that many clients, those with most requests: of an organisation, or for the platform
// over all.
func (s *Service) UsageByClient(ctx context.Context, actor Actor, span store.UsageSpan, clients int) ([]*core.Usage, error) {
	if err := s.maySum(ctx, actor, span); err != nil {
		return nil, err
	}
	return s.Store.UsageByClient(ctx, span, clients)
}

func (s *Service) maySum(ctx context.Context, actor Actor, span store.UsageSpan) error {
	if err := s.mayOversee(ctx, actor, span.OrganisationID, permissionReadUsage); err != nil {
		return err
	}
	return checkDays(span.From, span.To)
}

// UsageByDialect returns, for the platform, the sums of token requests by day, dialect
// and outcome, as UsageByDay does. A dialect counts what came in by its routes; the empty one
// is that of the standard endpoints.
func (s *Service) UsageByDialect(ctx context.Context, actor Actor, from, to time.Time) ([]*core.Usage, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	if err := checkDays(from, to); err != nil {
		return nil, err
	}
	return s.Store.UsageByDialect(ctx, from, to)
}

// UsageOfDialect returns, for the platform, the sums of one dialect by day, client and
// outcome: of that many clients, those with most requests.
func (s *Service) UsageOfDialect(ctx context.Context, actor Actor, dialect string, from, to time.Time, clients int) ([]*core.Usage, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	if err := checkDays(from, to); err != nil {
		return nil, err
	}
	return s.Store.UsageOfDialect(ctx, dialect, from, to, clients)
}

func checkDays(from, to time.Time) error {
	if to.Before(from) || to.Sub(from) > core.UsageKept*24*time.Hour {
		return invalid("from", "The days must be in order, and not more than 400.")
	}
	return nil
}

func (s *Service) mayOversee(ctx context.Context, actor Actor, organisationID, permission string) error {
	if organisationID == "" {
		return s.platformOnly(ctx, actor)
	}
	_, _, err := s.organisation(ctx, actor, organisationID, permission)
	return refusal(err)
}

// SigningKeys returns the signing keys, oldest first, without their private halves.
func (s *Service) SigningKeys(ctx context.Context, actor Actor) ([]core.SigningKey, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	list, err := s.Store.SigningKeys(ctx)
	for i := range list {
		list[i].Sealed = nil
	}
	return list, err
}

// RotateSigningKey makes a new signing key for an algorithm, which takes over after
// everybody could have fetched it or, where the old one may have leaked, at once.
func (s *Service) RotateSigningKey(ctx context.Context, actor Actor, algorithm string, atOnce bool) (*core.SigningKey, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	if s.Ring == nil {
		return nil, oauth.NewError(oauth.ReasonUnavailable)
	}
	if algorithm == "" {
		return nil, missing("algorithm")
	}
	if err := checkFields(field{"algorithm", algorithm, oneOf(keys.Algorithms())}); err != nil {
		return nil, err
	}
	rotation, detail := s.Rotation, "rotation, "+algorithm
	if atOnce {
		rotation.Lead, detail = 0, "rotation at once, "+algorithm
	}
	key, err := s.Ring.Rotate(ctx, algorithm, rotation, actor.event(core.SigningKeyCreated, "", "", detail),
		func(tx *store.Tx, key *core.SigningKey) error { return actor.keep(tx, key) })
	if err != nil {
		return nil, err
	}
	key.Sealed = nil
	return key, nil
}

// ListSessions returns the live sessions of a person, latest first: of oneself, or for
// the platform of anybody.
func (s *Service) ListSessions(ctx context.Context, actor Actor, userID string) ([]*core.Session, error) {
	if userID == "" {
		return nil, missing("user_id")
	}
	if !isPerson(actor, userID) && s.platformOnly(ctx, actor) != nil {
		return nil, notFound("user_id")
	}
	if _, err := s.Store.User(ctx, userID); err != nil {
		return nil, hide(err, "user_id")
	}
	return s.Store.SessionsOf(ctx, userID, s.now())
}

// EndSession signs a person out of one browser, and tells the clients of it.
func (s *Service) EndSession(ctx context.Context, actor Actor, id string) error {
	session, err := s.Store.Session(ctx, id)
	if err != nil {
		return hide(err, "id")
	}
	if !isPerson(actor, session.UserID) && s.platformOnly(ctx, actor) != nil {
		return notFound("id")
	}
	if s.Sessions == nil {
		return oauth.NewError(oauth.ReasonUnavailable)
	}
	if !session.Alive(s.now()) {
		return nil
	}
	by := actor.id()
	return s.Sessions.End(ctx, session, "ended by "+by, actor.event(core.SessionEnded, "", "session/"+id, "ended by "+by))
}

// isPerson reports whether the actor is that person, and not a partner in their name.
func isPerson(actor Actor, userID string) bool {
	a := actor.Authorization
	return a != nil && a.User != nil && a.User.ID == userID && a.Consent == nil
}
