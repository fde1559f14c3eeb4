package admin

import (
	"context"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewMembership says who shall hold which role: in one account or, without
// AccountID, in the whole organisation.
type NewMembership struct {
	OrganisationID string
	AccountID      string
	UserID         string
	RoleCode       string
}

// ListOrganisationMembers returns who has access to an organisation or to accounts of
// it, oldest first.
func (s *Service) ListOrganisationMembers(ctx context.Context, actor Actor, organisationID string) ([]Member, error) {
	if _, _, err := s.organisation(ctx, actor, organisationID, permissionReadMembers, permissionMembers); err != nil {
		return nil, refusal(err)
	}
	memberships, err := s.Store.MembershipsIn(ctx, organisationID)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, memberships)
}

// GetMembership returns a membership that the actor may see.
func (s *Service) GetMembership(ctx context.Context, actor Actor, id string) (*Member, error) {
	member, _, err := s.membership(ctx, actor, id, permissionReadMembers, permissionMembers)
	return member, refusal(err)
}

// membership returns one with the actor's rights where it is, which need one of the
// permissions.
func (s *Service) membership(ctx context.Context, actor Actor, id string, permissions ...string) (*Member, rights, error) {
	membership, err := s.Store.Membership(ctx, id)
	if err != nil {
		return nil, rights{}, hide(err, "id")
	}
	held, err := s.rightsOn(ctx, actor, &core.Account{ID: membership.AccountID, OrganisationID: membership.OrganisationID})
	switch {
	case err != nil:
		return nil, rights{}, err
	case !held.held:
		return nil, rights{}, notFound("id")
	case !held.manages(permissions...):
		return nil, rights{}, denied("id", "The role does not let you manage members.")
	}
	members, err := s.join(ctx, []*core.Membership{membership})
	if err != nil {
		return nil, rights{}, err
	}
	return &members[0], held, nil
}

// AddMembership makes somebody a member: a service account of the organisation. People
// are invited; only the platform adds them without asking.
func (s *Service) AddMembership(ctx context.Context, actor Actor, n NewMembership) (*Member, error) {
	var member *Member
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		account, held, err := s.placeOf(ctx, actor, n.OrganisationID, n.AccountID)
		if err != nil {
			return nil, err
		}
		if member, err = s.newMember(ctx, account, NewMember{AccountID: n.AccountID, UserID: n.UserID, RoleCode: n.RoleCode}); err != nil {
			return nil, err
		}
		switch {
		case !held.all && member.User.Kind != core.ServiceAccount:
			return nil, notFound("user_id")
		case !held.mayGive(member.Role):
			return nil, denied("role", "You cannot give a role with more rights than your own.")
		case account.Type == core.AccountIndividual:
			return nil, denied("account_id", "An individual account has one member.")
		}
		if err := s.notThereYet(ctx, member.Membership, "user_id"); err != nil {
			return nil, err
		}
		event := actor.event(core.MemberAdded, account.OrganisationID, "membership/"+member.Membership.ID, describeMember(member))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutMembership(member.Membership); err != nil {
				return err
			}
			return actor.keep(tx, member)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return member, nil
}

// notThereYet refuses a role that somebody has in the same place already.
func (s *Service) notThereYet(ctx context.Context, wanted *core.Membership, param string) error {
	present, err := s.Store.MembershipsOf(ctx, wanted.UserID)
	for _, m := range present {
		if m.OrganisationID == wanted.OrganisationID && m.AccountID == wanted.AccountID && m.RoleID == wanted.RoleID {
			return oauth.NewError(oauth.ReasonAlreadyMember).At(param)
		}
	}
	return err
}

// placeOf returns where somebody is to be a member, an account without an id standing
// for the whole organisation, with the rights of an actor who manages members there.
func (s *Service) placeOf(ctx context.Context, actor Actor, organisationID, accountID string) (*core.Account, rights, error) {
	if _, _, err := s.organisation(ctx, actor, organisationID); err != nil {
		return nil, rights{}, err
	}
	account := &core.Account{OrganisationID: organisationID}
	if accountID != "" {
		stored, _, err := s.account(ctx, actor, accountID)
		if err != nil || stored.OrganisationID != organisationID {
			return nil, rights{}, notFound("account_id").Because(err)
		}
		account = stored
	}
	held, err := s.rightsOn(ctx, actor, account)
	if err == nil && !held.manages(permissionMembers) {
		err = denied("organisation_id", "The role does not let you manage members.")
	}
	return account, held, err
}

