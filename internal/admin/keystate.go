package admin

import (
	"context"
	"slices"
	"time"

	"claviger/internal/core"
)

// KeyState is how an API key is.
type KeyState string

// Key states.
const (
	KeyActive   KeyState = "active"
	KeyDisabled KeyState = "disabled"
	KeyExpired  KeyState = "expired"
	KeyRevoked  KeyState = "revoked" // for good
)

// KeyState returns how a key is that the caller has seen already.
func (s *Service) KeyState(ctx context.Context, key *core.APIKey) (KeyState, error) {
	now := s.now()
	switch {
	case key.ActiveAt(now):
		return KeyActive, nil
	case key.Enabled:
		return KeyExpired, nil
	}
	secrets, err := s.Store.Secrets(ctx, key.ID)
	if err != nil {
		return "", err
	}
	if revoked(key, secrets, now) {
		return KeyRevoked, nil
	}
	return KeyDisabled, nil
}

// Overlap returns until when the secret before the last rotation of a key, client or
// service account works beside its successor; zero: it does not.
func (s *Service) Overlap(ctx context.Context, ownerID string) (time.Time, error) {
	secrets, err := s.Store.Secrets(ctx, ownerID)
	if err != nil {
		return time.Time{}, err
	}
	now, until := s.now(), time.Time{}
	lasts := slices.ContainsFunc(secrets, func(x core.Secret) bool { return x.EndsAt.IsZero() })
	for _, x := range secrets {
		if lasts && x.ValidAt(now) && x.EndsAt.After(until) {
			until = x.EndsAt
		}
	}
	return until, nil
}
