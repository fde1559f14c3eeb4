package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Types of the tokens that this server signs (RFC 9068 §2.1, RFC 7519 §5.1,
// OpenID Connect Back-Channel Logout §2.4).
const (
	TypeAccessToken  = "at+jwt"
	TypeIDToken      = "JWT"
	TypeLogoutToken  = "logout+jwt"
	TypeRefreshToken = "rt+jwt" // ours: for dialects whose refresh tokens are JWTs
)

const maxSignature = 512 // bytes: RSA of 4096 bits

func commonHeaders(k *Key) map[string]string {
	headers := map[string]string{}
	for _, typ := range []string{TypeAccessToken, TypeIDToken} {
		headers[typ] = k.header(typ)
	}
	return headers
}

func (k *Key) header(typ string) string {
	return encode([]byte(`{"alg":"`+k.Algorithm+`","kid":"`+k.ID+`","typ":"`+typ+`"}`)) + "."
}

// Sign returns the compact JWS (RFC 7515 §7.1) of payload, with alg, kid and typ
// in its header. Equal payloads give equal tokens, under each algorithm.
func (k *Key) Sign(typ string, payload []byte) (string, error) {
	header, ok := k.headers[typ]
	if !ok {
		if !isMediaType(typ) {
			return "", fmt.Errorf("signing: %q is no token type", typ)
		}
		header = k.header(typ)
	}
	token := appendInput(header, payload, maxSignature)
	var room [maxSignature]byte
	signature, err := k.appendSignature(room[:0], token)
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return string(base64.RawURLEncoding.AppendEncode(append(token, '.'), signature)), nil
}

// appendInput returns the signing input: the header with its dot, the payload.
func appendInput(header string, payload []byte, signature int) []byte {
	encoded := base64.RawURLEncoding.EncodedLen
	token := make([]byte, 0, len(header)+encoded(len(payload))+1+encoded(signature))
	return base64.RawURLEncoding.AppendEncode(append(token, header...), payload)
}

func (k *Key) appendSignature(to, input []byte) ([]byte, error) {
	switch p := k.private.(type) {
	case *ecdsa.PrivateKey:
		sum := sha256.Sum256(input)
		der, err := p.Sign(nil, sum[:], crypto.SHA256) // no source of randomness: RFC 6979
		if err != nil {
			return nil, err
		}
		return appendRaw(to, der)
	case ed25519.PrivateKey:
		return append(to, ed25519.Sign(p, input)...), nil
	case *rsa.PrivateKey:
		sum := sha256.Sum256(input)
		signature, err := rsa.SignPKCS1v15(nil, p, crypto.SHA256, sum[:])
		return append(to, signature...), err
	}
	return nil, ErrAlgorithm
}

// appendRaw turns an ASN.1 signature into r and s of 32 bytes each (RFC 7518
// §3.4), with the leading zeros that ASN.1 leaves out.
func appendRaw(to, der []byte) ([]byte, error) {
	var r, s []byte
	input, inner := cryptobyte.String(der), cryptobyte.String(nil)
	if !input.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1Integer(&r) || !inner.ReadASN1Integer(&s) ||
		len(r) > 32 || len(s) > 32 {
		return nil, errors.New("an ECDSA signature of unknown form")
	}
	start := len(to)
	to = append(to, make([]byte, 64)...)
	copy(to[start+32-len(r):], r)
	copy(to[start+64-len(s):], s)
	return to, nil
}

// isMediaType reports whether typ needs no escaping in JSON.
func isMediaType(typ string) bool {
	for _, c := range []byte(typ) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '+', c == '-', c == '.', c == '/':
		default:
			return false
		}
	}
	return typ != ""
}
