package admin

import (
	"context"
	"errors"
	"fmt"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewPerson is what somebody who is invited, and has no account yet, makes one from.
// Their email address is that of the invitation: its link went there and nowhere else,
// so that whoever has it holds the address. It must never be shown to who invites.
type NewPerson struct {
	FullName string
	Password string // behind authn.CheckPassword, which says "new_password"
	Locale   string // of messages to them; empty: English
}

// HasAccount reports whether somebody has the email address of an invitation already.
func (s *Service) HasAccount(ctx context.Context, i *core.Invitation) (bool, error) {
	_, err := s.Store.PersonBy(ctx, i.Email)
	if errors.Is(err, core.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// Join makes the account of somebody new, and a member of them, by an invitation, which
// ends with it (E18). ReasonNameTaken at "email": somebody has that address, and accepts
// once they are signed in.
func (s *Service) Join(ctx context.Context, source oauth.Source, plain string, n NewPerson) (*Member, error) {
	invited, err := s.FindInvitation(ctx, plain) // before any work that costs
	if err != nil {
		return nil, err
	}
	if n.FullName == "" {
		return nil, missing("full_name")
	}
	if err := checkFields(field{"full_name", n.FullName, nameProblem}); err != nil {
		return nil, err
	}
	if err := authn.CheckPassword(&core.User{Email: invited.Invitation.Email, FullName: n.FullName}, n.Password); err != nil {
		return nil, err
	}
	hash, err := s.Secrets.HashPassword(ctx, n.Password)
	if err != nil {
		return nil, err
	}
	var member *Member
	err = s.change(ctx, func() (func(*store.Tx) error, error) {
		if member, err = s.planJoin(ctx, plain, n); err != nil {
			return nil, err
		}
		person := member.User
		actor := Actor{Authorization: &core.Authorization{User: person}, Source: source}
		created := actor.event(core.PersonCreated, member.Membership.OrganisationID, "user/"+person.ID,
			fmt.Sprintf("email %s, by invitation", show(person.Email)))
		become := s.accept(actor, invited.Invitation, member)
		return func(tx *store.Tx) error {
			if err := tx.PutUser(person); err != nil {
				return err
			}
			if _, err := tx.AddSecret(core.Secret{OwnerID: person.ID, Hash: hash, CreatedAt: person.CreatedAt}); err != nil {
				return err
			}
			tx.Audit(created)
			return become(tx)
		}, nil
	})
	if errors.Is(err, core.ErrConflict) {
		err = oauth.NewError(oauth.ReasonNameTaken).At("email").Because(err)
	}
	if err != nil {
		return nil, err
	}
	return member, nil
}

func (s *Service) planJoin(ctx context.Context, plain string, n NewPerson) (*Member, error) {
	invited, err := s.FindInvitation(ctx, plain)
	if err != nil {
		return nil, err
	}
	i := invited.Invitation
	if taken, err := s.HasAccount(ctx, i); err != nil || taken {
		if err == nil {
			err = oauth.NewError(oauth.ReasonNameTaken).At("email")
		}
		return nil, err
	}
	if err := s.inviterMayGive(ctx, invited); err != nil {
		return nil, err
	}
	now := s.now()
	person := &core.User{
		ID: s.newID(core.PrefixUser), Kind: core.Person, Email: i.Email, EmailVerified: true, FullName: n.FullName,
		Status: core.Active, CreatedAt: now, UpdatedAt: now,
	}
	if n.Locale != "" {
		person.Profile = map[string]string{"locale": n.Locale}
	}
	return &Member{User: person, Role: invited.Role, Membership: &core.Membership{
		ID: s.newID(core.PrefixMembership), UserID: person.ID, OrganisationID: i.OrganisationID, AccountID: i.AccountID,
		RoleID: i.RoleID, CreatedAt: now,
	}}, nil
}
