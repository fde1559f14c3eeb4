package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// PathOperator is the page on which somebody becomes an operator of the platform, by a
// link that works once, for OperatorLinkLifetime.
const (
	PathOperator         = "/account/operator"
	OperatorLinkLifetime = 24 * time.Hour
)

const (
	settingOperatorLinks = "operator_links"
	mostOperatorLinks    = 10 // alive at once: the oldest ends for another one
	mostOperators        = 100
)

// operatorLink is a link that makes an operator, as it is stored.
type operatorLink struct {
	Digest    string    `json:"digest"`
	ExpiresAt time.Time `json:"expires_at"`
}

// NewOperator is what the account of an operator is made from.
type NewOperator struct {
	Email    string
	FullName string
	Password string // behind authn.CheckPassword, which says "new_password"
}

// OperatorLink is the address that a secret of InviteOperator makes an operator at.
func OperatorLink(issuer, plain string) string {
	return issuer + PathOperator + "?" + url.Values{"link": {plain}}.Encode()
}

// Operators returns who administers the platform, the first hundred of them.
func (s *Service) Operators(ctx context.Context, actor Actor) ([]*core.User, error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return nil, err
	}
	return s.Store.Operators(ctx, mostOperators)
}

// HasOperator reports whether somebody administers the platform.
func (s *Service) HasOperator(ctx context.Context) (bool, error) {
	all, err := s.Store.Operators(ctx, mostOperators)
	return slices.ContainsFunc(all, func(u *core.User) bool { return u.Status == core.Active }), err
}

// InviteOperator makes the secret of a link that makes an operator, which is not to be
// had again. The first link that is used ends the others.
func (s *Service) InviteOperator(ctx context.Context, actor Actor) (plain string, expires time.Time, err error) {
	plain = secret.Generate(secret.Invitation, s.Rand)
	expires = s.now().Add(OperatorLinkLifetime)
	err = s.change(ctx, func() (func(*store.Tx) error, error) {
		if err := s.platformOnly(ctx, actor); err != nil {
			return nil, err
		}
		event := actor.event(core.OperatorInvited, "", "", "until "+expires.Format(time.RFC3339))
		return func(tx *store.Tx) error {
			links, err := readOperatorLinks(tx.Setting(settingOperatorLinks))
			if err != nil {
				return err
			}
			links = append(s.alive(links), operatorLink{s.Secrets.Digest(plain), expires})
			tx.Audit(event)
			return putOperatorLinks(tx, links[max(0, len(links)-mostOperatorLinks):])
		}, nil
	})
	return plain, expires, err
}

// MayBecomeOperator returns nil for the secret of a link that still works, else
// ReasonNotFound.
func (s *Service) MayBecomeOperator(ctx context.Context, plain string) error {
	links, err := readOperatorLinks(s.Store.Setting(ctx, settingOperatorLinks))
	if err != nil {
		return err
	}
	return s.known(links, plain)
}

// BecomeOperator makes the account of an operator by a link, which ends with it, and
// every other link too. ReasonNameTaken at "email": somebody has that address.
func (s *Service) BecomeOperator(ctx context.Context, source oauth.Source, plain string, n NewOperator) (*core.User, error) {
	if err := s.MayBecomeOperator(ctx, plain); err != nil { // before any work that costs
		return nil, err
	}
	person, hash, err := s.newOperator(ctx, n)
	if err != nil {
		return nil, err
	}
	actor := Actor{Authorization: &core.Authorization{User: person}, Source: source}
	return s.makeOperator(ctx, actor, person, hash, func(tx *store.Tx) error {
		links, err := readOperatorLinks(tx.Setting(settingOperatorLinks))
		if err != nil {
			return err
		}
		if err := s.known(links, plain); err != nil {
			return err
		}
		return putOperatorLinks(tx, nil)
	}, func() (bool, error) { return true, s.MayBecomeOperator(ctx, plain) })
}

