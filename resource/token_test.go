package resource_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"claviger/oauth"
	"claviger/resource"
)

func TestAnAccessTokenIsVerifiedOffline(t *testing.T) {
	for _, algorithm := range []string{"ES256", "EdDSA", "RS256"} {
		i := newIssuer(t, newSigner(algorithm, "key-1"))
		v := i.verifier()
		for range 3 {
			who, err := v.Verify(t.Context(), i.token(map[string]any{"account_id": "acc_1"}))
			if err != nil {
				t.Fatalf("%s: %v", algorithm, err)
			}
			if who.Kind != resource.AccessToken || who.Subject != "usr_1" || who.SubjectType != "person" || who.ClientID != "client-1" ||
				who.OrganisationID != "org_1" || who.AccountID != "acc_1" || !who.HasScope("payable:read") || who.HasScope("payable") ||
				!who.HasProduct("collections") || who.HasProduct("") || who.HasScope("") || !who.ExpiresAt.Equal(i.time().Add(time.Hour)) {
				t.Errorf("%s: %+v", algorithm, who)
			}
			var claims struct {
				GrantID string `json:"grant_id"`
			}
			if err := json.Unmarshal(who.Claims, &claims); err != nil || claims.GrantID != "grant-1" {
				t.Errorf("%s: the claims are %s", algorithm, who.Claims)
			}
		}
		if got := i.hit("/.well-known/jwks.json"); got != 1 {
			t.Errorf("%s: the keys were fetched %d times", algorithm, got)
		}
	}
}

// refuses checks that every token is refused as invalid.
func refuses(t *testing.T, v *resource.Verifier, tokens map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(tokens)) {
		if who, err := v.Verify(t.Context(), tokens[name]); reason(err) != oauth.ReasonTokenInvalid {
			t.Errorf("%s: %v, %v", name, who, err)
		}
	}
}

func TestC01_C02_TheKeyDecidesTheAlgorithm(t *testing.T) {
	ec, rs := newSigner("ES256", "ec"), newSigner("RS256", "rsa")
	i := newIssuer(t, ec, rs)
	tokens := map[string]string{}
	for _, none := range []string{"none", "None", "nOnE", "NONE", ""} {
		signed := ec.sign(ec.header(map[string]any{"alg": none}), i.claims(nil))
		tokens["alg "+none+", signed"] = signed
		tokens["alg "+none+", unsigned"] = signed[:strings.LastIndexByte(signed, '.')+1]
	}
	for _, alg := range []string{"HS256", "ES384", "PS256", "es256", "RS256"} {
		tokens["alg "+alg] = ec.sign(ec.header(map[string]any{"alg": alg}), i.claims(nil))
	}
	tokens["no alg"] = ec.sign(ec.header(map[string]any{"alg": nil}), i.claims(nil))
	input := rs.sign(rs.header(map[string]any{"alg": "HS256"}), i.claims(nil))
	input = input[:strings.LastIndexByte(input, '.')]
	mac := hmac.New(sha256.New, rs.jwk)
	mac.Write([]byte(input))
	tokens["HMAC with the public key"] = input + "." + encode(mac.Sum(nil))
	tokens["another key's signature"] = rs.sign(ec.header(nil), i.claims(nil))
	for _, member := range []string{"crit", "b64", "zip", "enc"} {
		for _, value := range []any{[]string{"exp"}, false, "DEF"} {
			tokens[member] = ec.sign(ec.header(map[string]any{member: value}), i.claims(nil))
		}
	}
	refuses(t, i.verifier(), tokens)
}

