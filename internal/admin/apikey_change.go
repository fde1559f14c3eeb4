package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
)

// maxOverlap is the longest that an old secret works beside its successor.
const maxOverlap = 30 * 24 * time.Hour

// ListAPIKeys returns the keys of one account, by name, the disabled ones too.
func (s *Service) ListAPIKeys(ctx context.Context, actor Actor, accountID string) ([]*core.APIKey, error) {
	account, _, err := s.account(ctx, actor, accountID)
	if err != nil {
		return nil, refusal(err)
	}
	keys, err := s.Store.APIKeysOf(ctx, account.ID)
	keys = slices.Clone(keys)
	slices.SortStableFunc(keys, func(a, b *core.APIKey) int { return strings.Compare(a.Name, b.Name) })
	return keys, err
}

// SetAPIKeyEnabled lets a key work or stops it. Only who could have made the key
// may set it going again (D06).
func (s *Service) SetAPIKeyEnabled(ctx context.Context, actor Actor, id string, enabled bool) (*core.APIKey, error) {
	var key *core.APIKey
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		found, err := s.livingKey(ctx, actor, id, enabled)
		if err != nil {
			return nil, err
		}
		if key = found.key; key.Enabled == enabled {
			return nil, nil
		}
		kind := core.CredentialDisabled
		if enabled {
			kind = core.CredentialEnabled
		}
		key.Enabled = enabled
		event := actor.event(kind, key.OrganisationID, "api_key/"+key.ID, describeKey(key, found.role))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			return tx.PutAPIKey(key)
		}, nil
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

// RotateAPIKey gives a key a new secret and returns it. The old ones work for
// overlap more, at most 30 days; none at all when it is zero.
func (s *Service) RotateAPIKey(ctx context.Context, actor Actor, id string, overlap time.Duration) (*core.APIKey, string, error) {
	if err := checkOverlap(overlap); err != nil {
		return nil, "", err
	}
	plain := secret.Generate(secret.APIKey, s.Rand)
	var key *core.APIKey
	err := s.change(ctx, func() (func(*store.Tx) error, error) {
		found, err := s.livingKey(ctx, actor, id, true) // whoever sees the secret can use the key
		if err != nil {
			return nil, err
		}
		key = found.key
		alone := len(found.secrets) == 0 || slices.ContainsFunc(found.secrets, func(x core.Secret) bool { return x.Digest != "" })
		event := actor.event(core.CredentialRotated, key.OrganisationID, "api_key/"+key.ID, rotation(key.Name, overlap))
		return s.rotate(found.secrets, s.storedSecret(key.ID, plain, alone), overlap, event, func(tx *store.Tx) error {
			return actor.keep(tx, Made[core.APIKey]{key, plain})
		}), nil
	})
	if err != nil {
		return nil, "", err
	}
	return key, plain, nil
}

// RevokeAPIKey ends a key for good, at once. Its record stays, for the audit
// trail, and so its name stays taken.
func (s *Service) RevokeAPIKey(ctx context.Context, actor Actor, id string) error {
	return s.change(ctx, func() (func(*store.Tx) error, error) {
		found, err := s.livingKey(ctx, actor, id, false)
		if err != nil {
			return nil, err
		}
		key, now := found.key, s.now()
		key.Enabled = false
		event := actor.event(core.CredentialRevoked, key.OrganisationID, "api_key/"+key.ID, describeKey(key, found.role))
		return func(tx *store.Tx) error {
			tx.Audit(event)
			if err := tx.PutAPIKey(key); err != nil {
				return err
			}
			return endSecrets(tx, found.secrets, now)
		}, nil
	})
}

// foundKey is a key to be changed, a copy, with what belongs to it.
type foundKey struct {
	key     *core.APIKey
	role    *core.Role // nil: none
	secrets []core.Secret
}

// livingKey returns a key of an account that the actor reaches and that has not
// been revoked. With powers it must be one that the actor could have made.
func (s *Service) livingKey(ctx context.Context, actor Actor, id string, powers bool) (*foundKey, error) {
	stored, err := s.Store.APIKey(ctx, id)
	if err != nil {
		return nil, hide(err, "id")
	}
	_, held, err := s.account(ctx, actor, stored.AccountID)
	if err != nil {
		return nil, hide(err, "id")
	}
	if !held.changesKeys() {
		return nil, denied("id", "The role does not let you change API keys.")
	}
	found := &foundKey{key: new(core.APIKey)}
	*found.key = *stored
	if found.secrets, err = s.Store.Secrets(ctx, id); err != nil {
		return nil, err
	}
	if revoked(stored, found.secrets, s.now()) {
		return nil, notFound("id")
	}
	if stored.RoleID != "" {
		if found.role, err = s.Store.Role(ctx, stored.RoleID); err != nil {
			return nil, err
		}
	}
	if powers {
		err = s.checkMaker(ctx, actor, held, stored, found.role)
	}
	return found, err
}

// revoked tells a revoked key from a disabled one: it has had secrets, and all
// have ended.
func revoked(key *core.APIKey, secrets []core.Secret, now time.Time) bool {
	over := func(x core.Secret) bool { return !x.EndsAt.IsZero() && !now.Before(x.EndsAt) }
	return !key.Enabled && len(secrets) > 0 && !slices.ContainsFunc(secrets, func(x core.Secret) bool { return !over(x) })
}

// rotate is the write that replaces secrets by next, and then does the rest.
func (s *Service) rotate(old []core.Secret, next core.Secret, overlap time.Duration, event core.Event, rest func(*store.Tx) error) func(*store.Tx) error {
	until := s.now().Add(overlap)
	return func(tx *store.Tx) error {
		tx.Audit(event)
		if err := endSecrets(tx, old, until); err != nil {
			return err
		}
		if err := addSecret(tx, next); err != nil {
			return err
		}
		return rest(tx)
	}
}

func endSecrets(tx *store.Tx, secrets []core.Secret, at time.Time) error {
	for _, old := range secrets {
		if err := tx.EndSecret(old.ID, at); err != nil {
			return err
		}
	}
	return nil
}

func checkOverlap(overlap time.Duration) error {
	if overlap < 0 || overlap > maxOverlap {
		return invalid("overlap", "The overlap must be between nothing and 30 days.")
	}
	return nil
}

func rotation(name string, overlap time.Duration) string {
	return fmt.Sprintf("name %q, old secret for %s more", name, overlap)
}