// EnsureOperator makes the account of an operator where the platform has none. made:
// there was none.
func (s *Service) EnsureOperator(ctx context.Context, actor Actor, n NewOperator) (made bool, err error) {
	if err := s.platformOnly(ctx, actor); err != nil {
		return false, err
	}
	missing := func() (bool, error) {
		has, err := s.HasOperator(ctx)
		return !has, err
	}
	if wanted, err := missing(); err != nil || !wanted {
		return false, err
	}
	person, hash, err := s.newOperator(ctx, n)
	if err != nil {
		return false, err
	}
	keepLinks := func(tx *store.Tx) error { return putOperatorLinks(tx, nil) }
	person, err = s.makeOperator(ctx, actor, person, hash, keepLinks, missing)
	return person != nil, err
}

func (s *Service) newOperator(ctx context.Context, n NewOperator) (*core.User, string, error) {
	switch {
	case n.Email == "":
		return nil, "", missing("email")
	case n.FullName == "":
		return nil, "", missing("full_name")
	}
	if err := checkFields(field{"email", n.Email, emailProblem}, field{"full_name", n.FullName, nameProblem}); err != nil {
		return nil, "", err
	}
	now := s.now()
	person := &core.User{
		ID: s.newID(core.PrefixUser), Kind: core.Person, Email: n.Email, FullName: n.FullName, Operator: true, Status: core.Active,
		CreatedAt: now, UpdatedAt: now,
	}
	if err := authn.CheckPassword(person, n.Password); err != nil {
		return nil, "", err
	}
	hash, err := s.Secrets.HashPassword(ctx, n.Password)
	return person, hash, err
}

// makeOperator writes an operator, and what goes with it, as long as it is wanted. nil:
// it is not, any more.
func (s *Service) makeOperator(ctx context.Context, actor Actor, person *core.User, hash string, also func(*store.Tx) error, wanted func() (bool, error)) (*core.User, error) {
	made := person
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		if want, err := wanted(); err != nil || !want {
			made = nil
			return nil, err
		}
		_, err := s.Store.PersonBy(ctx, person.Email)
		if err == nil {
			return nil, oauth.NewError(oauth.ReasonNameTaken).At("email").Describe("Somebody has this email address.")
		}
		if !errors.Is(err, core.ErrNotFound) {
			return nil, err
		}
		event := actor.event(core.PersonCreated, "", "user/"+person.ID, fmt.Sprintf("operator, email %s", show(person.Email)))
		return func(tx *store.Tx) error {
			if err := also(tx); err != nil {
				return err
			}
			if err := tx.PutUser(person); err != nil {
				return err
			}
			tx.Audit(event)
			_, err := tx.AddSecret(core.Secret{OwnerID: person.ID, Hash: hash, CreatedAt: person.CreatedAt})
			return err
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return made, nil
}

func readOperatorLinks(text string, err error) (links []operatorLink, _ error) {
	if errors.Is(err, core.ErrNotFound) || err == nil && text == "" {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal([]byte(text), &links)
	}
	return links, err
}

func putOperatorLinks(tx *store.Tx, links []operatorLink) error {
	text, err := json.Marshal(links)
	if err != nil {
		return err
	}
	return tx.PutSetting(settingOperatorLinks, string(text))
}

// alive are the links that have not expired.
func (s *Service) alive(links []operatorLink) []operatorLink {
	return slices.DeleteFunc(links, func(l operatorLink) bool { return !s.now().Before(l.ExpiresAt) })
}

// known returns nil for the secret of one of the links. They are compared as keyed
// digests, of which a guess says nothing.
func (s *Service) known(links []operatorLink, plain string) error {
	kind, ok := secret.WellFormed(plain)
	digest := s.Secrets.Digest(plain)
	if ok && kind == secret.Invitation && slices.ContainsFunc(s.alive(links), func(l operatorLink) bool { return l.Digest == digest }) {
		return nil
	}
	return notFound("link").Describe("The link is not valid, or no longer.")
}