func TestC04_KeysInTheHeaderAreIgnored(t *testing.T) {
	ec, foreign := newSigner("ES256", "key-1"), newSigner("ES256", "foreign")
	i := newIssuer(t, ec)
	var jwk any
	if err := json.Unmarshal(foreign.jwk, &jwk); err != nil {
		t.Fatal(err)
	}
	own := map[string]any{"jku": i.URL + "/planted", "x5u": i.URL + "/planted", "jwk": jwk, "x5c": []string{"MIIB"}}
	v := i.verifier()
	refuses(t, v, map[string]string{
		"key in the header":       foreign.sign(foreign.header(own), i.claims(nil)),
		"its kid is one of ours":  foreign.sign(foreign.header(changed(maps.Clone(own), map[string]any{"kid": "key-1"})), i.claims(nil)),
		"kid is a path":           ec.sign(ec.header(map[string]any{"kid": "../key-1"}), i.claims(nil)),
		"no kid":                  ec.sign(ec.header(map[string]any{"kid": nil}), i.claims(nil)),
		"a kid that never ends":   ec.sign(ec.header(map[string]any{"kid": strings.Repeat("k", 300)}), i.claims(nil)),
		"a kid that is no string": ec.sign(ec.header(map[string]any{"kid": 1}), i.claims(nil)),
	})
	if _, err := v.Verify(t.Context(), ec.sign(ec.header(own), i.claims(nil))); err != nil {
		t.Errorf("a good token that names other keys too: %v", err)
	}
	if i.hit("/planted") != 0 {
		t.Error("a URL of the token was fetched")
	}
}

func TestC06_TheAudienceIsThisAPI(t *testing.T) {
	i := newIssuer(t)
	tokens := map[string]string{}
	for name, value := range map[string]any{
		"missing": nil, "empty": "", "array": []string{audience}, "several": []string{audience, "x"}, "another": "https://other.example.com",
		"longer": audience + "/", "other case": "https://API.example.com", "number": 1, "object": map[string]any{},
	} {
		tokens[name] = i.token(map[string]any{"aud": value})
	}
	refuses(t, i.verifier(), tokens)
}

