package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var start = time.Unix(1_700_000_000, 0)

const claims = `{"sub":"a"}`

func mustSet(t testing.TB, keys ...*Key) *Set {
	t.Helper()
	set, err := NewSet(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// signed returns a token with a header of the test's own, rightly signed.
func signed(t testing.TB, k *Key, header, payload string) string {
	t.Helper()
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	signature, err := k.appendSignature(nil, []byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + encode(signature)
}

func TestC01_AlgNoneIsRefused(t *testing.T) {
	k := mustGenerate(t, ES256)
	set, symmetric := mustSet(t, k), NewSymmetric(make([]byte, 32))
	for _, alg := range []string{`"none"`, `"None"`, `"nOnE"`, `"NONE"`, `""`, `null`, `["ES256"]`, `0`} {
		for _, kid := range []string{k.ID, ""} {
			header := fmt.Sprintf(`{"alg":%s,"kid":"%s","typ":"at+jwt"}`, alg, kid)
			unsigned := encode([]byte(header)) + "." + encode([]byte(claims)) + "."
			for _, token := range []string{unsigned, unsigned + "AA", signed(t, k, header, claims)} {
				if payload, _, err := set.Verify(token, TypeAccessToken, start); err == nil {
					t.Errorf("%s: taken with %s", header, payload)
				}
				if _, err := symmetric.Verify(token, TypeAccessToken); err == nil {
					t.Errorf("%s: taken as HS256", header)
				}
			}
		}
	}
	if _, _, err := set.Verify(signed(t, k, `{"kid":"`+k.ID+`","typ":"at+jwt"}`, claims), TypeAccessToken, start); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("no alg: %v", err)
	}
}

func TestC02_AlgIsThatOfTheKey(t *testing.T) {
	rs, es, ed := mustGenerate(t, RS256), mustGenerate(t, ES256), mustGenerate(t, EdDSA)
	set := mustSet(t, rs, es, ed)
	public, err := x509.MarshalPKIXPublicKey(rs.Public())
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})
	for name, secret := range map[string][]byte{
		"PEM": block, "PEM less its line end": bytes.TrimSpace(block), "DER": public, "JWK": rs.JWK(), "nothing": make([]byte, 32),
		"PKCS #1": x509.MarshalPKCS1PublicKey(rs.Public().(*rsa.PublicKey)),
	} {
		for _, alg := range []string{"HS256", "HS384", "HS512"} {
			if len(secret) < 64 && alg != "HS256" {
				continue
			}
			token := theirs(t, alg, secret, rs.ID, TypeAccessToken, nil, claims)
			if _, _, err := set.Verify(token, TypeAccessToken, start); !errors.Is(err, ErrAlgorithm) {
				t.Errorf("%s under the public key as %s: %v", alg, name, err)
			}
		}
	}
	for _, pss := range []string{"PS256", "RS512"} {
		token := theirs(t, pss, rs.private, rs.ID, TypeAccessToken, nil, claims)
		if _, _, err := set.Verify(token, TypeAccessToken, start); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s: %v", pss, err)
		}
	}
	for _, pair := range [][2]*Key{{es, ed}, {ed, es}, {rs, es}, {es, rs}} {
		header := fmt.Sprintf(`{"alg":"%s","kid":"%s","typ":"at+jwt"}`, pair[0].Algorithm, pair[1].ID)
		if _, _, err := set.Verify(signed(t, pair[0], header, claims), TypeAccessToken, start); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%s: %v", header, err)
		}
		header = fmt.Sprintf(`{"alg":"%s","kid":"%s","typ":"at+jwt"}`, pair[1].Algorithm, pair[1].ID)
		if _, _, err := set.Verify(signed(t, pair[0], header, claims), TypeAccessToken, start); !errors.Is(err, ErrSignature) {
			t.Errorf("%s signed by another key: %v", header, err)
		}
	}
}

