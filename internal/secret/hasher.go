package secret

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"hash"
	"io"
	"strings"
	"sync"

	"claviger/oauth"
)

// maxLength is the longest secret or password, in bytes. A longer one is
// refused before anything is computed, and never cut (E13, E14).
const maxLength = 1024

// ErrTooLong is the cause of the error for a secret or password of more than
// 1024 bytes.
var ErrTooLong = errors.New("longer than 1024 bytes")

const digestPrefix = "hmac-sha256:"

// Hasher turns secrets into stored forms and verifies against them. All fields
// but Proven are required.
type Hasher struct {
	Key    []byte    // at least 32 bytes, derived from the master key: not in the database
	Pool   *Pool     // where slow hashes are computed
	Proven *Proven   // nil: every right password is proven the slow way each time
	Rand   io.Reader // for salts

	onSlow func()    // tests count slow evaluations, for time tells nothing reliable
	macs   sync.Pool // of hash.Hash keyed with Key: keying one costs four times what a digest does
}

// Digest returns the cheap stored form of a strong secret, "hmac-sha256:" and
// base64url. The same secret has the same digest always, so it is also what a key
// presented without an id is looked up by.
func (h *Hasher) Digest(secret string) string {
	var room [digestLength]byte
	return string(h.appendDigest(room[:0], secret))
}

// digestLength is how long a digest is as text.
const digestLength = len(digestPrefix) + (sha256.Size*8+5)/6

func (h *Hasher) appendDigest(to []byte, secret string) []byte {
	mac, ok := h.macs.Get().(hash.Hash)
	if !ok {
		mac = hmac.New(sha256.New, mustKey(h.Key))
	}
	defer h.macs.Put(mac)
	mac.Reset()
	_, _ = io.WriteString(mac, secret)
	var sum [sha256.Size]byte
	return base64.RawURLEncoding.AppendEncode(append(to, digestPrefix...), mac.Sum(sum[:0]))
}

// Hash returns the stored form of a machine's secret: its Digest when it is
// Strong, else an Argon2id PHC string.
func (h *Hasher) Hash(ctx context.Context, secret string) (string, error) {
	if Strong(secret) {
		return h.Digest(secret), nil
	}
	return h.HashPassword(ctx, secret)
}

// HashPassword returns the stored form of what a person chose: Argon2id with
// 19 MiB, two passes, one lane. Every byte counts, NUL too.
func (h *Hasher) HashPassword(ctx context.Context, password string) (string, error) {
	if len(password) > maxLength {
		return "", tooLong()
	}
	salt := make([]byte, saltLength)
	mustRead(h.Rand, salt)
	var phc string
	err := h.slowly(ctx, func() { phc = formatArgon2id(password, salt) })
	return phc, err
}

// Recognise returns nil when Verify can check a stored form, whose cost is
// within bounds. Imports call it, so that a hostile or mistyped hash is refused
// where somebody reads the error.
func Recognise(stored string) error {
	if isCheap(stored) {
		return nil
	}
	_, err := parseSlow(stored)
	return err
}

func isCheap(stored string) bool {
	if rest, ok := strings.CutPrefix(stored, digestPrefix); ok {
		raw, err := base64.RawURLEncoding.DecodeString(rest)
		return err == nil && len(raw) == sha256.Size
	}
	return plainForm.MatchString(stored)
}

func (h *Hasher) slowly(ctx context.Context, work func()) error {
	return h.Pool.Do(ctx, func() {
		if h.onSlow != nil {
			h.onSlow()
		}
		work()
	})
}

func tooLong() error {
	return oauth.NewError(oauth.ReasonInvalidValue).
		Describe("A password or secret must not be longer than 1024 bytes.").Because(ErrTooLong)
}
