package authn

import (
	"context"
	"time"

	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Authenticator proves credentials.
type Authenticator struct {
	Store     *store.Store
	Secrets   *secret.Hasher
	Gate      *secret.Gate
	Verifier  *tokens.Verifier
	Directory *tokens.Directory
	Audience  string // aud of access tokens that our own API takes
	Now       func() time.Time
}

// Attempt is a secret that somebody presented.
type Attempt struct {
	Identity  string // what is guessed at, as presented: "client:my_id"
	Owner     string // whose stored secrets to compare with; empty when there is no such client or user
	Presented string
	IP        string
	Password  bool // chosen by a person, not by a machine
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
	try, err := a.Gate.Enter(ctx, attempt.Identity, attempt.IP)
	if err != nil {
		return err
	}
	verify := a.Secrets.Verify
	if attempt.Password {
		verify = a.Secrets.VerifyPassword
	}
	matched, _, err := verify(ctx, attempt.Owner, attempt.Presented, stored...)
	switch {
	case err != nil:
		try.Cancel()
		return err
	case matched < 0:
		try.Fail()
		return wrong
	}
	try.Succeed()
	return nil
}

// storedSecrets returns the stored forms that are valid now.
func (a *Authenticator) storedSecrets(ctx context.Context, owner string) ([]string, error) {
	if owner == "" {
		return nil, nil
	}
	secrets, err := a.Store.Secrets(ctx, owner)
	if err != nil {
		return nil, err
	}
	now := a.Now()
	hashes := make([]string, 0, len(secrets))
	for i := range secrets {
		if secrets[i].ValidAt(now) {
			hashes = append(hashes, secrets[i].Hash)
		}
	}
	return hashes, nil
}
