package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Signing algorithms (RFC 7518 §3.1, RFC 8037 §3.1).
const (
	ES256 = "ES256" // the default: fast, and every verifier knows it
	EdDSA = "EdDSA" // Ed25519
	RS256 = "RS256" // for verifiers that know nothing else: signing costs 30 times as much
)

// Algorithms returns the signing algorithms, in the order of preference.
func Algorithms() []string { return []string{ES256, EdDSA, RS256} }

// Errors of making and reading keys.
var (
	ErrAlgorithm = errors.New("the algorithm is not the one of the key, or not supported")
	ErrKey       = errors.New("not a usable private key: ECDSA on P-256, Ed25519, or RSA of 2048 to 4096 bits")
)

const (
	rsaBits    = 2048
	maxRSABits = 4096
)

// Key is a signing key with the times of its life.
type Key struct {
	ID        string // kid: the RFC 7638 thumbprint
	Algorithm string
	CreatedAt time.Time
	ActiveAt  time.Time // from when it signs
	RetiredAt time.Time // until when it signs; zero: no end set
	RemovedAt time.Time // until when it is published and verifies; zero: no end set

	private crypto.Signer
	jwk     []byte            // public
	headers map[string]string // typ -> encoded header and dot
}

// Generate makes a key. ES256 and EdDSA keys depend on random alone; RSA keys on
// the system's source, which is all that the standard library uses for them.
func Generate(algorithm string, random io.Reader) (*Key, error) {
	switch algorithm {
	case ES256:
		return newKey(generateECDSA(random))
	case EdDSA:
		seed := make([]byte, ed25519.SeedSize)
		mustRead(random, seed)
		return newKey(ed25519.NewKeyFromSeed(seed))
	case RS256:
		private, err := rsa.GenerateKey(random, rsaBits)
		if err != nil {
			return nil, fmt.Errorf("generating an RSA key: %w", err)
		}
		return newKey(private)
	}
	return nil, ErrAlgorithm
}

// generateECDSA draws until the value is in range (FIPS 186-5 §A.2.2): P-256
// misses once in 2^32.
func generateECDSA(random io.Reader) *ecdsa.PrivateKey {
	for {
		var raw [32]byte
		mustRead(random, raw[:])
		if private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw[:]); err == nil {
			return private
		}
	}
}

// FromPEM reads a private key from one PEM block: PKCS #8, SEC 1 or PKCS #1.
func FromPEM(text []byte) (*Key, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%w: no PEM block", ErrKey)
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, fmt.Errorf("%w: more than one PEM block", ErrKey)
	}
	var private any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		return FromPKCS8(block.Bytes)
	case "EC PRIVATE KEY":
		private, err = x509.ParseECPrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		private, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	default:
		return nil, fmt.Errorf("%w: a PEM block of another type", ErrKey)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return newKey(private)
}

// FromPKCS8 reads a private key; its type decides the algorithm.
func FromPKCS8(der []byte) (*Key, error) {
	private, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return newKey(private)
}

// MarshalPrivate returns the private key as PKCS #8. Only what is about to be
// sealed calls it.
func (k *Key) MarshalPrivate() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.private) }

func newKey(private any) (*Key, error) {
	k := &Key{}
	switch p := private.(type) {
	case *ecdsa.PrivateKey:
		if p.Curve != elliptic.P256() {
			return nil, ErrKey
		}
		k.Algorithm, k.private = ES256, p
	case ed25519.PrivateKey:
		k.Algorithm, k.private = EdDSA, p
	case *rsa.PrivateKey:
		if n := p.N.BitLen(); n < rsaBits || n > maxRSABits || p.E < 65537 {
			return nil, ErrKey
		}
		k.Algorithm, k.private = RS256, p
	default:
		return nil, ErrKey
	}
	public, err := newPublicJWK(k.private.Public(), k.Algorithm)
	if err != nil {
		return nil, err
	}
	k.ID, k.jwk = public.KeyID, public.marshal()
	k.headers = commonHeaders(k)
	return k, nil
}

// JWK returns the public key as a JWK (RFC 7517).
func (k *Key) JWK() []byte { return append([]byte(nil), k.jwk...) }

// Public returns the public key.
func (k *Key) Public() crypto.PublicKey { return k.private.Public() }

// SignsAt reports whether the key may sign at that time.
func (k *Key) SignsAt(now time.Time) bool {
	return !now.Before(k.ActiveAt) && (k.RetiredAt.IsZero() || now.Before(k.RetiredAt))
}

// PublishedAt reports whether the key is published, and verifies, at that time:
// from before its first use until it is removed.
func (k *Key) PublishedAt(now time.Time) bool {
	return k.RemovedAt.IsZero() || now.Before(k.RemovedAt)
}

// String shows the kid and the algorithm.
func (k *Key) String() string { return k.Algorithm + " key " + k.ID }

// Format hides the private key from every verb of fmt.
func (k *Key) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, k.String()) }

// LogValue is String, for slog.
func (k *Key) LogValue() slog.Value { return slog.StringValue(k.String()) }
