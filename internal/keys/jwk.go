package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// publicJWK is a public key as RFC 7517, RFC 7518 §6 and RFC 8037 §2 write it.
// Its members are base64url or from a fixed list, so nothing needs escaping.
type publicJWK struct {
	KeyID     string
	algorithm string
	required  string // the members that a thumbprint covers, in order (RFC 7638 §3.2)
}

func newPublicJWK(public crypto.PublicKey, algorithm string) (publicJWK, error) {
	j := publicJWK{algorithm: algorithm}
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		point, err := p.Bytes() // 0x04, x, y
		if err != nil || len(point) != 65 {
			return publicJWK{}, ErrKey
		}
		j.required = `"crv":"P-256","kty":"EC","x":"` + encode(point[1:33]) + `","y":"` + encode(point[33:]) + `"`
	case ed25519.PublicKey:
		j.required = `"crv":"Ed25519","kty":"OKP","x":"` + encode(p) + `"`
	case *rsa.PublicKey:
		var e [8]byte
		binary.BigEndian.PutUint64(e[:], uint64(p.E))
		exponent := strings.TrimLeft(string(e[:]), "\x00")
		j.required = `"e":"` + encode([]byte(exponent)) + `","kty":"RSA","n":"` + encode(p.N.Bytes()) + `"`
	default:
		return publicJWK{}, ErrKey
	}
	sum := sha256.Sum256([]byte("{" + j.required + "}"))
	j.KeyID = encode(sum[:])
	return j, nil
}

func (j publicJWK) marshal() []byte {
	return []byte(`{` + j.required + `,"use":"sig","alg":"` + j.algorithm + `","kid":"` + j.KeyID + `"}`)
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }
