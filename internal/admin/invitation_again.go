package admin

import (
	"context"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// SendInvitationAgain sends another link in place of the one that was sent, which ends:
// nobody can read that one again. The actor must still be able to give the role.
func (s *Service) SendInvitationAgain(ctx context.Context, actor Actor, id, locale string) (*Invited, error) {
	if s.Invitations.Send == nil {
		return nil, oauth.NewError(oauth.ReasonUnavailable).Describe("This server sends no mail.")
	}
	plain := secret.Generate(secret.Invitation, s.Rand)
	var invited *Invited
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		earlier, err := s.openInvitation(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		role, err := s.Store.Role(ctx, earlier.RoleID)
		if err != nil {
			return nil, err
		}
		again := NewInvitation{
			OrganisationID: earlier.OrganisationID, AccountID: earlier.AccountID, Email: earlier.Email, RoleCode: role.Code,
		}
		if invited, err = s.planInvitation(ctx, actor, again, plain); err != nil {
			return nil, err
		}
		event := actor.event(core.InvitationSent, earlier.OrganisationID, "invitation/"+invited.Invitation.ID,
			"email "+show(earlier.Email)+", role "+role.Code+", in place of "+id)
		return func(tx *store.Tx) error {
			ended, err := tx.EndInvitation(id, s.now(), "")
			if err == nil && !ended {
				err = notFound("id")
			}
			if err != nil {
				return err
			}
			tx.Audit(event)
			if err := tx.InsertInvitation(invited.Invitation); err != nil {
				return err
			}
			return s.sendInvitation(tx, invited, plain, locale)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	s.Invitations.Wake()
	return invited, nil
}

// GetInvitation returns an open invitation to somebody who manages members there.
func (s *Service) GetInvitation(ctx context.Context, actor Actor, id string) (*Invited, error) {
	invitation, err := s.openInvitation(ctx, actor, id)
	if err != nil {
		return nil, refusal(err)
	}
	organisation, err := s.Store.Organisation(ctx, invitation.OrganisationID)
	if err != nil {
		return nil, err
	}
	role, err := s.Store.Role(ctx, invitation.RoleID)
	return &Invited{invitation, organisation, role}, err
}

func (s *Service) openInvitation(ctx context.Context, actor Actor, id string) (*core.Invitation, error) {
	invitation, err := s.Store.Invitation(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	if _, _, err := s.placeOf(ctx, actor, invitation.OrganisationID, invitation.AccountID); err != nil {
		return nil, hide(err, "id")
	}
	if !invitation.Open(s.now()) {
		return nil, notFound("id")
	}
	return invitation, nil
}