func describeMember(m *Member) string {
	where := "organisation " + m.Membership.OrganisationID
	if m.Membership.AccountID != "" {
		where = "account " + m.Membership.AccountID
	}
	return fmt.Sprintf("user %s, role %s, %s", m.User.ID, m.Role.Code, where)
}

// SetMemberRole gives a member that is as the caller saw it another role. Nobody gives
// a role above their own, changes a member with more rights than they have (F03), or
// takes away the last owner.
func (s *Service) SetMemberRole(ctx context.Context, actor Actor, id, version, roleCode string) (*Member, error) {
	var member *Member
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		before, held, err := s.membership(ctx, actor, id, permissionMembers)
		if err != nil {
			return nil, err
		}
		if err := checkVersion(version, before.Membership); err != nil {
			return nil, err
		}
		membership := *before.Membership
		member = &Member{Membership: &membership, User: before.User}
		if member.Role, err = s.givenRole(ctx, held, membership.OrganisationID, "", roleCode); err != nil {
			return nil, err
		}
		if membership.RoleID = member.Role.ID; member.Role.ID == before.Role.ID {
			return nil, nil
		}
		if !held.mayGive(before.Role) {
			return nil, denied("id", "You cannot change a member with more rights than your own.")
		}
		if before.Role.Owner && !member.Role.Owner {
			if err := s.ownerRemains(ctx, before); err != nil {
				return nil, err
			}
		}
		event := actor.event(core.MemberUpdated, membership.OrganisationID, "membership/"+id,
			fmt.Sprintf("user %s, role %s -> %s", before.User.ID, before.Role.Code, member.Role.Code))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutMembership(&membership)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return member, nil
}

// ownerRemains refuses to take away an owner where that leaves an account, or an
// organisation that has none yet, without.
func (s *Service) ownerRemains(ctx context.Context, gone *Member) error {
	places, err := s.Store.AccountsOf(ctx, gone.Membership.OrganisationID)
	if err != nil {
		return err
	}
	if len(places) == 0 && gone.Membership.AccountID == "" {
		places = []*core.Account{{OrganisationID: gone.Membership.OrganisationID}}
	}
	for _, place := range places {
		if !gone.Membership.Covers(place) {
			continue
		}
		present, err := s.membersOf(ctx, place)
		if err != nil {
			return err
		}
		if !ownerBeside(present, gone) {
			return oauth.NewError(oauth.ReasonLastOwner)
		}
	}
	return nil
}

// EndMembership takes away a membership that is as the caller saw it; one's own
// without a permission to. The last owner stays (CP-4).
func (s *Service) EndMembership(ctx context.Context, actor Actor, id, version string) error {
	return s.change(ctx, func() (func(*store.Tx) error, error) {
		gone, held, err := s.membership(ctx, actor, id, permissionMembers)
		if own := s.ownMembership(ctx, actor, id); err != nil && own != nil {
			gone, err = own, nil
		}
		if err != nil {
			return nil, err
		}
		if err := checkVersion(version, gone.Membership); err != nil {
			return nil, err
		}
		if err := mayTake(actor, gone, held); err != nil {
			return nil, err
		}
		if gone.Role.Owner {
			if err := s.ownerRemains(ctx, gone); err != nil {
				return nil, err
			}
		}
		event := actor.event(core.MemberRemoved, gone.Membership.OrganisationID, "membership/"+id, describeMember(gone))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.RemoveMember(id)
		}, nil
	})
}

// ownMembership returns a membership of the actor's own; nil for any other.
func (s *Service) ownMembership(ctx context.Context, actor Actor, id string) *Member {
	a := actor.Authorization
	if a == nil || a.User == nil || a.Consent != nil {
		return nil
	}
	membership, err := s.Store.Membership(ctx, id)
	if err != nil || membership.UserID != a.User.ID {
		return nil
	}
	members, err := s.join(ctx, []*core.Membership{membership})
	if err != nil {
		return nil
	}
	return &members[0]
}
