package keys

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// rsaKey is made once: it costs more than all other tests here.
var rsaKey = sync.OnceValue(func() *Key {
	k, err := Generate(RS256, rand.Reader)
	if err != nil {
		panic(err)
	}
	return k
})

func mustGenerate(t testing.TB, algorithm string) *Key {
	t.Helper()
	if algorithm == RS256 {
		k := *rsaKey()
		return &k
	}
	k, err := Generate(algorithm, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestThumbprintOfPublishedVectors(t *testing.T) {
	n, _ := base64.RawURLEncoding.DecodeString("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")
	j, err := newPublicJWK(&rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}, RS256) // RFC 7638 §3.1
	if err != nil || j.KeyID != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("RSA: %s, %v", j.KeyID, err)
	}
	seed, _ := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	j, err = newPublicJWK(ed25519.NewKeyFromSeed(seed).Public(), EdDSA) // RFC 8037 §A.3
	if err != nil || j.KeyID != "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k" {
		t.Errorf("Ed25519: %s, %v", j.KeyID, err)
	}
}

func TestJWKIsReadByAnotherLibrary(t *testing.T) {
	for _, algorithm := range Algorithms() {
		k := mustGenerate(t, algorithm)
		var parsed jose.JSONWebKey
		if err := parsed.UnmarshalJSON(k.JWK()); err != nil {
			t.Fatalf("%s: %v", algorithm, err)
		}
		if parsed.KeyID != k.ID || parsed.Algorithm != algorithm || parsed.Use != "sig" || !parsed.IsPublic() {
			t.Errorf("%s: read as %+v", algorithm, parsed)
		}
		if !k.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(parsed.Key) {
			t.Errorf("%s: another key was read", algorithm)
		}
	}
}

func TestGenerateIsOfTheRandomSource(t *testing.T) {
	for _, algorithm := range []string{ES256, EdDSA} {
		source := bytes.Repeat([]byte{0xff, 7, 9}, 64) // the first draw for P-256 is in range
		a, err1 := Generate(algorithm, bytes.NewReader(source))
		b, err2 := Generate(algorithm, bytes.NewReader(source))
		if err1 != nil || err2 != nil || a.ID != b.ID {
			t.Errorf("%s: %v, %v", algorithm, err1, err2)
		}
		if mustGenerate(t, algorithm).ID == mustGenerate(t, algorithm).ID {
			t.Errorf("%s: the same key twice", algorithm)
		}
	}
	if _, err := Generate(ES256, bytes.NewReader(append(bytes.Repeat([]byte{0xff}, 32), bytes.Repeat([]byte{1}, 32)...))); err != nil {
		t.Errorf("a draw out of range is not drawn again: %v", err)
	}
	for _, algorithm := range []string{"", "none", "HS256", "ES512", "es256"} {
		if _, err := Generate(algorithm, rand.Reader); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%q: %v", algorithm, err)
		}
	}
}

func TestH15_GenerateStopsWithoutRandomness(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a key was made without randomness")
		}
	}()
	_, _ = Generate(ES256, strings.NewReader("short"))
}

func TestFromPEMReadsEveryUsualForm(t *testing.T) {
	for _, algorithm := range Algorithms() {
		k := mustGenerate(t, algorithm)
		der, err := k.MarshalPrivate()
		if err != nil {
			t.Fatal(err)
		}
		forms := map[string][]byte{"PRIVATE KEY": der}
		switch p := k.private.(type) {
		case *ecdsa.PrivateKey:
			forms["EC PRIVATE KEY"], _ = x509.MarshalECPrivateKey(p)
		case *rsa.PrivateKey:
			forms["RSA PRIVATE KEY"] = x509.MarshalPKCS1PrivateKey(p)
		}
		for form, der := range forms {
			read, err := FromPEM(pem.EncodeToMemory(&pem.Block{Type: form, Bytes: der}))
			if err != nil || read.ID != k.ID || read.Algorithm != algorithm {
				t.Errorf("%s as %s: %v", algorithm, form, err)
			}
		}
	}
}

func TestC10_WeakAndForeignKeysAreRefused(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, private := range map[string]any{"P-384": p384, "RSA of 1024 bits": small} {
		der, err := x509.MarshalPKCS8PrivateKey(private)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := FromPKCS8(der); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
	k := mustGenerate(t, ES256)
	der, _ := k.MarshalPrivate()
	block := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	public, _ := x509.MarshalPKIXPublicKey(k.Public())
	for name, text := range map[string][]byte{
		"nothing":       nil,
		"no PEM":        der,
		"two keys":      append(bytes.Clone(block), block...),
		"a public key":  pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
		"a damaged one": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der[:40]}),
	} {
		if _, err := FromPEM(text); !errors.Is(err, ErrKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestD07_RecordHoldsThePrivateKeySealed(t *testing.T) {
	master := mustParse(t, masterHex)
	for _, algorithm := range Algorithms() {
		k := mustGenerate(t, algorithm)
		record, err := k.Record(master, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		private, _ := k.MarshalPrivate()
		for at := range len(private) - 16 {
			if bytes.Contains(record.Sealed, private[at:at+16]) {
				t.Fatalf("%s: the private key is in the record", algorithm)
			}
		}
		if strings.Contains(record.PublicJWK, `"d"`) {
			t.Errorf("%s: a private member in %s", algorithm, record.PublicJWK)
		}
		back, err := FromRecord(master, record)
		if err != nil || back.ID != k.ID || !bytes.Equal(mustMarshal(t, back), private) {
			t.Errorf("%s: another key was read: %v", algorithm, err)
		}
	}
}

func mustMarshal(t *testing.T, k *Key) []byte {
	t.Helper()
	der, err := k.MarshalPrivate()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestFromRecordRefusesWhatWasMovedOrAltered(t *testing.T) {
	master := mustParse(t, masterHex)
	record, err := mustGenerate(t, ES256).Record(master, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := mustGenerate(t, ES256).Record(master, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := FromRecord(NewMasterKey(rand.Reader), record); !errors.Is(err, ErrSealed) || !strings.Contains(err.Error(), "master key") {
		t.Errorf("another master key: %v", err)
	}
	moved := record
	moved.Sealed = other.Sealed
	if _, err := FromRecord(master, moved); !errors.Is(err, ErrSealed) {
		t.Errorf("the private half of another key: %v", err)
	}
	renamed := record
	renamed.Algorithm = EdDSA
	if _, err := FromRecord(master, renamed); !errors.Is(err, ErrKey) {
		t.Errorf("another algorithm: %v", err)
	}
	if _, err := OpenSet(master, append([]signingRecord{record}, renamed)); err == nil {
		t.Error("a set with a bad record was opened")
	}
}

func TestH13_KeyDoesNotShowItsPrivateHalf(t *testing.T) {
	k := mustGenerate(t, EdDSA)
	private := k.private.(ed25519.PrivateKey)
	text := fmt.Sprintf("%v %+v %#v %d %x", k, k, k, k, k)
	if strings.Contains(text, fmt.Sprint([]byte(private[:8]))[1:20]) || strings.Contains(text, hex.EncodeToString(private[:8])) || !strings.Contains(text, k.ID) {
		t.Errorf("shown as %s", text)
	}
}
