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

// SetPersonStatus stops a person who is as the caller saw them, or lets them back in.
// Nobody stops themselves, so that an operator is always left.
func (s *Service) SetPersonStatus(ctx context.Context, actor Actor, id, version string, status core.Status) (*core.User, error) {
	if !status.Valid() {
		return nil, invalid("status", "The status must be ACTIVE, SUSPENDED or DISABLED.")
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
			return tx.PutUser(&changed)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &changed, nil
}
