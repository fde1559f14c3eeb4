package secret

import (
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
)

// Kind says what a generated credential is for; it is part of its text.
type Kind string

// Kinds of generated credentials.
const (
	ClientSecret Kind = "sec"
	APIKey       Kind = "key"
	RefreshToken Kind = "rt"
	// AuthorizationCode and Session are single-use codes and browser cookies,
	// PushedRequest the secret part of a request_uri (RFC 9126 §2.2).
	AuthorizationCode Kind = "ac"
	Session           Kind = "ses"
	PushedRequest     Kind = "par"
	// Invitation is in the link that makes somebody a member.
	Invitation Kind = "inv"
)

// hasSelector tells tokens, which are found by a selector, from credentials.
func (k Kind) hasSelector() bool {
	return k == RefreshToken || k == AuthorizationCode || k == Session || k == PushedRequest
}

// Pattern matches every credential that this server generates, for secret
// scanners. WellFormed then tells a real one from a look-alike by its checksum.
const Pattern = `clv_(?:(?:sec|key|inv)_|(?:rt|ac|ses|par)_[0-9A-Za-z_-]{1,64}\.)[0-9a-hjkmnp-tv-z]{39}`

const (
	mark         = "clv_"
	randomBytes  = 20 // 160 bits: no guessing, and no padding in base32
	randomLength = 32
	sumLength    = 7 // CRC-32 in base32
)

// encoding has no upper case and none of i, l, o, u, so that a credential
// survives being read aloud, folded or selected with a double click.
var encoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// Generate returns a new credential of a kind that is presented whole:
// clv_<kind>_<32 characters, 160 random bits><7 characters of checksum>.
func Generate(kind Kind, random io.Reader) string {
	return withSum(mark + string(kind) + "_" + NewSecret(random))
}

// NewSecret returns 160 random bits as 32 characters.
func NewSecret(random io.Reader) string {
	var raw [randomBytes]byte
	mustRead(random, raw[:])
	return encoding.EncodeToString(raw[:])
}

// WellFormed reports the kind of a credential that this server generated, by its
// prefix and checksum alone: a leaked one is recognised without a database.
func WellFormed(text string) (Kind, bool) {
	rest, marked := strings.CutPrefix(text, mark)
	name, body, found := strings.Cut(rest, "_")
	kind := Kind(name)
	if !marked || !found || !sumHolds(text) {
		return "", false
	}
	switch {
	case kind == ClientSecret, kind == APIKey, kind == Invitation:
		return kind, isSecret(body[:max(0, len(body)-sumLength)])
	case kind.hasSelector():
		_, err := ParseToken(kind, text)
		return kind, err == nil
	}
	return "", false
}

func withSum(text string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(text)))
	return text + encoding.EncodeToString(sum[:])
}

// sumHolds compares texts, not numbers: the last character of a checksum has
// spare bits, and a credential has one spelling only.
func sumHolds(text string) bool {
	at := len(text) - sumLength
	return at > 0 && withSum(text[:at]) == text
}

func isSecret(text string) bool {
	if len(text) != randomLength || strings.ContainsAny(text, "\r\n") {
		return false
	}
	_, err := encoding.DecodeString(text)
	return err == nil
}

func mustRead(random io.Reader, into []byte) {
	if _, err := io.ReadFull(random, into); err != nil {
		panic("claviger: the random source failed: " + err.Error()) // H15: no secret without randomness
	}
}
