package keys

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Errors of verifying. They are for logs and tests; to a client all of them are
// one and the same.
var (
	ErrMalformed  = errors.New("not a compact JWS as this server signs it")
	ErrUnknownKey = errors.New("the token names no key of this server")
	ErrSignature  = errors.New("the signature is not right")
	ErrType       = errors.New("the token is of another type")
)

const maxToken = 16 << 10 // bytes

// compact is a JWS in its parts (RFC 7515 §7.1), nothing in it proven yet.
type compact struct {
	header    header
	input     string // what is signed
	payload   string // encoded
	signature []byte
}

// header is what counts of a JOSE header. Of the members that change how a JWS
// is to be read (RFC 7515 §4.1.11, RFC 7797 §3, RFC 7516 §4.1) none is supported,
// so their presence refuses the token. Members that name or hold a key (jwk, jku,
// x5u, x5c) are not read at all (RFC 8725 §3.10).
type header struct {
	Algorithm string         `json:"alg"`
	KeyID     string         `json:"kid"`
	Type      string         `json:"typ"`
	Critical  jsontext.Value `json:"crit"`
	Unencoded jsontext.Value `json:"b64"`
	Zip       jsontext.Value `json:"zip"`
	Encrypted jsontext.Value `json:"enc"`
}

// parse is strict: exactly two dots, base64url without padding, spare bits or
// line ends, a header without duplicate names or trailing data. It looks at the
// size first and makes nothing of what it refuses (C09).
func parse(token string) (*compact, error) {
	if len(token) > maxToken {
		return nil, ErrMalformed
	}
	head, rest, _ := strings.Cut(token, ".")
	payload, tail, found := strings.Cut(rest, ".")
	if !found || strings.Contains(tail, ".") {
		return nil, ErrMalformed
	}
	c := &compact{input: token[:len(token)-len(tail)-1], payload: payload}
	raw, err := decode(head)
	if err != nil || json.Unmarshal(raw, &c.header) != nil || !bytes.HasPrefix(raw, []byte("{")) {
		return nil, ErrMalformed
	}
	h := &c.header
	if h.Critical != nil || h.Unencoded != nil || h.Zip != nil || h.Encrypted != nil {
		return nil, ErrMalformed
	}
	if c.signature, err = decode(tail); err != nil || len(c.signature) == 0 {
		return nil, ErrMalformed
	}
	return c, nil
}

func decode(text string) ([]byte, error) {
	if strings.ContainsAny(text, "\r\n") { // which the decoder would skip
		return nil, ErrMalformed
	}
	return base64.RawURLEncoding.Strict().DecodeString(text)
}

// typeIs compares media types as RFC 7515 §4.1.9 writes them: without case, and
// with or without "application/".
func (h *header) typeIs(typ string) bool { return bareType(h.Type) == bareType(typ) }

func bareType(typ string) string { return strings.TrimPrefix(strings.ToLower(typ), "application/") }