func TestC02_WhatChangesTheReadingIsRefused(t *testing.T) {
	k := mustGenerate(t, ES256)
	set := mustSet(t, k)
	for _, extra := range []string{
		`"crit":["b64"]`, `"crit":[]`, `"crit":null`, `"crit":["exp"],"exp":1`, `"b64":false`, `"b64":true`,
		`"crit":["b64"],"b64":false`, `"zip":"DEF"`, `"enc":"A256GCM"`,
	} {
		header := fmt.Sprintf(`{"alg":"ES256","kid":"%s","typ":"at+jwt",%s}`, k.ID, extra)
		if _, _, err := set.Verify(signed(t, k, header, claims), TypeAccessToken, start); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", extra, err)
		}
	}
}

func TestC04_KeysInTheHeaderAreIgnored(t *testing.T) {
	ours, attacker := mustGenerate(t, ES256), mustGenerate(t, ES256)
	set := mustSet(t, ours)
	for _, extra := range []string{
		`"jwk":` + string(attacker.JWK()), `"jku":"https://evil.example/jwks"`, `"x5u":"https://evil.example/x"`, `"x5c":["AAAA"]`,
		`"x5t":"AAAA"`,
	} {
		for _, kid := range []string{ours.ID, attacker.ID, "../../etc/passwd", "' or 1=1"} {
			header := fmt.Sprintf(`{"alg":"ES256","kid":"%s","typ":"at+jwt",%s}`, kid, extra)
			if _, _, err := set.Verify(signed(t, attacker, header, claims), TypeAccessToken, start); err == nil {
				t.Errorf("%s: the attacker's key was followed", header)
			}
		}
		header := fmt.Sprintf(`{"alg":"ES256","kid":"%s","typ":"at+jwt",%s}`, ours.ID, extra)
		if _, _, err := set.Verify(signed(t, ours, header, claims), TypeAccessToken, start); err != nil {
			t.Errorf("%s: not ignored: %v", extra, err)
		}
	}
}

func TestC09_HugeTokensCostNothing(t *testing.T) {
	k := mustGenerate(t, ES256)
	set, symmetric := mustSet(t, k), NewSymmetric(make([]byte, 32))
	header := encode([]byte(fmt.Sprintf(`{"alg":"ES256","kid":"%s","typ":"at+jwt"}`, k.ID)))
	for name, token := range map[string]string{
		"a million dots":      strings.Repeat(".", 1_000_000),
		"10,000 dots":         strings.Repeat(".", 10_000),
		"dots after a header": header + strings.Repeat(".", 10_000),
		"a huge payload":      header + "." + strings.Repeat("A", 1<<24) + ".AA",
		"just too long":       header + "." + strings.Repeat("A", maxToken) + ".AA",
		"deep JSON":           encode([]byte(strings.Repeat("[", 12_000))) + ".AA.AA",
		"a compressed JWE":    encode([]byte(`{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"enc":"A128GCM","zip":"DEF"}`)) + ".AA.AA.AA.AA",
		"a JWE in three":      encode([]byte(`{"alg":"PBES2-HS256+A128KW","p2c":2147483647,"enc":"A128GCM","zip":"DEF"}`)) + ".AA.AA",
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, _, err := set.Verify(token, TypeAccessToken, start)
		_, again := symmetric.Verify(token, TypeRefreshToken)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrMalformed) || !errors.Is(again, ErrMalformed) {
			t.Errorf("%s: %v, %v", name, err, again)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
			t.Errorf("%s: %d bytes allocated", name, grown)
		}
	}
}

