package resource

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math/big"
	"strings"
)

// Algorithms that keys can have.
const (
	es256 = "ES256"
	edDSA = "EdDSA"
	rs256 = "RS256"
)

const (
	maxKeys  = 100
	maxKeyID = 256 // bytes
)

var errKey = errors.New("not a public key that can be used")

// publicKey is a key of the server, with the one algorithm that it is for (RFC
// 8725 §3.1).
type publicKey struct {
	algorithm string
	key       crypto.PublicKey
}

// parseKeys reads a JWK set (RFC 7517 §5). Keys of a kind that is not known, and
// those without a kid, are left out (§5); a set without any key that can be used,
// or with a kid twice, is an error.
func parseKeys(raw []byte) (map[string]publicKey, error) {
	keys := map[string]publicKey{}
	add := func(value []byte) error {
		id, key, err := parseKey(value)
		if errors.Is(err, errKey) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, twice := keys[id]; twice || len(keys) == maxKeys {
			return errors.New("the key set has a kid twice, or too many keys")
		}
		keys[id] = key
		return nil
	}
	err := readObject(raw, func(name string, value []byte) error {
		if name != "keys" {
			return nil
		}
		return readArray(value, add)
	})
	if err == nil && len(keys) == 0 {
		err = errors.New("the key set has no key that can be used")
	}
	return keys, err
}

func parseKey(raw []byte) (id string, key publicKey, err error) {
	members := map[string]string{}
	err = readObject(raw, func(name string, value []byte) error {
		if s, err := text(value); err == nil {
			members[name] = s
		}
		return nil
	})
	if err != nil {
		return "", publicKey{}, err
	}
	id = members["kid"]
	if id == "" || len(id) > maxKeyID || members["use"] != "" && members["use"] != "sig" {
		return "", publicKey{}, errKey
	}
	switch members["kty"] + " " + members["crv"] {
	case "EC P-256":
		key, err = newECKey(members)
	case "OKP Ed25519":
		key, err = newEd25519Key(members)
	case "RSA ":
		key, err = newRSAKey(members)
	default:
		return "", publicKey{}, errKey
	}
	if err == nil && members["alg"] != "" && members["alg"] != key.algorithm {
		err = errKey
	}
	return id, key, err
}

func newECKey(members map[string]string) (publicKey, error) {
	x, errX := decode(members["x"])
	y, errY := decode(members["y"])
	if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
		return publicKey{}, errKey
	}
	point := append(append([]byte{4}, x...), y...)
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point) // refuses points off the curve
	if err != nil {
		return publicKey{}, errKey
	}
	return publicKey{es256, key}, nil
}

func newEd25519Key(members map[string]string) (publicKey, error) {
	x, err := decode(members["x"])
	if err != nil || len(x) != ed25519.PublicKeySize {
		return publicKey{}, errKey
	}
	return publicKey{edDSA, ed25519.PublicKey(x)}, nil
}

// newRSAKey takes 2048 to 4096 bits (C10).
func newRSAKey(members map[string]string) (publicKey, error) {
	n, errN := decode(members["n"])
	e, errE := decode(members["e"])
	if errN != nil || errE != nil || len(n) > 512 || len(e) > 4 {
		return publicKey{}, errKey
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if key.N.BitLen() < 2048 || key.E < 65537 || key.E%2 == 0 || key.E > 1<<31-1 {
		return publicKey{}, errKey
	}
	return publicKey{rs256, key}, nil
}

// verifies reports whether the key made a signature.
func (k publicKey) verifies(input string, signature []byte) bool {
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		if len(signature) != 64 { // RFC 7518 §3.4
			return false
		}
		sum := sha256.Sum256([]byte(input))
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(key, sum[:], r, s)
	case ed25519.PublicKey:
		return ed25519.Verify(key, []byte(input), signature)
	case *rsa.PublicKey:
		sum := sha256.Sum256([]byte(input))
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	}
	return false
}

// decode reads base64url without padding, spare bits or line ends, which the
// decoder would skip.
func decode(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") {
		return nil, errKey
	}
	return base64.RawURLEncoding.Strict().DecodeString(s)
}
