package keys

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

func TestES256IsDeterministicAsRFC6979(t *testing.T) { // §A.2.5, SHA-256
	raw, _ := hex.DecodeString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721")
	private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
	if err != nil {
		t.Fatal(err)
	}
	k, err := newKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for message, want := range map[string]string{
		"sample": "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
		"test":   "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
	} {
		got, err := k.appendSignature(nil, []byte(message))
		if err != nil || !strings.EqualFold(hex.EncodeToString(got), want) {
			t.Errorf("%s: %X, %v", message, got, err)
		}
	}
}

func TestEdDSAIsThatOfRFC8037(t *testing.T) { // §A.4
	seed, _ := base64.RawURLEncoding.DecodeString("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")
	k, err := newKey(ed25519.NewKeyFromSeed(seed))
	if err != nil {
		t.Fatal(err)
	}
	got, err := k.appendSignature(nil, []byte("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"))
	want := "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
	if err != nil || encode(got) != want {
		t.Errorf("%s, %v", encode(got), err)
	}
}

func TestSignaturesArePaddedOnTheLeft(t *testing.T) {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0x0102)
		b.AddASN1Int64(0x80)
	})
	raw, err := appendRaw([]byte("x"), b.BytesOrPanic())
	want := "x" + strings.Repeat("\x00", 30) + "\x01\x02" + strings.Repeat("\x00", 31) + "\x80"
	if err != nil || string(raw) != want {
		t.Errorf("%x, %v", raw, err)
	}
}

func TestOurTokensAreVerifiedByAnotherLibrary(t *testing.T) {
	payload := []byte(`{"iss":"https://issuer.example","sub":"a"}`)
	for _, algorithm := range Algorithms() {
		k := mustGenerate(t, algorithm)
		for range 40 { // among them signatures with leading zeros, sooner or later
			for _, typ := range []string{TypeAccessToken, TypeIDToken, "logout+jwt"} {
				token, err := k.Sign(typ, payload)
				if err != nil {
					t.Fatal(err)
				}
				jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(algorithm)})
				if err != nil {
					t.Fatalf("%s: %v", algorithm, err)
				}
				got, err := jws.Verify(k.Public())
				if err != nil || string(got) != string(payload) {
					t.Fatalf("%s: %s, %v", algorithm, got, err)
				}
				if h := jws.Signatures[0].Protected; h.KeyID != k.ID || h.Algorithm != algorithm || h.ExtraHeaders["typ"] != typ {
					t.Errorf("%s: header %+v", algorithm, h)
				}
				if again, _ := k.Sign(typ, payload); again != token {
					t.Errorf("%s: equal payloads give different tokens", algorithm)
				}
				if algorithm == RS256 {
					break
				}
			}
			payload = append(payload, ' ')
		}
	}
}

func TestTheirTokensAreVerifiedByUs(t *testing.T) {
	for _, algorithm := range Algorithms() {
		k := mustGenerate(t, algorithm)
		set, err := NewSet(k)
		if err != nil {
			t.Fatal(err)
		}
		token := theirs(t, algorithm, k.private, k.ID, TypeAccessToken, nil, `{"sub":"a"}`)
		payload, kid, err := set.Verify(token, TypeAccessToken, start)
		if err != nil || kid != k.ID || string(payload) != `{"sub":"a"}` {
			t.Errorf("%s: %s, %s, %v", algorithm, payload, kid, err)
		}
	}
}

// theirs signs with go-jose.
func theirs(t testing.TB, algorithm string, key any, kid, typ string, extra map[jose.HeaderKey]any, payload string) string {
	t.Helper()
	options := (&jose.SignerOptions{ExtraHeaders: extra}).WithHeader("kid", kid)
	if typ != "" {
		options = options.WithType(jose.ContentType(typ))
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(algorithm), Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	jws, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestSignRefusesATypeThatNeedsEscaping(t *testing.T) {
	k, s := mustGenerate(t, ES256), NewSymmetric(make([]byte, 32))
	for _, typ := range []string{"", `a","alg":"none`, "a\n", "ä"} {
		if token, err := k.Sign(typ, nil); err == nil {
			t.Errorf("%q: signed %s", typ, token)
		}
		if token, err := s.Sign(typ, nil); err == nil {
			t.Errorf("%q: signed %s", typ, token)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	payload := []byte(`{"iss":"https://issuer.example","sub":"usr_01hzyk8q3v5w7x9yabcdefghjk","aud":"https://issuer.example","exp":1700003600,"iat":1700000000,"jti":"01hzyk8q3v5w7x9yabcdefghjk","client_id":"cli_01hzyk8q3v5w7x9yabcdefghjk","scope":"read write","grant_id":"gnt_01hzyk8q3v5w7x9yabcdefghjk"}`)
	for _, algorithm := range Algorithms() {
		k := mustGenerate(b, algorithm)
		b.Run(algorithm, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Sign(TypeAccessToken, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
		set, _ := NewSet(k)
		token, _ := k.Sign(TypeAccessToken, payload)
		b.Run(algorithm+"/verify", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := set.Verify(token, TypeAccessToken, start); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	s := NewSymmetric(make([]byte, 32))
	b.Run("HS256", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Sign(TypeRefreshToken, payload); err != nil {
				b.Fatal(err)
			}
		}
	})
	raw := mustGenerate(b, ES256).private.(*ecdsa.PrivateKey)
	b.Run("ES256/raw", func(b *testing.B) { // the floor
		for b.Loop() {
			if _, err := ecdsa.SignASN1(rand.Reader, raw, make([]byte, 32)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