func TestVerifyIsStrictAboutTheForm(t *testing.T) {
	k := mustGenerate(t, EdDSA)
	set := mustSet(t, k)
	token, err := k.Sign(TypeAccessToken, []byte(claims))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(token, ".")
	twice := fmt.Sprintf(`{"alg":"EdDSA","alg":"EdDSA","kid":"%s","typ":"at+jwt"}`, k.ID)
	header := fmt.Sprintf(`{"alg":"EdDSA","kid":"%s","typ":"at+jwt"}`, k.ID)
	for name, token := range map[string]string{
		"nothing":             "",
		"one part":            parts[0],
		"two parts":           parts[0] + "." + parts[1],
		"four parts":          token + ".AA",
		"a dot before":        "." + token,
		"no signature":        parts[0] + "." + parts[1] + ".",
		"padding":             token + "==",
		"a line end":          token + "\n",
		"a line end inside":   parts[0] + "." + parts[1] + "." + parts[2][:10] + "\n" + parts[2][10:],
		"a space before":      " " + token,
		"base64, not url":     parts[0] + "." + parts[1] + "." + "+/" + parts[2][2:],
		"a spare bit":         token[:len(token)-1] + string("BRhx"[slices.Index([]byte("AQgw"), token[len(token)-1])]),
		"a header twice":      signed(t, k, header+header, claims),
		"trailing data":       signed(t, k, header+"x", claims),
		"alg twice":           signed(t, k, twice, claims),
		"extra twice":         signed(t, k, header[:len(header)-1]+`,"x":1,"x":2}`, claims),
		"a header as array":   signed(t, k, `["EdDSA"]`, claims),
		"a header as null":    signed(t, k, `null`, claims),
		"bad UTF-8":           signed(t, k, header[:len(header)-1]+",\"x\":\"\xff\"}", claims),
		"kid of another type": signed(t, k, `{"alg":"EdDSA","kid":7,"typ":"at+jwt"}`, claims),
		"JSON serialization":  `{"payload":"` + parts[1] + `","protected":"` + parts[0] + `","signature":"` + parts[2] + `"}`,
	} {
		if _, _, err := set.Verify(token, TypeAccessToken, start); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	unsealed := encode([]byte(header)) + ".AB" // the payload is not base64 as we write it
	signature, _ := k.appendSignature(nil, []byte(unsealed))
	if _, _, err := set.Verify(unsealed+"."+encode(signature), TypeAccessToken, start); !errors.Is(err, ErrMalformed) {
		t.Errorf("spare bits in the payload: %v", err)
	}
	capital := fmt.Sprintf(`{"ALG":"EdDSA","kid":"%s","typ":"at+jwt"}`, k.ID)
	if _, _, err := set.Verify(signed(t, k, capital, claims), TypeAccessToken, start); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("a name in capitals: %v", err)
	}
	if _, _, err := set.Verify(signed(t, k, `{"alg":"EdDSA","typ":"at+jwt"}`, claims), TypeAccessToken, start); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("no kid: %v", err)
	}
}

func TestVerifyRefusesEveryAlteration(t *testing.T) {
	for _, algorithm := range Algorithms() {
		k := mustGenerate(t, algorithm)
		set := mustSet(t, k)
		token, _ := k.Sign(TypeAccessToken, []byte(claims))
		parts := strings.Split(token, ".")
		signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
		for i := range signature {
			altered := bytes.Clone(signature)
			altered[i] ^= 0x10
			if _, _, err := set.Verify(parts[0]+"."+parts[1]+"."+encode(altered), TypeAccessToken, start); !errors.Is(err, ErrSignature) {
				t.Fatalf("%s: byte %d altered: %v", algorithm, i, err)
			}
		}
		for name, wrong := range map[string][]byte{
			"zeros": make([]byte, len(signature)), "cut": signature[1:], "longer": append([]byte{0}, signature...), "one byte": {0},
		} {
			if _, _, err := set.Verify(parts[0]+"."+parts[1]+"."+encode(wrong), TypeAccessToken, start); !errors.Is(err, ErrSignature) {
				t.Errorf("%s: %s: %v", algorithm, name, err)
			}
		}
		if _, _, err := set.Verify(parts[0]+"."+encode([]byte(`{"sub":"b"}`))+"."+parts[2], TypeAccessToken, start); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: another payload: %v", algorithm, err)
		}
	}
	es := mustGenerate(t, ES256)
	token, _ := es.Sign(TypeAccessToken, []byte(claims))
	input := token[:strings.LastIndex(token, ".")]
	der, _ := ecdsa.SignASN1(rand.Reader, es.private.(*ecdsa.PrivateKey), make([]byte, 32))
	if _, _, err := mustSet(t, es).Verify(input+"."+encode(der), TypeAccessToken, start); !errors.Is(err, ErrSignature) {
		t.Errorf("an ASN.1 signature: %v", err)
	}
}

