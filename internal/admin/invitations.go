package admin

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// Mail is how invitations leave. Links come from the configuration alone (E17).
type Mail struct {
	Issuer   string
	Platform string
	Send     func(tx *store.Tx, channel, to, subject, text string, expires time.Time) error // nil: nothing can be sent
	Wake     func()                                                                         // after the commit
	Text     func(locale, key string, args ...any) string
}

// PathInvitation is the page that the link of an invitation leads to; the parameter
// "invitation" holds its secret.
const PathInvitation = "/account/invitation"

// NewInvitation says who is invited to which role: in one account or, without
// AccountID, in the whole organisation.
type NewInvitation struct {
	OrganisationID string
	AccountID      string
	Email          string
	RoleCode       string
	Locale         string // of the message; empty: English
}

// Invited is an invitation with what it joins.
type Invited struct {
	Invitation   *core.Invitation
	Organisation *core.Organisation
	Role         *core.Role
}

// ListInvitations returns the invitations of an organisation that can be accepted,
// oldest first.
func (s *Service) ListInvitations(ctx context.Context, actor Actor, organisationID string) ([]Invited, error) {
	organisation, _, err := s.organisation(ctx, actor, organisationID, permissionReadMembers, permissionMembers)
	if err != nil {
		return nil, refusal(err)
	}
	invitations, err := s.Store.OpenInvitations(ctx, organisationID, s.now())
	if err != nil {
		return nil, err
	}
	list := make([]Invited, 0, len(invitations))
	for _, invitation := range invitations {
		role, err := s.Store.Role(ctx, invitation.RoleID)
		if err != nil {
			return nil, err
		}
		list = append(list, Invited{invitation, organisation, role})
	}
	return list, nil
}

// Invite sends somebody a link by mail, which makes them a member. It can be used
// once, for core.InvitationLifetime, by a person with that email address.
func (s *Service) Invite(ctx context.Context, actor Actor, n NewInvitation) (*Invited, error) {
	if s.Invitations.Send == nil {
		return nil, oauth.NewError(oauth.ReasonUnavailable).Describe("This server sends no mail.")
	}
	plain := secret.Generate(secret.Invitation, s.Rand)
	var invited *Invited
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var err error
		if invited, err = s.planInvitation(ctx, actor, n, plain); err != nil {
			return nil, err
		}
		invitation := invited.Invitation
		event := actor.event(core.InvitationSent, invitation.OrganisationID, "invitation/"+invitation.ID,
			fmt.Sprintf("email %s, role %s", show(invitation.Email), invited.Role.Code))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.InsertInvitation(invitation); err != nil {
				return err
			}
			if err := s.sendInvitation(tx, invited, plain, n.Locale); err != nil {
				return err
			}
			return actor.keep(tx, invited)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	s.Invitations.Wake()
	return invited, nil
}

func (s *Service) planInvitation(ctx context.Context, actor Actor, n NewInvitation, plain string) (*Invited, error) {
	account, held, err := s.placeOf(ctx, actor, n.OrganisationID, n.AccountID)
	if err != nil {
		return nil, err
	}
	if n.Email == "" {
		return nil, missing("email")
	}
	if err := checkFields(field{"email", n.Email, emailProblem}); err != nil {
		return nil, err
	}
	if account.Type == core.AccountIndividual {
		return nil, denied("account_id", "An individual account has one member.")
	}
	role, err := s.givenRole(ctx, held, n.OrganisationID, "", n.RoleCode)
	if err != nil {
		return nil, err
	}
	organisation, err := s.Store.Organisation(ctx, n.OrganisationID)
	if err != nil {
		return nil, err
	}
	person, err := s.Store.PersonBy(ctx, n.Email)
	if err == nil {
		err = s.notThereYet(ctx, &core.Membership{
			UserID: person.ID, OrganisationID: n.OrganisationID, AccountID: n.AccountID, RoleID: role.ID,
		}, "email")
	}
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return nil, err
	}
	now := s.now()
	return &Invited{&core.Invitation{
		ID: s.newID(core.PrefixInvitation), OrganisationID: n.OrganisationID, AccountID: n.AccountID, RoleID: role.ID,
		Email: n.Email, Digest: s.Secrets.Digest(plain), InvitedBy: actor.id(), CreatedAt: now,
		ExpiresAt: now.Add(core.InvitationLifetime),
	}, organisation, role}, nil
}

func (s *Service) sendInvitation(tx *store.Tx, invited *Invited, plain, locale string) error {
	m := s.Invitations
	link := m.Issuer + PathInvitation + "?" + url.Values{"invitation": {plain}}.Encode()
	days := int(core.InvitationLifetime / (24 * time.Hour))
	return m.Send(tx, core.ChannelEmail, invited.Invitation.Email,
		m.Text(locale, "message.invitation.subject", invited.Organisation.Name, m.Platform),
		m.Text(locale, "message.invitation.text", invited.Organisation.Name, m.Platform, link, days), invited.Invitation.ExpiresAt)
}

