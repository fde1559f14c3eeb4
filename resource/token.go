package resource

import (
	"context"
	"errors"
	"strings"
	"time"

	"claviger/oauth"
)

const (
	maxToken = 16 << 10 // bytes
	maxSkew  = 60 * time.Second
	typeJWT  = "at+jwt" // RFC 9068 §2.1
)

// Verify verifies an access token (RFC 9068 §4): offline, and with
// Config.CheckRevocation by the server too. Errors are *oauth.Error:
// ReasonTokenInvalid, ReasonTokenExpired, ReasonTokenRevoked, or ReasonUnavailable
// while the server's keys or its word cannot be had.
func (v *Verifier) Verify(ctx context.Context, token string) (*Caller, error) {
	payload, err := v.verifySignature(ctx, token)
	if err != nil {
		return nil, err
	}
	c, err := parseClaims(payload)
	if err != nil {
		return nil, tokenInvalid(err)
	}
	if err := v.checkClaims(c); err != nil {
		return nil, err
	}
	caller := c.caller(AccessToken)
	if v.config.CheckRevocation {
		if caller.Scopes, err = v.stillActive(ctx, token, c); err != nil {
			return nil, err
		}
	}
	return caller, nil
}

// verifySignature returns the payload of a token that a key of the server signed.
func (v *Verifier) verifySignature(ctx context.Context, token string) ([]byte, error) {
	t, err := parseToken(token)
	if err != nil {
		return nil, tokenInvalid(err)
	}
	key, err := v.keys.find(ctx, t.header.keyID)
	switch {
	case errors.Is(err, errUnknownKey):
		return nil, tokenInvalid(err)
	case err != nil:
		return nil, err
	case t.header.algorithm != key.algorithm: // RFC 8725 §3.1: the key decides, not the token
		return nil, tokenInvalid(errors.New("the algorithm is not the key's"))
	case !key.verifies(t.input, t.signature):
		return nil, tokenInvalid(errors.New("the signature is wrong"))
	}
	payload, err := decode(t.payload)
	if err != nil {
		return nil, tokenInvalid(err)
	}
	return payload, nil
}

// checkClaims is RFC 9068 §4 for the claims of a proven payload.
func (v *Verifier) checkClaims(c *claims) error {
	now := v.now()
	ahead := now.Add(maxSkew).Unix()
	switch {
	case c.issuer != v.config.Issuer: // C12
		return tokenInvalid(errors.New("another issuer"))
	case c.audience != v.config.Audience: // C06
		return tokenInvalid(errors.New("another audience"))
	case c.subject == "" || c.clientID == "" || c.id == "":
		return tokenInvalid(errors.New("a required claim is missing"))
	case c.issuedAt <= 0 || c.issuedAt > ahead || c.notBefore > ahead:
		return tokenInvalid(errors.New("it is not valid yet, or does not say from when"))
	case c.expiresAt <= 0:
		return tokenInvalid(errors.New("it does not say until when it is valid"))
	case now.Unix() >= c.expiresAt:
		return oauth.NewError(oauth.ReasonTokenExpired)
	}
	return nil
}

func tokenInvalid(cause error) *oauth.Error {
	return oauth.NewError(oauth.ReasonTokenInvalid).Because(cause)
}

// compact is a JWS in its parts (RFC 7515 §7.1), nothing in it proven yet.
type compact struct {
	header    header
	input     string // what is signed
	payload   string // encoded
	signature []byte
}

type header struct{ algorithm, keyID, typ string }

// parseToken is strict: exactly two dots, base64url to the bit. It looks at the
// size first (C09).
func parseToken(token string) (*compact, error) {
	malformed := errors.New("not a compact JWS")
	if len(token) > maxToken || strings.Count(token, ".") != 2 {
		return nil, malformed
	}
	first, last := strings.IndexByte(token, '.'), strings.LastIndexByte(token, '.')
	t := &compact{input: token[:last], payload: token[first+1 : last]}
	raw, err := decode(token[:first])
	if err != nil {
		return nil, malformed
	}
	if err := t.header.parse(raw); err != nil {
		return nil, err
	}
	if t.signature, err = decode(token[last+1:]); err != nil || len(t.signature) == 0 {
		return nil, malformed
	}
	return t, nil
}

// parse reads what counts of a JOSE header. Members that change how a JWS is read
// (RFC 7515 §4.1.11, RFC 7797 §3, RFC 7516 §4.1) refuse it; those that name or hold
// a key (jwk, jku, x5u, x5c) are passed over (RFC 8725 §3.10).
func (h *header) parse(raw []byte) error {
	err := readObject(raw, func(name string, value []byte) (err error) {
		switch name {
		case "alg":
			h.algorithm, err = text(value)
		case "kid":
			h.keyID, err = text(value)
		case "typ":
			h.typ, err = text(value)
		case "crit", "b64", "zip", "enc":
			err = errors.New("the header asks for what is not supported: " + name)
		}
		return err
	})
	switch typ := strings.TrimPrefix(strings.ToLower(h.typ), "application/"); {
	case err != nil:
		return err
	case h.keyID == "" || len(h.keyID) > maxKeyID:
		return errors.New("the header names no key")
	case typ != typeJWT: // RFC 8725 §3.11
		return errors.New("the token is of another type")
	}
	return nil
}