func TestB07_TypesAreNotExchanged(t *testing.T) {
	k := mustGenerate(t, ES256)
	set := mustSet(t, k)
	symmetric := NewSymmetric(mustParse(t, masterHex).Derive("refresh jwt"))
	for _, test := range []struct {
		signed, wanted string
		want           error
	}{
		{"at+jwt", "at+jwt", nil},
		{"AT+JWT", "at+jwt", nil},
		{"application/at+jwt", "at+jwt", nil},
		{"at+jwt", "application/AT+jwt", nil},
		{"JWT", "at+jwt", ErrType},
		{"at+jwt", "JWT", ErrType},
		{"rt+jwt", "at+jwt", ErrType},
		{"at+jwt", "rt+jwt", ErrType},
		{"at+jwt", "", ErrType},
		{"x/at+jwt", "at+jwt", ErrType},
	} {
		token, err := k.Sign(test.signed, []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := set.Verify(token, test.wanted, start); !errors.Is(err, test.want) {
			t.Errorf("%q as %q: %v, want %v", test.signed, test.wanted, err, test.want)
		}
		if _, err := symmetric.Verify(token, test.wanted); !errors.Is(err, ErrAlgorithm) {
			t.Errorf("%q as a refresh token: %v", test.signed, err)
		}
		token, err = symmetric.Sign(test.signed, []byte(claims))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := symmetric.Verify(token, test.wanted); !errors.Is(err, test.want) {
			t.Errorf("symmetric %q as %q: %v, want %v", test.signed, test.wanted, err, test.want)
		}
		if _, _, err := set.Verify(token, test.wanted, start); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("a refresh token as %q: %v", test.wanted, err)
		}
	}
	header := fmt.Sprintf(`{"alg":"ES256","kid":"%s"}`, k.ID)
	if _, _, err := set.Verify(signed(t, k, header, claims), "", start); !errors.Is(err, ErrType) {
		t.Errorf("no typ: %v", err)
	}
}

func TestSymmetricAgainstAnotherLibrary(t *testing.T) {
	key := mustParse(t, masterHex).Derive("refresh jwt")
	s := NewSymmetric(key)
	token, err := s.Sign(TypeRefreshToken, []byte(claims))
	if err != nil || !strings.HasPrefix(token, "eyJ") { // SP-2
		t.Fatalf("%s, %v", token, err)
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.HS256})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := jws.Verify(key); err != nil || string(got) != claims {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := s.Verify(token, TypeRefreshToken); err != nil || string(got) != claims {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := NewSymmetric(mustParse(t, masterHex).Derive("another")).Verify(token, TypeRefreshToken); !errors.Is(err, ErrSignature) {
		t.Errorf("another key: %v", err)
	}
	if _, err := s.Verify(theirs(t, "HS256", key, "some kid", TypeRefreshToken, nil, claims), TypeRefreshToken); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("a kid: %v", err)
	}
	if _, err := s.Verify(theirs(t, "HS512", bytes.Repeat(key, 2), "", TypeRefreshToken, nil, claims), TypeRefreshToken); !errors.Is(err, ErrAlgorithm) {
		t.Errorf("HS512: %v", err)
	}
}

func FuzzVerify(f *testing.F) {
	k := mustGenerate(f, ES256)
	set, symmetric := mustSet(f, k), NewSymmetric(make([]byte, 32))
	token, _ := k.Sign(TypeAccessToken, []byte(claims))
	refresh, _ := symmetric.Sign(TypeRefreshToken, []byte(claims))
	for _, seed := range []string{token, refresh, "..", "eyJhbGciOiJub25lIn0.e30.", token + "=", strings.ToUpper(token), "a.b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if _, kid, err := set.Verify(text, TypeAccessToken, start); err == nil && (text != token || kid != k.ID) {
			t.Errorf("%q was taken; only %q was signed", text, token)
		}
		if _, err := symmetric.Verify(text, TypeRefreshToken); err == nil && text != refresh {
			t.Errorf("%q was taken; only %q was signed", text, refresh)
		}
	})
}
