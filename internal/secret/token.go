package secret

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"log/slog"
	"strings"
)

// ErrMalformed is what parsing returns for text that this server never made.
var ErrMalformed = errors.New("not a token of this server")

// Token is an opaque token in two parts: the selector to find it by, and the
// secret of which only a hash is stored.
type Token struct {
	Kind     Kind
	Selector string
	Secret   string `json:"-"`
}

const maxSelector = 64

// FormatToken returns the text of an opaque token:
// clv_<kind>_<selector>.<secret><checksum>. The secret is one of NewSecret or
// Derive, the selector 1 to 64 letters, digits, "_" or "-".
func FormatToken(kind Kind, selector, secret string) string {
	return withSum(mark + string(kind) + "_" + selector + "." + secret)
}

// ParseToken is the reverse of FormatToken for tokens of one kind; anything else
// is ErrMalformed.
func ParseToken(want Kind, text string) (Token, error) {
	rest, marked := strings.CutPrefix(text, mark)
	if !marked || len(text) > 2*maxSelector+randomLength || !sumHolds(text) {
		return Token{}, ErrMalformed
	}
	kind, rest, _ := strings.Cut(rest[:len(rest)-sumLength], "_")
	selector, secret, found := strings.Cut(rest, ".")
	if !found || Kind(kind) != want || !want.hasSelector() || !isSelector(selector) || !isSecret(secret) {
		return Token{}, ErrMalformed
	}
	return Token{Kind: Kind(kind), Selector: selector, Secret: secret}, nil
}

func isSelector(text string) bool {
	for _, c := range []byte(text) {
		switch {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '-':
		default:
			return false
		}
	}
	return len(text) > 0 && len(text) <= maxSelector
}

// Hash returns the SHA-256 of the secret: what is stored. It needs neither salt
// nor slowness, because the secret is 160 random bits.
func (t Token) Hash() []byte {
	sum := sha256.Sum256([]byte(t.Secret))
	return sum[:]
}

// Equal compares the token with a stored hash in constant time.
func (t Token) Equal(hash []byte) bool { return subtle.ConstantTimeCompare(t.Hash(), hash) == 1 }

// String shows the selector only, so that a token in a log gives nothing away.
func (t Token) String() string { return mark + string(t.Kind) + "_" + t.Selector + ".…" }

// GoString is String: %#v gives nothing away either.
func (t Token) GoString() string { return t.String() }

// LogValue is String, for slog.
func (t Token) LogValue() slog.Value { return slog.StringValue(t.String()) }

// Derive returns the secret of the token that replaces presented under
// newSelector: 160 bits of HMAC-SHA256 over both. A retry of the same presented
// token computes the same successor, although only hashes are stored; whoever
// lacks the key, or the presented secret, cannot.
func Derive(key []byte, presented Token, newSelector string) string {
	mac := hmac.New(sha256.New, mustKey(key))
	_, _ = mac.Write(appendParts(nil, presented.Secret, newSelector)) // a hash never fails
	return encoding.EncodeToString(mac.Sum(nil)[:randomBytes])
}

// appendParts prefixes each part with its length, so that no two lists of parts
// are the same bytes.
func appendParts(to []byte, parts ...string) []byte {
	for _, part := range parts {
		to = append(binary.BigEndian.AppendUint64(to, uint64(len(part))), part...)
	}
	return to
}

// mustKey stops a mistake in the wiring: an HMAC under no key protects nothing.
func mustKey(key []byte) []byte {
	if len(key) < sha256.Size {
		panic("claviger: an HMAC key has fewer than 32 bytes")
	}
	return key
}
