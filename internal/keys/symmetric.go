package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
)

const hs256 = "HS256"

// Symmetric signs and verifies JWTs that only this server reads: refresh tokens
// of dialects that promise the JWT form. Its tokens name no kid and Set knows no
// HS256, so neither takes the other's (B07).
type Symmetric struct{ key []byte }

// NewSymmetric returns the signer under a key of at least 32 bytes, derived from
// the master key for this purpose.
func NewSymmetric(key []byte) *Symmetric {
	if len(key) < sha256.Size { // RFC 7518 §3.2
		panic("claviger: an HS256 key has fewer than 32 bytes")
	}
	return &Symmetric{append([]byte(nil), key...)}
}

// Sign returns the compact JWS of payload.
func (s *Symmetric) Sign(typ string, payload []byte) (string, error) {
	if !isMediaType(typ) {
		return "", fmt.Errorf("signing: %q is no token type", typ)
	}
	header := encode([]byte(`{"alg":"`+hs256+`","typ":"`+typ+`"}`)) + "."
	token := appendInput(header, payload, sha256.Size)
	signature := s.sum(string(token))
	return string(base64.RawURLEncoding.AppendEncode(append(token, '.'), signature)), nil
}

// Verify returns the payload of a token of one type that Sign made. The error is
// ErrMalformed, ErrAlgorithm, ErrUnknownKey, ErrSignature or ErrType.
func (s *Symmetric) Verify(token, typ string) ([]byte, error) {
	c, err := parse(token)
	switch {
	case err != nil:
		return nil, err
	case c.header.Algorithm != hs256:
		return nil, ErrAlgorithm
	case c.header.KeyID != "":
		return nil, ErrUnknownKey
	case subtle.ConstantTimeCompare(s.sum(c.input), c.signature) != 1:
		return nil, ErrSignature
	case typ == "" || !c.header.typeIs(typ):
		return nil, ErrType
	}
	payload, err := decode(c.payload)
	if err != nil {
		return nil, ErrMalformed
	}
	return payload, nil
}

func (s *Symmetric) sum(input string) []byte {
	mac := hmac.New(sha256.New, s.key)
	_, _ = io.WriteString(mac, input)
	return mac.Sum(nil)
}
