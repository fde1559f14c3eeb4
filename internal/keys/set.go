package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"
)

// ErrNoSigningKey is what Signer returns when no key may sign at that time.
var ErrNoSigningKey = errors.New("no signing key is active")

// Set is the signing keys of the server. They never change: a rotation makes
// another Set.
type Set struct {
	keys []*Key // by ActiveAt, then ID
	byID map[string]*Key
}

// NewSet returns a set of keys with different ids.
func NewSet(keys ...*Key) (*Set, error) {
	s := &Set{keys: slices.Clone(keys), byID: map[string]*Key{}}
	for _, k := range keys {
		if s.byID[k.ID] != nil {
			return nil, fmt.Errorf("signing key %s is there twice", k.ID)
		}
		s.byID[k.ID] = k
	}
	slices.SortStableFunc(s.keys, func(a, b *Key) int {
		if order := a.ActiveAt.Compare(b.ActiveAt); order != 0 {
			return order
		}
		return bytes.Compare([]byte(a.ID), []byte(b.ID))
	})
	return s, nil
}

// Signer returns the key to sign with: of an algorithm, or of the most preferred
// one that there is when algorithm is empty; of several the one activated last.
func (s *Set) Signer(now time.Time, algorithm string) (*Key, error) {
	preferred := []string{algorithm}
	if algorithm == "" {
		preferred = Algorithms()
	}
	for _, wanted := range preferred {
		for _, k := range slices.Backward(s.keys) {
			if k.Algorithm == wanted && k.SignsAt(now) {
				return k, nil
			}
		}
	}
	return nil, ErrNoSigningKey
}

// Published returns the keys that verifiers must know: those not removed, also
// those that do not sign yet, so that caches hold a key before its first use.
func (s *Set) Published(now time.Time) []*Key {
	var published []*Key
	for _, k := range s.keys {
		if k.PublishedAt(now) {
			published = append(published, k)
		}
	}
	return published
}

// Publishes reports whether the key with an id is published at now.
func (s *Set) Publishes(kid string, now time.Time) bool {
	key := s.byID[kid]
	return key != nil && key.PublishedAt(now)
}

// JWKS returns the published keys as a JWK set (RFC 7517 §5), public parts only.
func (s *Set) JWKS(now time.Time) []byte {
	var jwks [][]byte
	for _, k := range s.Published(now) {
		jwks = append(jwks, k.jwk)
	}
	return slices.Concat([]byte(`{"keys":[`), bytes.Join(jwks, []byte(",")), []byte(`]}`))
}

// Verify returns the payload of a token of one type that a published key signed,
// and the kid. It proves who signed and nothing more: claims are the caller's.
// The error is ErrMalformed, ErrUnknownKey, ErrAlgorithm, ErrSignature or
// ErrType.
func (s *Set) Verify(token, typ string, now time.Time) (payload []byte, kid string, err error) {
	c, err := parse(token)
	if err != nil {
		return nil, "", err
	}
	if !s.Publishes(c.header.KeyID, now) {
		return nil, "", ErrUnknownKey
	}
	key := s.byID[c.header.KeyID]
	if c.header.Algorithm != key.Algorithm { // RFC 8725 §3.1: the key decides, not the token
		return nil, "", ErrAlgorithm
	}
	if !verifies(key.Public(), c.input, c.signature) {
		return nil, "", ErrSignature
	}
	if typ == "" || !c.header.typeIs(typ) { // RFC 8725 §3.11
		return nil, "", ErrType
	}
	if payload, err = decode(c.payload); err != nil {
		return nil, "", ErrMalformed
	}
	return payload, key.ID, nil
}

func verifies(public crypto.PublicKey, input string, signature []byte) bool {
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		if len(signature) != 64 { // RFC 7518 §3.4
			return false
		}
		sum := sha256.Sum256([]byte(input))
		return ecdsa.Verify(p, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	case ed25519.PublicKey:
		return ed25519.Verify(p, []byte(input), signature)
	case *rsa.PublicKey:
		sum := sha256.Sum256([]byte(input))
		return rsa.VerifyPKCS1v15(p, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}
