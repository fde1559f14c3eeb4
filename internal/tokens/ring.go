package tokens

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/store"
)

// Ring holds the signing keys of the issuer in memory, opened, and keeps them
// as the database has them.
type Ring struct {
	Store     *store.Store
	Master    keys.MasterKey
	Algorithm string // of access tokens
	Log       *slog.Logger
	Now       func() time.Time
	Rand      io.Reader

	set      atomic.Pointer[keys.Set]
	proven   proven
	reload   sync.Mutex
	reloaded time.Time
}

// minReload bounds how often an unknown kid makes the ring look again (C11).
const minReload = 5 * time.Second

// Open loads the keys and makes the first one of each algorithm that has none:
// clients choose among them all for their ID tokens.
func (r *Ring) Open(ctx context.Context) error {
	if err := r.Load(ctx); err != nil {
		return err
	}
	var missing []*keys.Key
	for _, algorithm := range r.algorithms() {
		if _, err := r.set.Load().Signer(r.Now(), algorithm); err == nil {
			continue
		}
		key, err := keys.Generate(algorithm, r.Rand)
		if err != nil {
			return err
		}
		missing = append(missing, key)
	}
	if len(missing) == 0 {
		return nil
	}
	if err := r.introduce(ctx, missing); err != nil {
		return err
	}
	return r.Load(ctx)
}

// algorithms are all there are, that of access tokens first.
func (r *Ring) algorithms() []string {
	order := []string{r.Algorithm}
	for _, algorithm := range keys.Algorithms() {
		if algorithm != r.Algorithm {
			order = append(order, algorithm)
		}
	}
	return order
}

// introduce stores first keys, less those of algorithms for which another node
// that starts at the same time was faster.
func (r *Ring) introduce(ctx context.Context, made []*keys.Key) error {
	return r.Store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.Serialize(); err != nil {
			return err
		}
		records, err := tx.SigningKeys()
		if err != nil {
			return err
		}
		now := r.Now()
		for _, key := range made {
			if signs(records, key.Algorithm, now) {
				continue
			}
			fresh, err := keys.Rotation{}.Introduce(records, key, now, r.Master, r.Rand)
			if err != nil {
				return err
			}
			for _, record := range fresh {
				if err := tx.PutSigningKey(&record); err != nil {
					return err
				}
			}
			tx.Audit(core.Event{Type: core.SigningKeyCreated, Target: "signing_key/" + key.ID, Detail: "first start"})
		}
		return nil
	})
}

func signs(records []core.SigningKey, algorithm string, now time.Time) bool {
	return slices.ContainsFunc(records, func(k core.SigningKey) bool {
		return k.Algorithm == algorithm && !now.Before(k.ActiveAt) && (k.RetiredAt.IsZero() || now.Before(k.RetiredAt))
	})
}

// Load reads the keys from the database.
func (r *Ring) Load(ctx context.Context) error {
	r.reload.Lock()
	defer r.reload.Unlock()
	records, err := r.Store.SigningKeys(ctx)
	if err != nil {
		return fmt.Errorf("read signing keys: %w", err)
	}
	set, err := keys.OpenSet(r.Master, records)
	if err != nil {
		return fmt.Errorf("open signing keys: %w", err)
	}
	r.set.Store(set)
	r.reloaded = r.Now()
	return nil
}

// Rotate makes a new key for an algorithm, published before it
// signs, and sets the end of those before it. by says who did it, for the audit trail;
// keep, unless it is nil, is called in the same transaction. It returns the new key's
// record.
func (r *Ring) Rotate(ctx context.Context, algorithm string, overlap keys.Rotation, by core.Event, keep func(*store.Tx, *core.SigningKey) error) (*core.SigningKey, error) {
	records, err := r.Store.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	changed, err := overlap.Rotate(records, algorithm, r.Now(), r.Master, r.Rand)
	if err != nil {
		return nil, err
	}
	fresh := changed[0]
	by.Type, by.Target = core.SigningKeyCreated, "signing_key/"+fresh.ID
	err = r.Store.Write(ctx, func(tx *store.Tx) error {
		for _, record := range changed {
			if err := tx.PutSigningKey(&record); err != nil {
				return err
			}
		}
		tx.Audit(by)
		if keep == nil {
			return nil
		}
		return keep(tx, &fresh)
	})
	if err != nil {
		return nil, err
	}
	return &fresh, r.Load(ctx)
}

// Sign signs a payload with the current key for an algorithm.
func (r *Ring) Sign(algorithm, typ string, payload []byte, now time.Time) (string, error) {
	key, err := r.set.Load().Signer(now, algorithm)
	if err != nil {
		return "", err
	}
	return key.Sign(typ, payload)
}

// Verify returns the payload of a token that one of the keys signed, and the kid. A
// kid that is not known is looked for in the database once in minReload at most.
func (r *Ring) Verify(ctx context.Context, token, typ string, now time.Time) (payload []byte, kid string, err error) {
	payload, kid, err = r.set.Load().Verify(token, typ, now)
	if !errors.Is(err, keys.ErrUnknownKey) || !r.mayReload(now) {
		return payload, kid, err
	}
	if err := r.Load(ctx); err != nil {
		return nil, "", err
	}
	return r.set.Load().Verify(token, typ, now)
}

// claimsOf returns the claims of an access token that one of the keys signed. Times
// are the caller's to look at.
func (r *Ring) claimsOf(ctx context.Context, token string, now time.Time) (*Claims, error) {
	set, digest := r.set.Load(), sha256.Sum256([]byte(token))
	if p, ok := r.proven.get(set, digest); ok && set.Publishes(p.kid, now) {
		return p.claims, nil
	}
	payload, kid, err := r.Verify(ctx, token, keys.TypeAccessToken, now)
	if err != nil {
		return nil, err
	}
	claims, err := parseClaims(payload)
	if err == nil {
		r.proven.add(set, digest, provenToken{kid, claims})
	}
	return claims, err
}

func (r *Ring) mayReload(now time.Time) bool {
	r.reload.Lock()
	defer r.reload.Unlock()
	return now.Sub(r.reloaded) >= minReload
}

// JWKS returns the JSON Web Key Set to publish (RFC 7517 §5).
func (r *Ring) JWKS() []byte { return r.set.Load().JWKS(r.Now()) }

// Watch reloads the keys every interval until ctx ends, so that a rotation on
// another node or from the command line is followed.
func (r *Ring) Watch(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := r.Load(ctx); err != nil && ctx.Err() == nil {
				r.Log.Warn("signing keys not reloaded", "error", err)
			}
		}
	}
}
