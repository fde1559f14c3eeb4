package secret

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"claviger/oauth"
)

const weak = "your-client-secret"

func newHasher() *Hasher {
	return &Hasher{Key: bytes.Repeat([]byte{0xaa}, 131), Pool: NewPool(2, 0), Rand: rand.Reader}
}

// counted returns a hasher and how many slow evaluations it has made.
func counted() (*Hasher, *atomic.Int32) {
	h, count := newHasher(), &atomic.Int32{}
	h.onSlow = func() { count.Add(1) }
	return h, count
}

func sha256Form(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func mustHash(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	stored, err := h.HashPassword(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestDigestIsHMACOfRFC4231(t *testing.T) {
	got := newHasher().Digest("Test Using Larger Than Block-Size Key - Hash Key First") // §4.7
	raw, _ := hex.DecodeString("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
	if want := "hmac-sha256:" + base64.RawURLEncoding.EncodeToString(raw); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestD07_StoredFormsAreHashes(t *testing.T) {
	h := newHasher()
	strong := Generate(ClientSecret, rand.Reader)
	imported := "f32c5497297084e5354b47c40d5ccacb109ce483" // CP-3
	for _, test := range []struct{ secret, prefix string }{
		{strong, "hmac-sha256:"},
		{imported, "hmac-sha256:"},
		{weak, "$argon2id$v=19$m=19456,t=2,p=1$"},
		{"correct horse battery staple", "$argon2id$v=19$m=19456,t=2,p=1$"},
	} {
		stored, err := h.Hash(t.Context(), test.secret)
		if err != nil || !strings.HasPrefix(stored, test.prefix) || strings.Contains(stored, test.secret) {
			t.Errorf("%q is stored as %q, %v", test.secret, stored, err)
		}
		if err := Recognise(stored); err != nil {
			t.Errorf("%q: %v", stored, err)
		}
	}
	another := newHasher()
	another.Key = bytes.Repeat([]byte{0xbb}, 32)
	if h.Digest(strong) == another.Digest(strong) {
		t.Error("a digest can be computed without the key: a stolen database can be searched")
	}
	if a, b := mustHash(t, h, weak), mustHash(t, h, weak); a == b {
		t.Error("two hashes of a password are equal: there is no salt")
	}
}

func TestVerifyMatchesAndAsksForARehash(t *testing.T) {
	h := newHasher()
	strong := Generate(APIKey, rand.Reader)
	tests := []struct {
		name, presented string
		stored          []string
		matched         int
		rehash          bool
	}{
		{"a digest", strong, []string{h.Digest(strong)}, 0, false},
		{"the second of two", strong, []string{h.Digest("x"), h.Digest(strong)}, 1, false},
		{"plain SHA-256", strong, []string{sha256Form(strong)}, 0, true},
		{"plain SHA-256 in capitals", strong, []string{"sha256:" + strings.ToUpper(sha256Form(strong)[7:])}, 0, true},
		{"plain SHA-256 of a weak one", weak, []string{sha256Form(weak)}, 0, true},
		{"Argon2id of a weak one", weak, []string{mustHash(t, h, weak)}, 0, false},
		{"Argon2id of a strong one", strong, []string{mustHash(t, h, strong)}, 0, true},
		{"bcrypt behind a digest", "U*U", []string{h.Digest(strong), vectors[1].stored}, 1, true},
		{"a wrong one", "wrong", []string{h.Digest(strong), vectors[1].stored}, -1, false},
		{"nobody", strong, nil, -1, false},
		{"a form that nobody knows", "x", []string{"x", ""}, -1, false},
		{"an empty one", "", []string{""}, -1, false},
		{"the stored form itself", h.Digest(strong), []string{h.Digest(strong)}, -1, false},
	}
	for _, v := range vectors {
		tests = append(tests, tests[0])
		last := &tests[len(tests)-1]
		last.name, last.presented, last.stored, last.rehash = v.name, v.password, []string{v.stored}, true
	}
	for _, test := range tests {
		matched, rehash, err := h.Verify(t.Context(), "", test.presented, test.stored...)
		if matched != test.matched || rehash != test.rehash || err != nil {
			t.Errorf("%s: %d, rehash %v, %v; want %d, %v", test.name, matched, rehash, err, test.matched, test.rehash)
		}
	}
}

func TestVerifyPasswordIsContentWithItsOwnForm(t *testing.T) {
	h := newHasher()
	strong := Generate(APIKey, rand.Reader) // chosen as a password, by a password manager
	stored := mustHash(t, h, strong)
	if matched, rehash, err := h.VerifyPassword(t.Context(), "", strong, stored); matched != 0 || rehash || err != nil {
		t.Errorf("Argon2id: %d, rehash %v, %v", matched, rehash, err)
	}
	if matched, rehash, _ := h.VerifyPassword(t.Context(), "", "U*U", vectors[1].stored); matched != 0 || !rehash {
		t.Errorf("bcrypt: %d, rehash %v", matched, rehash)
	}
	if matched, rehash, _ := h.VerifyPassword(t.Context(), "", "x", stored); matched != -1 || rehash {
		t.Errorf("a wrong one: %d, rehash %v", matched, rehash)
	}
}

func TestALL_7_AFailureCostsOneSlowEvaluation(t *testing.T) {
	h, count := counted()
	h.Proven = NewProven(time.Now, rand.Reader, 10, time.Minute)
	strong := Generate(ClientSecret, rand.Reader)
	slow := mustHash(t, h, weak)
	for _, test := range []struct {
		name   string
		stored []string
	}{
		{"unknown", nil},
		{"a digest", []string{h.Digest(strong)}},
		{"two digests", []string{h.Digest(strong), h.Digest(strong + "x")}},
		{"plain SHA-256", []string{sha256Form(strong)}},
		{"Argon2id", []string{slow}},
		{"Argon2id and a digest", []string{h.Digest(strong), slow}},
		{"bcrypt", []string{vectors[1].stored}},
		{"a form that nobody knows", []string{"?"}},
	} {
		for presented := range map[string]bool{Generate(ClientSecret, rand.Reader): true, strings.Repeat("x", 100) + "\x00": true} {
			for name, verify := range map[string]func(context.Context, string, string, ...string) (int, bool, error){
				"Verify": h.Verify, "VerifyPassword": h.VerifyPassword,
			} {
				count.Store(0)
				matched, _, err := verify(t.Context(), "owner", presented, test.stored...)
				if matched != -1 || err != nil || count.Load() != 1 {
					t.Errorf("%s of %s: %d, %v, after %d slow evaluations", name, test.name, matched, err, count.Load())
				}
			}
		}
	}
	count.Store(0)
	if matched, _, _ := h.Verify(t.Context(), "", strong, h.Digest(strong), slow); matched != 0 || count.Load() != 0 {
		t.Errorf("a right strong secret: %d after %d slow evaluations", matched, count.Load())
	}
}

func TestE13_PasswordsCountInFull(t *testing.T) {
	h := newHasher()
	long := strings.Repeat("x", 72)
	for _, pair := range [][2]string{
		{long + "a", long + "b"},
		{"a\x00b", "a\x00c"},
		{"a", "a\x00"},
		{strings.Repeat("x", 1023) + "a", strings.Repeat("x", 1023) + "b"},
	} {
		stored := mustHash(t, h, pair[0])
		if matched, _, _ := h.VerifyPassword(t.Context(), "", pair[0], stored); matched != 0 {
			t.Errorf("%q is not its own password", pair[0])
		}
		if matched, _, _ := h.VerifyPassword(t.Context(), "", pair[1], stored); matched != -1 {
			t.Errorf("%q is taken for %q", pair[1], pair[0])
		}
	}
}

func TestE14_TooLongIsRefusedBeforeHashing(t *testing.T) {
	h, count := counted()
	megabyte := strings.Repeat("x", 1<<20)
	_, err1 := h.HashPassword(t.Context(), megabyte)
	_, err2 := h.Hash(t.Context(), megabyte)
	_, _, err3 := h.Verify(t.Context(), "", megabyte, vectors[0].stored)
	_, _, err4 := h.VerifyPassword(t.Context(), "", megabyte[:1025])
	for i, err := range []error{err1, err2, err3, err4} {
		if !errors.Is(err, ErrTooLong) || oauth.AsError(err).Status != http.StatusBadRequest {
			t.Errorf("%d: %v", i, err)
		}
	}
	if count.Load() != 0 {
		t.Errorf("%d slow evaluations of a refused password", count.Load())
	}
	if _, err := h.HashPassword(t.Context(), megabyte[:1024]); err != nil {
		t.Errorf("1024 bytes: %v", err)
	}
}

func TestVerifyTellsAnOverloadFromAWrongSecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher()
		h.Pool = NewPool(1, 1)
		hold := make(chan struct{})
		for range 2 {
			go func() { _ = h.Pool.Do(t.Context(), func() { <-hold }) }()
		}
		synctest.Wait()
		for _, stored := range [][]string{nil, {h.Digest("x")}, {vectors[1].stored}} {
			matched, _, err := h.Verify(t.Context(), "", "U*U", stored...)
			if matched != -1 || err == nil || oauth.AsError(err).Reason != oauth.ReasonOverloaded {
				t.Errorf("%q: %d, %v", stored, matched, err)
			}
		}
		if _, err := h.HashPassword(t.Context(), "x"); err == nil || oauth.AsError(err).Reason != oauth.ReasonOverloaded {
			t.Errorf("HashPassword: %v", err)
		}
		strong := Generate(ClientSecret, rand.Reader)
		if matched, _, err := h.Verify(t.Context(), "", strong, h.Digest(strong)); matched != 0 || err != nil {
			t.Errorf("a strong secret needs no slot: %d, %v", matched, err)
		}
		close(hold)
	})
}

func TestDigestNeedsAKey(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a digest was made under no key")
		}
	}()
	(&Hasher{}).Digest("x")
}