func TestC07_TimesAreIntegers(t *testing.T) {
	i := newIssuer(t)
	now := i.time().Unix()
	tokens := map[string]string{}
	for _, claim := range []string{"exp", "iat", "nbf"} {
		for name, value := range map[string]any{
			"string": "1900000000", "float": json.Number("1900000000.5"), "exponent": json.Number("19e8"), "negative": -1,
			"overflowing": json.Number("99999999999999999999"), "null": json.RawMessage("null"), "list": []int64{now}, "true": true,
		} {
			tokens[claim+" "+name] = i.token(map[string]any{claim: value})
		}
	}
	for _, claim := range []string{"exp", "iat"} {
		tokens[claim+" missing"], tokens[claim+" zero"] = i.token(map[string]any{claim: nil}), i.token(map[string]any{claim: 0})
	}
	for _, claim := range []string{"iat", "nbf"} {
		tokens[claim+" in 61 s"] = i.token(map[string]any{claim: now + 61})
	}
	v := i.verifier()
	refuses(t, v, tokens)
	for name, changes := range map[string]map[string]any{
		"iat in 60 s": {"iat": now + 60}, "nbf in 60 s": {"nbf": now + 60}, "nbf past": {"nbf": now - 1}, "last second": {"exp": now + 1},
	} {
		if _, err := v.Verify(t.Context(), i.token(changes)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, expired := range []int64{now, now - 1, now - 61} {
		if _, err := v.Verify(t.Context(), i.token(map[string]any{"exp": expired})); reason(err) != oauth.ReasonTokenExpired {
			t.Errorf("exp %d s ago: %v", now-expired, err)
		}
	}
}

func TestC12_AnotherIssuersToken(t *testing.T) {
	i := newIssuer(t)
	tokens := map[string]string{}
	for name, value := range map[string]any{
		"another": "https://other.example.com", "missing": nil, "slash": i.URL + "/", "array": []string{i.URL}, "other case": strings.ToUpper(i.URL),
	} {
		tokens[name] = i.token(map[string]any{"iss": value})
	}
	for _, required := range []string{"sub", "client_id", "jti"} {
		tokens["without "+required] = i.token(map[string]any{required: nil})
	}
	refuses(t, i.verifier(), tokens)
}

// B07: neither an ID token nor a refresh token nor a logout token is an access token.
func TestB07_OnlyAccessTokens(t *testing.T) {
	i := newIssuer(t)
	s := i.signers[0]
	tokens := map[string]string{"no typ": s.sign(s.header(map[string]any{"typ": nil}), i.claims(nil))}
	for _, typ := range []string{"JWT", "logout+jwt", "rt+jwt", "", "at+jwt+x", "text/at+jwt"} {
		tokens["typ "+typ] = s.sign(s.header(map[string]any{"typ": typ}), i.claims(nil))
	}
	v := i.verifier()
	refuses(t, v, tokens)
	for _, typ := range []string{"AT+JWT", "application/at+jwt", "Application/At+jwt"} {
		if _, err := v.Verify(t.Context(), s.sign(s.header(map[string]any{"typ": typ}), i.claims(nil))); err != nil {
			t.Errorf("typ %s: %v", typ, err)
		}
	}
}

// A token that two parsers could read in two ways is refused.
func TestTokensHaveOneReading(t *testing.T) {
	i := newIssuer(t)
	s := i.signers[0]
	header, claims := mustJSON(t, s.header(nil)), mustJSON(t, i.claims(nil))
	good := s.signRaw(header, claims)
	signature := good[strings.LastIndexByte(good, '.')+1:]
	member := func(object, extra string) string { return strings.TrimSuffix(object, "}") + "," + extra + "}" }
	v := i.verifier()
	refuses(t, v, map[string]string{
		"a claim twice":                 s.signRaw(header, member(claims, `"sub":"usr_2"`)),
		"a claim twice, escaped":        s.signRaw(header, member(claims, `"s\u0075b":"usr_2"`)),
		"a name twice in another claim": s.signRaw(header, member(claims, `"x":{"a":1,"a":2}`)),
		"a name twice, deeper":          s.signRaw(header, member(claims, `"x":[{"y":{"a":1,"a":2}}]`)),
		"a header twice":                s.signRaw(member(header, `"alg":"none"`), claims),
		"trailing data":                 s.signRaw(header, claims+"{}"),
		"trailing data in the header":   s.signRaw(header+" 1", claims),
		"an array":                      s.signRaw(header, "["+claims+"]"),
		"null":                          s.signRaw(header, "null"),
		"nothing":                       s.signRaw(header, ""),
		"invalid UTF-8":                 s.signRaw(header, member(claims, "\"x\":\"\xff\"")),
		"a comment":                     s.signRaw(header, member(claims, `"x":1/**/`)),
		"deep":                          s.signRaw(header, member(claims, `"x":`+strings.Repeat("[", 40)+strings.Repeat("]", 40))),
		"scope is a list":               i.token(map[string]any{"scope": []string{"read"}}),
		"scope with a quote":            i.token(map[string]any{"scope": `a"b`}),
		"sub is a number":               i.token(map[string]any{"sub": 1}),
		"account_id is null":            i.token(map[string]any{"account_id": json.RawMessage("null")}),
		"padding":                       good + "=",
		"spare bits":                    good[:len(good)-1] + spareBits(good[len(good)-1]),
		"a line end":                    good[:40] + "\n" + good[40:],
		"standard base64":               strings.NewReplacer("-", "+", "_", "/").Replace(good) + "+",
		"four parts":                    good + "." + signature,
		"two parts":                     good[:strings.LastIndexByte(good, '.')],
		"no signature":                  good[:strings.LastIndexByte(good, '.')+1],
		"a signature of zeros":          good[:strings.LastIndexByte(good, '.')+1] + encode(make([]byte, 64)),
		"an ASN.1 signature":            good[:strings.LastIndexByte(good, '.')+1] + encode(append([]byte{0x30, 0x44}, make([]byte, 68)...)),
		"JSON serialisation":            `{"payload":"` + encode([]byte(claims)) + `"}`,
		"empty":                         "",
	})
	odd := member(claims, `"SUB":"usr_2","Aud":["x"],"EXP":"x","role":7,"active":"no","token_type":[]`)
	if who, err := v.Verify(t.Context(), s.signRaw(header, odd)); err != nil || who.Subject != "usr_1" || who.Role != "" {
		t.Errorf("names in another case are other names: %+v %v", who, err)
	}
	if who, err := v.Verify(t.Context(), i.token(map[string]any{"products": "collections"})); err != nil || len(who.Products) > 0 {
		t.Errorf("products that are no list: %+v %v", who, err)
	}
}

// spareBits returns the character of base64url that differs from c in its last bit alone.
func spareBits(c byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return string(alphabet[strings.IndexByte(alphabet, c)^1])
}

func mustJSON(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// C09: what is refused costs little, whatever it looks like.
func TestC09_HugeTokens(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	s := i.signers[0]
	for name, token := range map[string]string{
		"a million dots": strings.Repeat(".", 1_000_000),
		"64 KB":          s.sign(s.header(nil), i.claims(map[string]any{"x": strings.Repeat("x", 64<<10)})),
		"five parts":     "e30.e30.e30.e30.e30",
		"many members":   s.signRaw(mustJSON(t, s.header(nil)), "{"+strings.Repeat(`"a":1,`, 1500)+`"b":1}`),
	} {
		started := time.Now()
		allocated := testing.AllocsPerRun(5, func() {
			if _, err := v.Verify(t.Context(), token); reason(err) != oauth.ReasonTokenInvalid {
				t.Errorf("%s: %v", name, err)
			}
		})
		if spent := time.Since(started); allocated > 300 || spent > 500*time.Millisecond {
			t.Errorf("%s: %.0f allocations, %v", name, allocated, spent)
		}
	}
}

// No changed character of a good token makes another good token.
func TestEveryCharacterOfATokenCounts(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier()
	good := i.token(nil)
	change := func(at uint16, to byte) bool {
		bad := []byte(good)
		bad[int(at)%len(bad)] = to
		_, err := v.Verify(t.Context(), string(bad))
		return string(bad) == good || reason(err) == oauth.ReasonTokenInvalid
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		if at, to := uint16(random.IntN(len(good))), byte(random.IntN(256)); !change(at, to) {
			t.Fatalf("character %d may be %q", at, to)
		}
	}
	if err := quick.Check(change, nil); err != nil {
		t.Error(err)
	}
}

func TestC10_KeysThatAreNotUsed(t *testing.T) {
	good := newSigner("ES256", "good")
	for name, bad := range map[string]*signer{
		"for encryption":      newSigner("ES256", "bad").with(map[string]any{"use": "enc"}),
		"another algorithm":   newSigner("ES256", "bad").with(map[string]any{"alg": "ES384"}),
		"off the curve":       newSigner("ES256", "bad").with(map[string]any{"x": encode(make([]byte, 32))}),
		"another curve":       newSigner("ES256", "bad").with(map[string]any{"crv": "P-224"}),
		"symmetric":           newSigner("ES256", "bad").with(map[string]any{"kty": "oct", "k": "AAAA", "alg": "HS256"}),
		"RSA with e = 1":      newSigner("RS256", "bad").with(map[string]any{"e": "AQ"}),
		"RSA of 1024 bits":    newSigner("RS256", "bad").with(map[string]any{"n": encode(append([]byte{0x80}, make([]byte, 127)...))}),
		"RSA of 8192 bits":    newSigner("RS256", "bad").with(map[string]any{"n": encode(append([]byte{0x80}, make([]byte, 1023)...))}),
		"Ed25519, too short":  newSigner("EdDSA", "bad").with(map[string]any{"x": "AAAA"}),
		"kid is not a string": newSigner("ES256", "bad").with(map[string]any{"kid": 1}),
	} {
		i := newIssuer(t, good, bad)
		v := i.verifier()
		refuses(t, v, map[string]string{name: bad.sign(bad.header(map[string]any{"kid": "bad"}), i.claims(nil))})
		if _, err := v.Verify(t.Context(), good.sign(good.header(nil), i.claims(nil))); err != nil {
			t.Errorf("beside a key that is %s: %v", name, err)
		}
	}
}
