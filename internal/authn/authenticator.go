package authn

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"claviger/internal/core"
	"claviger/internal/limit"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Authenticator proves credentials. It must not be copied.
type Authenticator struct {
	Store     *store.Store
	Secrets   *secret.Hasher
	Gate      *secret.Gate
	Verifier  *tokens.Verifier
	Directory *tokens.Directory
	Limits    *limit.Limiter // of requests; nil: none
	Audience  string         // aud of access tokens that our own API takes
	Log       *slog.Logger
	Now       func() time.Time

	elsewhere sightings
}

// Attempt is a secret that somebody presented.
type Attempt struct {
	Identity  string // what is guessed at, as presented: "client:my_id"
	Owner     string // whose stored secrets to compare with; empty when there is no such client or user
	Presented string
	IP        string
	Device    string // id of a known device of the owner; empty: none
	Chosen    bool   // by a person, so its stored form is a slow hash however random it looks
}

// Prove verifies a presented secret: the one way in for client secrets and
// passwords alike (E09). It returns wrong when it does not match; an unknown
// owner fails in the same time as a wrong secret (ALL-7). Too many failures are
// ReasonTooManyAttempts.
func (a *Authenticator) Prove(ctx context.Context, attempt Attempt, wrong *oauth.Error) error {
	stored, err := a.storedSecrets(ctx, attempt.Owner)
	if err != nil {
		return err
	}
	try, err := enter(ctx, a.Gate, attempt.Identity, attempt.IP, attempt.Device)
	if err != nil {
		return err
	}
	verify := a.Secrets.Verify
	if attempt.Chosen {
		verify = a.Secrets.VerifyPassword
	}
	matched, rehash, err := verify(ctx, attempt.Owner, attempt.Presented, hashesOf(stored)...)
	switch {
	case err != nil:
		try.Cancel()
		return err
	case matched < 0:
		try.Fail()
		return wrong
	}
	try.Succeed()
	if rehash {
		a.rehash(ctx, attempt, stored[matched])
	}
	return nil
}

// enter passes a gate. A known device of the owner is a source of its own, and one
// that was right before: what others get wrong does not keep it out (E07).
func enter(ctx context.Context, gate *secret.Gate, identity, ip, device string) (*secret.Try, error) {
	if device == "" {
		return gate.Enter(ctx, identity, ip)
	}
	source := "device:" + device
	gate.Remember(identity, source)
	return gate.Enter(ctx, identity, source)
}

// storedSecrets returns the secrets of an owner that are valid now.
func (a *Authenticator) storedSecrets(ctx context.Context, owner string) ([]core.Secret, error) {
	if owner == "" {
		return nil, nil
	}
	secrets, err := a.Store.Secrets(ctx, owner)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	valid := make([]core.Secret, 0, len(secrets))
	for i := range secrets {
		if secrets[i].ValidAt(now) {
			valid = append(valid, secrets[i])
		}
	}
	return valid, nil
}

func hashesOf(secrets []core.Secret) []string {
	hashes := make([]string, len(secrets))
	for i := range secrets {
		hashes[i] = secrets[i].Hash
	}
	return hashes
}

// rehash replaces an imported or outdated stored form by today's, now that the
// secret is known. When it fails the sign-in stands, and the next one tries again.
func (a *Authenticator) rehash(ctx context.Context, attempt Attempt, old core.Secret) {
	hash := a.Secrets.Hash
	if attempt.Chosen {
		hash = a.Secrets.HashPassword
	}
	fresh, err := hash(ctx, attempt.Presented)
	if err != nil {
		return
	}
	_ = a.Store.Write(ctx, func(tx *store.Tx) error {
		current, err := tx.Secrets(attempt.Owner)
		if err != nil || !slices.ContainsFunc(current, func(s core.Secret) bool { return s == old }) {
			return err // somebody else replaced or ended it meanwhile
		}
		if err := tx.EndSecret(old.ID, a.Now()); err != nil {
			return err
		}
		_, err = tx.AddSecret(core.Secret{OwnerID: old.OwnerID, Hash: fresh, StartsAt: old.StartsAt, EndsAt: old.EndsAt})
		return err
	})
}