// WithdrawInvitation ends an invitation that has not been accepted.
func (s *Service) WithdrawInvitation(ctx context.Context, actor Actor, id string) error {
	return s.change(ctx, func() (func(*store.Tx) error, error) {
		invitation, err := s.Store.Invitation(ctx, id)
		if err != nil {
			return nil, hide(err, "id")
		}
		if _, _, err := s.placeOf(ctx, actor, invitation.OrganisationID, invitation.AccountID); err != nil {
			return nil, hide(err, "id")
		}
		now := s.now()
		if !invitation.Open(now) {
			return nil, notFound("id")
		}
		event := actor.event(core.InvitationWithdrawn, invitation.OrganisationID, "invitation/"+id, "email "+show(invitation.Email))
		return func(tx *store.Tx) error {
			ended, err := tx.EndInvitation(id, now, "")
			if err == nil && !ended {
				err = notFound("id")
			}
			tx.Audit(event)
			return err
		}, nil
	})
}

// FindInvitation returns the open invitation of a secret, for somebody who is asked
// whether to accept it.
func (s *Service) FindInvitation(ctx context.Context, plain string) (*Invited, error) {
	invalid := notFound("invitation").Describe("The invitation is not valid, or no longer.")
	if kind, ok := secret.WellFormed(plain); !ok || kind != secret.Invitation {
		return nil, invalid
	}
	invitation, err := s.Store.InvitationByDigest(ctx, s.Secrets.Digest(plain))
	if errors.Is(err, core.ErrNotFound) || (err == nil && !invitation.Open(s.now())) {
		return nil, invalid
	}
	if err != nil {
		return nil, err
	}
	organisation, err := s.Store.Organisation(ctx, invitation.OrganisationID)
	if err != nil {
		return nil, refusal(err)
	}
	if organisation.Status != core.Active { // stopped: nobody joins, whoever invited them (ALL-6)
		return nil, invalid
	}
	role, err := s.Store.Role(ctx, invitation.RoleID)
	if err != nil {
		return nil, refusal(err)
	}
	return &Invited{invitation, organisation, role}, nil
}

// AcceptInvitation makes the actor, a person whose verified email address it was sent
// to, a member. Whoever sent it must still be able to give the role (D06).
func (s *Service) AcceptInvitation(ctx context.Context, actor Actor, plain string) (*Member, error) {
	var member *Member
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		invited, err := s.FindInvitation(ctx, plain)
		if err != nil {
			return nil, err
		}
		person, err := s.invitee(ctx, actor, invited.Invitation)
		if err != nil {
			return nil, err
		}
		if err := s.inviterMayGive(ctx, invited); err != nil {
			return nil, err
		}
		i := invited.Invitation
		member = &Member{User: person, Role: invited.Role, Membership: &core.Membership{
			ID: s.newID(core.PrefixMembership), UserID: person.ID, OrganisationID: i.OrganisationID, AccountID: i.AccountID,
			RoleID: i.RoleID, CreatedAt: s.now(),
		}}
		return s.accept(actor, i, member), nil
	})
	if err != nil {
		return nil, err
	}
	return member, nil
}

func (s *Service) accept(actor Actor, i *core.Invitation, member *Member) func(*store.Tx) error {
	now := s.now()
	accepted := actor.event(core.InvitationAccepted, i.OrganisationID, "invitation/"+i.ID, "invited by "+i.InvitedBy)
	added := actor.event(core.MemberAdded, i.OrganisationID, "membership/"+member.Membership.ID, describeMember(member))
	return func(tx *store.Tx) error {
		ended, err := tx.EndInvitation(i.ID, now, member.User.ID)
		if err == nil && !ended {
			err = notFound("invitation")
		}
		if err != nil {
			return err
		}
		tx.Audit(accepted)
		tx.Audit(added)
		if err := tx.PutMembership(member.Membership); err != nil {
			return err
		}
		return actor.keep(tx, member)
	}
}

// invitee returns the person who accepts, as they are now.
func (s *Service) invitee(ctx context.Context, actor Actor, i *core.Invitation) (*core.User, error) {
	a := actor.Authorization
	if a == nil || a.User == nil || a.User.Kind != core.Person || a.Consent != nil {
		return nil, denied("", "An invitation is accepted by a person.")
	}
	person, err := s.Store.User(ctx, a.User.ID)
	if err != nil {
		return nil, err
	}
	if person.Status != core.Active || !person.EmailVerified || !strings.EqualFold(person.Email, i.Email) {
		return nil, denied("", "The invitation was sent to another email address, or yours is not verified yet.")
	}
	return person, nil
}

// inviterMayGive refuses an invitation of somebody who has lost the right to it.
func (s *Service) inviterMayGive(ctx context.Context, invited *Invited) error {
	i := invited.Invitation
	var inviter Actor
	switch {
	case strings.HasPrefix(i.InvitedBy, core.PrefixUser):
		inviter.Authorization = &core.Authorization{User: &core.User{ID: i.InvitedBy}}
	case strings.HasPrefix(i.InvitedBy, core.PrefixAPIKey):
		inviter.Authorization = &core.Authorization{Key: &core.APIKey{ID: i.InvitedBy}}
	default:
		inviter.Name = i.InvitedBy
	}
	held, err := s.rightsOn(ctx, inviter, &core.Account{ID: i.AccountID, OrganisationID: i.OrganisationID})
	if errors.Is(err, core.ErrNotFound) {
		err = nil
	}
	if err == nil && (!held.manages(permissionMembers) || !held.mayGive(invited.Role)) {
		err = notFound("invitation").Describe("The invitation is not valid, or no longer.")
	}
	return err
}
