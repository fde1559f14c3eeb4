package admin

import (
	"context"
	"errors"
	"fmt"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewMember says who shall hold which role in an account.
type NewMember struct {
	AccountID string
	UserID    string
	RoleCode  string
}

// Member is a membership with what it joins.
type Member struct {
	Membership *core.Membership
	User       *core.User
	Role       *core.Role
}

// AddMember gives a user a role in one account, in place of the one that the
// user holds there. Nobody gives a role above their own or takes one away that
// they could not give (F03), and the last owner stays an owner.
func (s *Service) AddMember(ctx context.Context, actor Actor, n NewMember) (*Member, error) {
	var member *Member
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		account, held, err := s.account(ctx, actor, n.AccountID)
		if err != nil {
			return nil, err
		}
		if member, err = s.newMember(ctx, account, n); err != nil {
			return nil, err
		}
		if !held.mayGive(member.Role) {
			return nil, denied("role", "You cannot give a role with more rights than your own.")
		}
		present, err := s.membersOf(ctx, account)
		if err != nil {
			return nil, err
		}
		before := find(present, account.ID, member.User.ID)
		if before == nil {
			return s.addMember(actor, account, member, present)
		}
		return s.moveMember(actor, account, member, before, present, held)
	})
	if err != nil {
		return nil, err
	}
	return member, nil
}

func (s *Service) newMember(ctx context.Context, account *core.Account, n NewMember) (*Member, error) {
	if n.UserID == "" {
		return nil, missing("user_id")
	}
	if n.RoleCode == "" {
		return nil, missing("role")
	}
	user, err := s.Store.User(ctx, n.UserID)
	if errors.Is(err, core.ErrNotFound) {
		return nil, notFound("user_id")
	}
	if err != nil {
		return nil, err
	}
	if user.Kind == core.ServiceAccount && user.OrganisationID != account.OrganisationID {
		return nil, notFound("user_id") // service accounts are seen in their own organisation alone
	}
	role, err := s.role(ctx, account.OrganisationID, n.RoleCode)
	if err != nil {
		return nil, err
	}
	membership := &core.Membership{
		ID: s.newID(core.PrefixMembership), UserID: user.ID, OrganisationID: account.OrganisationID,
		AccountID: account.ID, RoleID: role.ID, CreatedAt: s.now(),
	}
	return &Member{Membership: membership, User: user, Role: role}, nil
}

func (s *Service) addMember(actor Actor, account *core.Account, member *Member, present []Member) (func(*store.Tx) error, error) {
	if account.Type == core.AccountIndividual && len(present) > 0 {
		return nil, denied("account_id", "An individual account has one member.")
	}
	event := actor.event(core.MemberAdded, account.OrganisationID, "account/"+account.ID,
		fmt.Sprintf("user %s, role %s", member.User.ID, member.Role.Code))
	return func(tx *store.Tx) error {
		tx.Audit(event)
		return tx.PutMembership(member.Membership)
	}, nil
}

// moveMember changes the role of somebody who is a member already.
func (s *Service) moveMember(actor Actor, account *core.Account, member, before *Member, present []Member, held rights) (func(*store.Tx) error, error) {
	membership := *before.Membership
	membership.RoleID = member.Role.ID
	member.Membership = &membership
	if before.Role.ID == member.Role.ID {
		return nil, nil
	}
	if err := mayTake(actor, before, held); err != nil {
		return nil, err
	}
	if before.Role.Owner && !member.Role.Owner && !ownerBeside(present, before) {
		return nil, oauth.NewError(oauth.ReasonLastOwner)
	}
	event := actor.event(core.MemberUpdated, account.OrganisationID, "account/"+account.ID,
		fmt.Sprintf("user %s, role %s -> %s", member.User.ID, before.Role.Code, member.Role.Code))
	return func(tx *store.Tx) error {
		tx.Audit(event)
		return tx.PutMembership(&membership)
	}, nil
}

// RemoveMember ends a user's membership of one account. The last owner stays:
// ReasonLastOwner (CP-4). Whoever is a member of the whole organisation cannot be
// taken out of one of its accounts.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, accountID, userID string) error {
	return s.change(ctx, func() (func(*store.Tx) error, error) {
		account, held, err := s.account(ctx, actor, accountID)
		if err != nil {
			return nil, err
		}
		present, err := s.membersOf(ctx, account)
		if err != nil {
			return nil, err
		}
		gone := find(present, account.ID, userID)
		if gone == nil {
			if find(present, "", userID) != nil {
				return nil, denied("user_id", "The membership is in the whole organisation.")
			}
			return nil, notFound("user_id")
		}
		if err := mayTake(actor, gone, held); err != nil {
			return nil, err
		}
		event := actor.event(core.MemberRemoved, account.OrganisationID, "account/"+account.ID,
			fmt.Sprintf("user %s, role %s", userID, gone.Role.Code))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.RemoveMember(gone.Membership.ID)
		}, nil
	})
}

// ListMembers returns who has access to an account, those of the whole
// organisation too.
func (s *Service) ListMembers(ctx context.Context, actor Actor, accountID string) ([]Member, error) {
	account, _, err := s.account(ctx, actor, accountID)
	if err != nil {
		return nil, refusal(err)
	}
	members, err := s.membersOf(ctx, account)
	return members, refusal(err)
}

func (s *Service) membersOf(ctx context.Context, account *core.Account) ([]Member, error) {
	memberships, err := s.Store.MembersOf(ctx, account)
	if err != nil {
		return nil, err
	}
	return s.join(ctx, memberships)
}

// join adds to memberships what they join.
func (s *Service) join(ctx context.Context, memberships []*core.Membership) ([]Member, error) {
	members := make([]Member, 0, len(memberships))
	for _, m := range memberships {
		user, err := s.Store.User(ctx, m.UserID)
		if err != nil {
			return nil, err
		}
		role, err := s.Store.Role(ctx, m.RoleID)
		if err != nil {
			return nil, err
		}
		members = append(members, Member{Membership: m, User: user, Role: role})
	}
	return members, nil
}

// find returns a user's membership of exactly this account; of the whole
// organisation with an empty id.
func find(members []Member, accountID, userID string) *Member {
	for i := range members {
		if m := members[i].Membership; m.UserID == userID && m.AccountID == accountID {
			return &members[i]
		}
	}
	return nil
}

// ownerBeside reports whether there is another owner, who can sign in.
func ownerBeside(members []Member, but *Member) bool {
	for _, m := range members {
		if m.Role.Owner && m.User.Status == core.Active && m.Membership.ID != but.Membership.ID {
			return true
		}
	}
	return false
}

// mayTake refuses to take a role from somebody that the actor could not give;
// everybody may give up their own.
func mayTake(actor Actor, member *Member, held rights) error {
	self := actor.Authorization != nil && actor.Authorization.User != nil && actor.Authorization.User.ID == member.User.ID
	if self || held.mayGive(member.Role) {
		return nil
	}
	return denied("user_id", "You cannot change a member with more rights than your own.")
}
