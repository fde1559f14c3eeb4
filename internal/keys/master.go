package keys

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Errors of MasterKey.
var (
	ErrMasterKeyText = errors.New("a master key is 32 random bytes, as 64 hexadecimal digits or base64")
	ErrMasterKeyWeak = errors.New("the master key is not random; make one with 32 bytes from a random source")
	ErrSealed        = errors.New("cannot be opened: the master key is another one than it was sealed with, or it was altered")
)

const masterKeyLength = 32

// MasterKey is the one secret that is not in the database: it seals the signing
// keys, and every other key of the server is derived from it. The zero value is
// no key. It never shows itself.
type MasterKey struct{ secret *[masterKeyLength]byte }

// NewMasterKey makes a key.
func NewMasterKey(random io.Reader) MasterKey {
	var secret [masterKeyLength]byte
	mustRead(random, secret[:])
	return MasterKey{&secret}
}

// ParseMasterKey reads a key as hexadecimal, or as base64 of either alphabet,
// padded or not; space around it is ignored.
func ParseMasterKey(text string) (MasterKey, error) {
	text = strings.TrimSpace(text)
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != masterKeyLength {
		raw, err = parseBase64(text)
	}
	if err != nil || len(raw) != masterKeyLength {
		return MasterKey{}, ErrMasterKeyText
	}
	// Chance gives about 30 different bytes of 32; a default or a placeholder
	// (zeros, a counter in hexadecimal, a word over and over) does not (F10).
	seen := map[byte]bool{}
	steps := 0
	for i, b := range raw {
		seen[b] = true
		if i > 0 && b-raw[i-1] == raw[1]-raw[0] {
			steps++
		}
	}
	if len(seen) < 16 || steps > 16 {
		return MasterKey{}, ErrMasterKeyWeak
	}
	return MasterKey{(*[masterKeyLength]byte)(raw)}, nil
}

func parseBase64(text string) ([]byte, error) {
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	return base64.RawStdEncoding.DecodeString(text)
}

// Derive returns the 32-byte key for a purpose (HKDF-SHA256): labels that differ
// give keys that tell nothing about each other or the master key.
func (m MasterKey) Derive(label string) []byte {
	if m.secret == nil {
		panic("claviger: a key was derived from no master key")
	}
	key, err := hkdf.Key(sha256.New, m.secret[:], nil, "claviger/"+label, masterKeyLength)
	if err != nil {
		panic("claviger: HKDF failed: " + err.Error()) // only for an output beyond 8 KiB
	}
	return key
}

const sealVersion = 1 // the first byte of what is sealed: AES-256-GCM, 12-byte nonce

// Seal encrypts plaintext and binds it to aad, which is not secret and must be
// the same for Open.
func (m MasterKey) Seal(random io.Reader, plaintext, aad []byte) []byte {
	gcm := m.cipher()
	sealed := make([]byte, 1+gcm.NonceSize(), 1+gcm.NonceSize()+len(plaintext)+gcm.Overhead())
	sealed[0] = sealVersion
	mustRead(random, sealed[1:])
	return gcm.Seal(sealed, sealed[1:], plaintext, versioned(aad))
}

// Open is the reverse of Seal. The error is ErrSealed.
func (m MasterKey) Open(sealed, aad []byte) ([]byte, error) {
	gcm := m.cipher()
	if len(sealed) < 1+gcm.NonceSize()+gcm.Overhead() || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	nonce, box := sealed[1:1+gcm.NonceSize()], sealed[1+gcm.NonceSize():]
	plaintext, err := gcm.Open(nil, nonce, box, versioned(aad))
	if err != nil {
		return nil, ErrSealed
	}
	return plaintext, nil
}

func (m MasterKey) cipher() cipher.AEAD {
	block, err := aes.NewCipher(m.Derive("seal"))
	if err != nil {
		panic("claviger: AES failed: " + err.Error()) // only for a key of another length
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic("claviger: GCM failed: " + err.Error()) // only for another block size
	}
	return gcm
}

func versioned(aad []byte) []byte { return append([]byte{sealVersion}, aad...) }

// String hides the key.
func (m MasterKey) String() string { return "[master key]" }

// Format hides the key from every verb of fmt.
func (m MasterKey) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, m.String()) }

// LogValue hides the key from slog.
func (m MasterKey) LogValue() slog.Value { return slog.StringValue(m.String()) }

func mustRead(random io.Reader, into []byte) {
	if _, err := io.ReadFull(random, into); err != nil {
		panic("claviger: the random source failed: " + err.Error()) // H15: no key without randomness
	}
}
