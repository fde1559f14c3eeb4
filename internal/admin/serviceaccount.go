package admin

import (
	"context"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
)

// ResetPassword gives a service account a new random password and returns it. The
// old one works for overlap more, at most 30 days; none at all when it is zero.
// A person's password is not reset by somebody else.
func (s *Service) ResetPassword(ctx context.Context, actor Actor, userID string, overlap time.Duration) (*core.User, string, error) {
	if err := checkOverlap(overlap); err != nil {
		return nil, "", err
	}
	plain := secret.Generate(secret.ClientSecret, s.Rand)
	var user *core.User
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var err error
		if user, err = s.serviceAccount(ctx, actor, userID); err != nil {
			return nil, err
		}
		old, err := s.Store.Secrets(ctx, userID)
		if err != nil {
			return nil, err
		}
		event := actor.event(core.CredentialRotated, user.OrganisationID, "user/"+userID, rotation(user.Username, overlap))
		return s.rotate(old, s.storedSecret(userID, plain, false), overlap, event, func(tx *store.Tx) error {
			return actor.keep(tx, Made[core.User]{user, plain})
		}), nil
	})
	if err != nil {
		return nil, "", err
	}
	return user, plain, nil
}

// serviceAccount returns a service account whose powers the actor may hand out:
// whoever sees its password can use them.
func (s *Service) serviceAccount(ctx context.Context, actor Actor, id string) (*core.User, error) {
	user, err := s.Store.User(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	held, err := s.rightsOn(ctx, actor, &core.Account{OrganisationID: user.OrganisationID})
	if err != nil {
		return nil, err
	}
	if user.Kind != core.ServiceAccount || !held.held {
		return nil, notFound("id")
	}
	if !held.manages(permissionServiceAccounts) {
		return nil, denied("id", "The role does not let you manage service accounts.")
	}
	memberships, err := s.Store.MembershipsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		role, err := s.Store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		if !held.mayGive(role) {
			return nil, denied("id", "The service account has a role that you may not give.")
		}
	}
	return user, nil
}
