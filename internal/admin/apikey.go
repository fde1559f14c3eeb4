package admin

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// NewAPIKey is what an API key is made from.
type NewAPIKey struct {
	OrganisationID string // empty: that of the account
	AccountID      string
	Name           string
	RoleCode       string // empty: a key with scopes alone
	Scopes         oauth.Scope
	ExpiresAt      time.Time // zero: as late as the dialect allows
	Dialect        string
	WithID         bool     // presented as id and secret only; otherwise the secret alone works too
	AllowedFrom    []string // addresses or CIDR; none: anywhere
	AddressMode    core.AddressMode
}

// CreateAPIKey makes an API key and returns it with its secret, which is not to
// be had again. A key never has more rights than its maker (D06), and its name
// is unique in the account (CP-4).
func (s *Service) CreateAPIKey(ctx context.Context, actor Actor, n NewAPIKey) (*core.APIKey, string, error) {
	plain := secret.Generate(secret.APIKey, s.Rand)
	var key *core.APIKey
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		var role *core.Role
		var err error
		if key, role, err = s.planAPIKey(ctx, actor, n); err != nil {
			return nil, err
		}
		stored := s.storedSecret(key.ID, plain, !n.WithID)
		event := actor.event(core.CredentialCreated, key.OrganisationID, "api_key/"+key.ID, describeKey(key, role))
		return func(tx *store.Tx) error {
			if err := tx.PutAPIKey(key); err != nil {
				return err
			}
			tx.Audit(event)
			if err := addSecret(tx, stored); err != nil {
				return err
			}
			return actor.keep(tx, Made[core.APIKey]{key, plain})
		}, nil
	})
	if err != nil {
		return nil, "", err
	}
	return key, plain, nil
}

func (s *Service) planAPIKey(ctx context.Context, actor Actor, n NewAPIKey) (*core.APIKey, *core.Role, error) {
	account, held, err := s.account(ctx, actor, n.AccountID)
	if err != nil {
		return nil, nil, err
	}
	if n.OrganisationID != "" && n.OrganisationID != account.OrganisationID {
		return nil, nil, notFound("account_id")
	}
	if !held.makesKeys() {
		return nil, nil, denied("account_id", "The role does not let you make API keys.")
	}
	key := &core.APIKey{
		ID: s.newID(core.PrefixAPIKey), OrganisationID: account.OrganisationID, AccountID: account.ID,
		Name: n.Name, Dialect: n.Dialect, Scopes: n.Scopes, Enabled: true, ExpiresAt: n.ExpiresAt.UTC().Truncate(time.Millisecond),
		AddressMode: n.AddressMode, CreatedBy: actor.id(), CreatedAt: s.now(),
	}
	if key.AllowedFrom, err = checkAddresses(n.AllowedFrom, n.AddressMode); err != nil {
		return nil, nil, err
	}
	if n.ExpiresAt.IsZero() {
		key.ExpiresAt = lastExpiry(key)
	}
	if err := checkKey(key); err != nil {
		return nil, nil, err
	}
	var role *core.Role
	if n.RoleCode != "" {
		if role, err = s.role(ctx, account.OrganisationID, n.RoleCode); err != nil {
			return nil, nil, err
		}
		key.RoleID = role.ID
	}
	if err := s.checkMaker(ctx, actor, held, key, role); err != nil {
		return nil, nil, err
	}
	return key, role, s.nameFree(ctx, key)
}

// checkMaker refuses a key with more rights than its maker has (D06).
func (s *Service) checkMaker(ctx context.Context, actor Actor, held rights, key *core.APIKey, role *core.Role) error {
	if !held.mayGive(role) {
		return denied("role", "You cannot give a role with more rights than your own.")
	}
	if held.all {
		return nil
	}
	if key.Scopes.Has(oauth.ScopeIntrospect) { // it reads everybody's tokens: the platform's own programs have it
		return denied("scopes", "Only the platform gives the scope introspect.")
	}
	within, err := s.scopeLimits(ctx, actor, key.Scopes)
	if err == nil && !within {
		err = denied("scopes", "You cannot give scopes that you do not have.")
	}
	return err
}