func BenchmarkDigest(b *testing.B) {
	h, secret := newHasher(), Generate(ClientSecret, rand.Reader)
	for b.Loop() {
		h.Digest(secret)
	}
}

func BenchmarkVerifyDigest(b *testing.B) {
	h, secret := newHasher(), Generate(ClientSecret, rand.Reader)
	stored := h.Digest(secret)
	for b.Loop() {
		if matched, _, _ := h.Verify(b.Context(), "owner", secret, stored); matched != 0 {
			b.Fatal("no match")
		}
	}
}

func BenchmarkVerifyProven(b *testing.B) {
	h := newHasher()
	h.Proven = NewProven(time.Now, rand.Reader, 10, time.Hour)
	stored, _ := h.HashPassword(b.Context(), weak)
	h.Proven.remember("owner", weak, stored)
	for b.Loop() {
		if matched, _, _ := h.VerifyPassword(b.Context(), "owner", weak, stored); matched != 0 {
			b.Fatal("no match")
		}
	}
}

func BenchmarkVerifyArgon2id(b *testing.B) {
	h := newHasher()
	stored, _ := h.HashPassword(b.Context(), weak)
	for b.Loop() {
		if matched, _, _ := h.VerifyPassword(b.Context(), "", weak, stored); matched != 0 {
			b.Fatal("no match")
		}
	}
}
