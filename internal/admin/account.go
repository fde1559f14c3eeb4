package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewAccount is what an account is made from. Who makes one without OwnerID, if
// a person, becomes its owner; only others than people make one for somebody
// else. OwnerRole empty: the owner role that the actor holds, or the only one.
type NewAccount struct {
	Name      string
	Type      string // org or individual
	OwnerID   string
	OwnerRole string
	Currency  string
	Test      bool
}

// CreateAccount makes an account, and the organisation that it belongs to.
func (s *Service) CreateAccount(ctx context.Context, actor Actor, n NewAccount) (*core.Account, error) {
	if err := checkAccount(n); err != nil {
		return nil, err
	}
	var account *core.Account
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		owner, err := s.ownerOf(ctx, actor, n)
		if err != nil {
			return nil, err
		}
		var organisation *core.Organisation
		organisation, account = s.newAccount(n)
		event := actor.event(core.AccountCreated, organisation.ID, "account/"+account.ID,
			fmt.Sprintf("name %q, type %s%s", account.Name, account.Type, ownerText(owner)))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutOrganisation(organisation); err != nil {
				return err
			}
			if err := tx.PutAccount(account); err != nil || owner == nil {
				return err
			}
			owner.Membership.OrganisationID, owner.Membership.AccountID = organisation.ID, account.ID
			return tx.PutMembership(owner.Membership)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return account, nil
}

func checkAccount(n NewAccount) error {
	switch {
	case n.Name == "":
		return missing("name")
	case nameProblem(n.Name) != "":
		return invalid("name", "The name must be 1 to 100 printable characters.")
	case n.Type == "":
		return missing("type")
	case n.Type != core.AccountOrg && n.Type != core.AccountIndividual:
		return invalid("type", "The type must be org or individual.")
	case n.Currency != "" && !currencyForm.MatchString(n.Currency):
		return invalid("currency", "The currency must be three capital letters.")
	}
	return nil
}

func (s *Service) newAccount(n NewAccount) (*core.Organisation, *core.Account) {
	organisation := &core.Organisation{
		ID: s.newID(core.PrefixOrganisation), Name: n.Name, Status: core.Active, CreatedAt: s.now(),
	}
	organisation.Code = strings.TrimPrefix(organisation.ID, core.PrefixOrganisation)
	return organisation, &core.Account{
		ID: s.newID(core.PrefixAccount), OrganisationID: organisation.ID, Name: n.Name, Type: n.Type,
		Currency: n.Currency, Status: core.Active, Test: n.Test, CreatedAt: organisation.CreatedAt,
	}
}

// ownerOf returns who will own the account, nil for nobody.
func (s *Service) ownerOf(ctx context.Context, actor Actor, n NewAccount) (*Member, error) {
	person := ""
	if a := actor.Authorization; a != nil && a.User != nil && a.User.Kind == core.Person {
		person = a.User.ID
	}
	id := n.OwnerID
	switch {
	case id == "":
		id = person
	case person != "" && id != person:
		return nil, denied("owner", "You can make an account for yourself only.")
	}
	if id == "" {
		if n.Type == core.AccountIndividual {
			return nil, missing("owner")
		}
		return nil, nil
	}
	user, err := s.Store.User(ctx, id)
	if errors.Is(err, core.ErrNotFound) || (err == nil && user.Kind != core.Person) {
		return nil, notFound("owner")
	}
	if err != nil {
		return nil, err
	}
	if n.Type == core.AccountIndividual {
		if err := s.checkFirstIndividual(ctx, user); err != nil {
			return nil, err
		}
	}
	role, err := s.ownerRole(ctx, actor, n.OwnerRole)
	if err != nil {
		return nil, err
	}
	membership := &core.Membership{ID: s.newID(core.PrefixMembership), UserID: id, RoleID: role.ID, CreatedAt: s.now()}
	return &Member{Membership: membership, User: user, Role: role}, nil
}

// checkFirstIndividual keeps people at one individual account: its flags are
// theirs (CP-9).
func (s *Service) checkFirstIndividual(ctx context.Context, user *core.User) error {
	account, err := s.IndividualAccount(ctx, user.ID)
	if err == nil && account != nil {
		err = oauth.NewError(oauth.ReasonNameTaken).At("type").Describe("There is an individual account already.")
	}
	return err
}

// IndividualAccount returns the individual account of a user, nil for none.
func (s *Service) IndividualAccount(ctx context.Context, userID string) (*core.Account, error) {
	memberships, err := s.Store.MembershipsOf(ctx, userID)
	if err != nil {
		return nil, err
	}
	for _, m := range memberships {
		if m.AccountID == "" {
			continue
		}
		account, err := s.Store.Account(ctx, m.AccountID)
		if err != nil {
			return nil, err
		}
		if account.Type == core.AccountIndividual {
			return account, nil
		}
	}
	return nil, nil
}

// ownerRole is a role of the platform that owns: the one named, else the only
// one that the actor holds anywhere, else the only one there is.
func (s *Service) ownerRole(ctx context.Context, actor Actor, code string) (*core.Role, error) {
	all, err := s.Store.Roles(ctx)
	if err != nil {
		return nil, err
	}
	owners := slices.DeleteFunc(slices.Clone(all), func(r *core.Role) bool {
		return !r.Owner || r.OrganisationID != "" || (code != "" && r.Code != code)
	})
	if code != "" && len(owners) == 0 {
		return nil, invalid("owner_role", "There is no such role of an owner.")
	}
	held, err := s.roleIDs(ctx, actor)
	if err != nil {
		return nil, err
	}
	if own := slices.DeleteFunc(slices.Clone(owners), func(r *core.Role) bool { return !held[r.ID] }); len(own) == 1 {
		return own[0], nil
	}
	if len(owners) != 1 {
		return nil, missing("owner_role")
	}
	return owners[0], nil
}

// roleIDs are the roles that the actor holds anywhere.
func (s *Service) roleIDs(ctx context.Context, actor Actor) (map[string]bool, error) {
	held := map[string]bool{}
	a := actor.Authorization
	if a == nil {
		return held, nil
	}
	if a.Key != nil {
		held[a.Key.RoleID] = true
	}
	if a.User == nil {
		return held, nil
	}
	memberships, err := s.Store.MembershipsOf(ctx, a.User.ID)
	for _, m := range memberships {
		held[m.RoleID] = true
	}
	return held, err
}

func ownerText(owner *Member) string {
	if owner == nil {
		return ""
	}
	return fmt.Sprintf(", owner %s, role %s", owner.User.ID, owner.Role.Code)
}

// UpdateAccount renames an account.
func (s *Service) UpdateAccount(ctx context.Context, actor Actor, id, name string) (*core.Account, error) {
	if err := checkAccount(NewAccount{Name: name, Type: core.AccountOrg}); err != nil {
		return nil, err
	}
	var account core.Account
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		stored, _, err := s.account(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		if account = *stored; account.Name == name {
			return nil, nil
		}
		event := actor.event(core.AccountUpdated, account.OrganisationID, "account/"+id,
			fmt.Sprintf("name %q -> %q", account.Name, name))
		account.Name = name
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutAccount(&account)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return &account, nil
}