// scopeLimits compares scopes with those of the credential that the actor acts
// through. Somebody signed in without a client has no such limit.
func (s *Service) scopeLimits(ctx context.Context, actor Actor, scopes oauth.Scope) (bool, error) {
	a := actor.Authorization
	if a.Client != nil && !scopes.Within(a.Scope) {
		return false, nil
	}
	if a.Key == nil {
		return true, nil
	}
	key, err := s.Store.APIKey(ctx, a.Key.ID)
	if err != nil {
		return false, err
	}
	return scopes.Within(key.Scopes) && (len(a.Scope) == 0 || scopes.Within(a.Scope)), nil
}

func (s *Service) nameFree(ctx context.Context, key *core.APIKey) error {
	keys, err := s.Store.APIKeysOf(ctx, key.AccountID)
	for _, other := range keys {
		if other.Name == key.Name && other.ID != key.ID {
			return oauth.NewError(oauth.ReasonNameTaken).At("name")
		}
	}
	return err
}

// The one dialect with rules of its own for keys: theirs last until they are
// revoked, and their names stand in a path (CP-4).
const enduringKeys = "centrapay"

var (
	alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	printable    = regexp.MustCompile(`^[^\pC\pZ]([^\pC\p{Zl}\p{Zp}]{0,98}[^\pC\pZ])?$`)
)

// lastExpiry is the latest that a key may end; zero means never.
func lastExpiry(key *core.APIKey) time.Time {
	if key.Dialect == enduringKeys {
		return time.Time{}
	}
	return key.CreatedAt.Add(core.APIKeyMaxAge)
}

// checkKey checks the name and the expiry of a key (SD-2, CP-4).
func checkKey(key *core.APIKey) error {
	switch last := lastExpiry(key); {
	case key.Name == "":
		return missing("name")
	case key.Dialect == enduringKeys && !alphanumeric.MatchString(key.Name):
		return invalid("name", "The name must be letters and digits, at most 64.")
	case nameProblem(key.Name) != "":
		return invalid("name", "The name must be 1 to 100 printable characters.")
	case !last.IsZero() && (key.ExpiresAt.IsZero() || key.ExpiresAt.After(last)):
		return invalid("expires_at", "An API key lives at most one year from its creation.")
	case !key.ExpiresAt.IsZero() && !key.ExpiresAt.After(key.CreatedAt):
		return invalid("expires_at", "The expiry must be in the future.")
	}
	return nil
}

// storedSecret is the stored form of a generated secret, which is strong: its
// digest. A secret that works alone is also looked up by it.
func (s *Service) storedSecret(ownerID, plain string, alone bool) core.Secret {
	stored := core.Secret{ID: s.newID(core.PrefixSecret), OwnerID: ownerID, Hash: s.Secrets.Digest(plain), CreatedAt: s.now()}
	if alone {
		stored.Digest = stored.Hash
	}
	return stored
}

func addSecret(tx *store.Tx, stored core.Secret) error {
	_, err := tx.AddSecret(stored)
	return err
}

func describeKey(key *core.APIKey, role *core.Role) string {
	text := fmt.Sprintf("name %q, account %s", key.Name, key.AccountID)
	if role != nil {
		text += ", role " + role.Code
	}
	if len(key.Scopes) > 0 {
		text += fmt.Sprintf(", scopes %q", key.Scopes.String())
	}
	if len(key.AllowedFrom) > 0 {
		text += fmt.Sprintf(", from %s (%s)", strings.Join(key.AllowedFrom, " "), cmp.Or(key.AddressMode, core.AddressEnforce))
	}
	if !key.ExpiresAt.IsZero() {
		text += ", until " + key.ExpiresAt.Format(time.RFC3339)
	}
	return text
}
