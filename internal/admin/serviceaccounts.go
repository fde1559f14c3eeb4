package admin

import (
	"context"
	"fmt"
	"slices"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
)

// NewServiceAccount is what a service account is made from (PE-7). With a role it is
// a member: of one account or, without AccountID, of the whole organisation.
type NewServiceAccount struct {
	OrganisationID string
	Username       string
	FullName       string
	Email          string
	Phone          string
	RoleCode       string
	AccountID      string
}

// ServiceAccountChange says what is to be different; nil stays.
type ServiceAccountChange struct {
	FullName *string
	Email    *string
	Phone    *string
	Status   *core.Status
}

// ListServiceAccounts returns the service accounts of an organisation, oldest first.
func (s *Service) ListServiceAccounts(ctx context.Context, actor Actor, organisationID string) ([]*core.User, error) {
	if _, _, err := s.organisation(ctx, actor, organisationID, permissionReadServices, permissionServiceAccounts); err != nil {
		return nil, refusal(err)
	}
	users, err := s.Store.ServiceAccountsOf(ctx, organisationID)
	return slices.DeleteFunc(slices.Clone(users), func(u *core.User) bool { return u.Kind != core.ServiceAccount }), err
}

// GetServiceAccount returns a service account that the actor may see.
func (s *Service) GetServiceAccount(ctx context.Context, actor Actor, id string) (*core.User, error) {
	user, err := s.Store.User(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	if user.Kind != core.ServiceAccount {
		return nil, notFound("id")
	}
	if _, _, err = s.organisation(ctx, actor, user.OrganisationID, permissionReadServices, permissionServiceAccounts); err != nil {
		return nil, hide(err, "id")
	}
	return user, nil
}

// CreateServiceAccount makes a service account and returns it with its password,
// which is not to be had again.
func (s *Service) CreateServiceAccount(ctx context.Context, actor Actor, n NewServiceAccount) (*core.User, string, error) {
	plain := secret.Generate(secret.ClientSecret, s.Rand)
	var user *core.User
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var membership *core.Membership
		var err error
		if user, membership, err = s.planServiceAccount(ctx, actor, n); err != nil {
			return nil, err
		}
		stored := s.storedSecret(user.ID, plain, false)
		event := actor.event(core.CredentialCreated, user.OrganisationID, "user/"+user.ID, describeServiceAccount(user, n))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutUser(user); err != nil {
				return err
			}
			if membership != nil {
				if err := tx.PutMembership(membership); err != nil {
					return err
				}
			}
			if err := addSecret(tx, stored); err != nil {
				return err
			}
			return actor.keep(tx, Made[core.User]{user, plain})
		}, nil
	})
	if err != nil {
		return nil, "", err
	}
	return user, plain, nil
}

func describeServiceAccount(user *core.User, n NewServiceAccount) string {
	text := fmt.Sprintf("name %q", user.Username)
	if n.RoleCode != "" {
		text += ", role " + n.RoleCode
	}
	if n.AccountID != "" {
		text += ", account " + n.AccountID
	}
	return text
}

func (s *Service) planServiceAccount(ctx context.Context, actor Actor, n NewServiceAccount) (*core.User, *core.Membership, error) {
	organisation, whole, err := s.organisation(ctx, actor, n.OrganisationID, permissionServiceAccounts)
	if err != nil {
		return nil, nil, err
	}
	user := &core.User{
		ID: s.newID(core.PrefixUser), Kind: core.ServiceAccount, OrganisationID: organisation.ID, Username: n.Username,
		FullName: n.FullName, Email: n.Email, Phone: n.Phone, Status: core.Active, CreatedAt: s.now(),
	}
	if err := checkServiceAccount(user); err != nil {
		return nil, nil, err
	}
	if n.RoleCode == "" {
		if n.AccountID != "" {
			return nil, nil, missing("role")
		}
		return user, nil, nil
	}
	role, err := s.givenRole(ctx, whole, organisation.ID, n.AccountID, n.RoleCode)
	if err != nil {
		return nil, nil, err
	}
	return user, &core.Membership{
		ID: s.newID(core.PrefixMembership), UserID: user.ID, OrganisationID: organisation.ID, AccountID: n.AccountID,
		RoleID: role.ID, CreatedAt: s.now(),
	}, nil
}

// givenRole returns a role that the holder of r gives somebody in an organisation or
// in one of its accounts.
func (s *Service) givenRole(ctx context.Context, r rights, organisationID, accountID, code string) (*core.Role, error) {
	if code == "" {
		return nil, missing("role")
	}
	if accountID != "" {
		account, err := s.Store.Account(ctx, accountID)
		if err != nil || account.OrganisationID != organisationID {
			return nil, notFound("account_id").Because(err)
		}
	}
	role, err := s.role(ctx, organisationID, code)
	if err != nil {
		return nil, err
	}
	if !r.mayGive(role) {
		return nil, denied("role", "You cannot give a role with more rights than your own.")
	}
	return role, nil
}

func checkServiceAccount(user *core.User) error {
	if user.Username == "" {
		return missing("username")
	}
	return checkFields(field{"username", user.Username, nameProblem}, field{"full_name", user.FullName, nameProblem},
		field{"email", user.Email, emailProblem}, field{"phone", user.Phone, phoneProblem},
		field{"status", string(user.Status), statusProblem})
}

// UpdateServiceAccount changes a service account that is as the caller saw it.
func (s *Service) UpdateServiceAccount(ctx context.Context, actor Actor, id, version string, c ServiceAccountChange) (*core.User, error) {
	var changed core.User
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		stored, err := s.serviceAccount(ctx, actor, id)
		if err != nil {
			return nil, err
		}
		if err := checkVersion(version, stored); err != nil {
			return nil, err
		}
		if err := s.checkStatus(ctx, actor, stored.Status, c.Status); err != nil {
			return nil, err
		}
		changed = *stored
		var did differences
		set(&did, "full_name", &changed.FullName, c.FullName)
		set(&did, "email", &changed.Email, c.Email)
		set(&did, "phone", &changed.Phone, c.Phone)
		set(&did, "status", &changed.Status, c.Status)
		if err := checkServiceAccount(&changed); err != nil || len(did) == 0 {
			return nil, err
		}
		event := actor.event(statusEvent(stored.Status == core.Active, changed.Status == core.Active), changed.OrganisationID, "user/"+id, did.detail())
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
