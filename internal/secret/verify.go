package secret

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"strings"
)

const plainPrefix = "sha256:"

var plainForm = regexp.MustCompile(`^sha256:[0-9a-fA-F]{64}$`)

// Verify compares a machine's secret with the stored forms of its owner and
// returns which one matched, -1 for none, and whether it should be replaced by
// what Hash returns now. owner is the id that Proven remembers under; with no
// owner nothing is remembered. An unknown owner is a call without stored forms.
//
// A match on a digest is cheap. Everything else costs slow evaluations: one for
// each slow stored form, and when there is none one all the same, so that an
// unknown id, a wrong secret, and a digest or a hash behind it take the same
// time (ALL-7). The error is that of Pool.Do, or ErrTooLong.
func (h *Hasher) Verify(ctx context.Context, owner, presented string, stored ...string) (matched int, rehash bool, err error) {
	matched, err = h.match(ctx, owner, presented, stored)
	if matched < 0 {
		return -1, false, err
	}
	if strings.HasPrefix(stored[matched], digestPrefix) {
		return matched, false, nil
	}
	return matched, Strong(presented) || !isCurrentArgon2id(stored[matched]), nil
}

// VerifyPassword is Verify for what a person chose: rehash is true unless the
// stored form is what HashPassword returns now, however strong the password.
func (h *Hasher) VerifyPassword(ctx context.Context, owner, presented string, stored ...string) (matched int, rehash bool, err error) {
	matched, err = h.match(ctx, owner, presented, stored)
	if matched < 0 {
		return -1, false, err
	}
	return matched, !isCurrentArgon2id(stored[matched]), nil
}

func (h *Hasher) match(ctx context.Context, owner, presented string, stored []string) (int, error) {
	if len(presented) > maxLength {
		return -1, tooLong()
	}
	if i := h.matchCheap(presented, stored); i >= 0 {
		return i, nil
	}
	if i := h.Proven.match(owner, presented, stored); i >= 0 {
		return i, nil
	}
	return h.matchSlow(ctx, owner, presented, stored)
}

// matchCheap looks at every stored form, without leaving early (D02).
func (h *Hasher) matchCheap(presented string, stored []string) int {
	var room [digestLength]byte
	digest := h.appendDigest(room[:0], presented)
	matched := -1
	for i, form := range stored {
		computed := digest
		if strings.HasPrefix(form, plainPrefix) {
			form, computed = strings.ToLower(form), plainDigest(presented)
		}
		equal := subtle.ConstantTimeCompare([]byte(form), computed)
		matched = subtle.ConstantTimeSelect(equal, i, matched)
	}
	return matched
}

// plainDigest is the stored form of imported secrets that were hashed without a key.
func plainDigest(presented string) []byte {
	sum := sha256.Sum256([]byte(presented))
	return hex.AppendEncode([]byte(plainPrefix), sum[:])
}

func (h *Hasher) matchSlow(ctx context.Context, owner, presented string, stored []string) (int, error) {
	paid := false
	for i, form := range stored {
		slow, err := parseSlow(form)
		if err != nil {
			continue // cheap and compared already, or nothing that could ever match
		}
		paid = true
		var equal bool
		if err := h.slowly(ctx, func() { equal = slow.equal(presented) }); err != nil {
			return -1, err
		}
		if equal {
			h.Proven.remember(owner, presented, form)
			return i, nil
		}
	}
	if paid {
		return -1, nil
	}
	return -1, h.slowly(ctx, func() { dummy.equal(presented) })
}
