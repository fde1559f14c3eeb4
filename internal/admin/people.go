package admin

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// FindPerson returns the person of an email address, phone number, username or id.
// Only the platform looks for people.
func (s *Service) FindPerson(ctx context.Context, actor Actor, identifier string) (*core.User, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	if user, err := s.Store.User(ctx, identifier); err == nil && user.Kind == core.Person {
		return user, nil
	}
	user, err := s.Store.PersonBy(ctx, identifier)
	return user, refusal(err)
}

// ResetFactors takes all second factors of a person away, whom identifier names as for
// FindPerson and who has lost them and the recovery codes too, and ends their sessions.
// It is for the platform, which has made sure who asks; nobody resets their own, who
// would otherwise get round what changing them needs (E12).
func (s *Service) ResetFactors(ctx context.Context, actor Actor, identifier string) error {
	if s.platformOnly(ctx, actor) != nil {
		return notFound("id")
	}
	person, err := s.FindPerson(ctx, actor, identifier)
	switch {
	case err != nil:
		return err
	case isPerson(actor, person.ID):
		return denied("id", "Nobody resets their own second factors.")
	case s.Factors == nil:
		return oauth.NewError(oauth.ReasonUnavailable)
	}
	return refusal(s.Factors.Reset(ctx, person.ID, actor.event(core.FactorsReset, "", "", "reset by "+actor.id())))
}

// SetPersonStatus stops a person who is as the caller saw them, or lets them back in.
// With the status their sessions end, so that nobody is signed in still who is let back
// in. Nobody stops themselves, so that an operator is always left.
func (s *Service) SetPersonStatus(ctx context.Context, actor Actor, id, version string, status core.Status) (*core.User, error) {
	if !status.Valid() {
		return nil, invalid("status", "The status must be ACTIVE, SUSPENDED or DISABLED.")
	}
	if status != core.Active && s.Sessions == nil {
		return nil, oauth.NewError(oauth.ReasonUnavailable)
	}
	var changed core.User
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		if err := s.platformOnly(ctx, actor); err != nil {
			return nil, err
		}
		stored, err := s.Store.User(ctx, id)
		if err != nil {
			return nil, err
		}
		changed = *stored
		switch {
		case stored.Kind != core.Person:
			return nil, notFound("id")
		case isPerson(actor, id):
			return nil, oauth.NewError(oauth.ReasonPermissionDenied).At("status").Describe("Nobody stops themselves.")
		}
		if err := checkVersion(version, stored); err != nil {
			return nil, err
		}
		var did differences
		set(&did, "status", &changed.Status, &status)
		if len(did) == 0 {
			return nil, nil
		}
		changed.UpdatedAt = s.now()
		event := actor.event(core.PersonUpdated, "", "user/"+id, did.detail())
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutUser(&changed); err != nil || status == core.Active {
				return err
			}
			return s.Sessions.EndAll(tx, id, "stopped by "+actor.id(), "", actor.event(core.SessionEnded, "", "", ""))
		}, nil
	})
	if err != nil {
		return nil, err
	}
	if status != core.Active {
		s.Sessions.Wake()
	}
	return &changed, nil
}
