package servertest

import (
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// VerifyOffline proves an access token with a published key set and nothing else,
// by another implementation than the server's.
func VerifyOffline(t testing.TB, jwks, token string) {
	t.Helper()
	verifyOffline(t, jwks, token, "at+jwt")
}

// IDToken proves an ID token with the key set that the server publishes, and
// returns its alg and its claims.
func (h *Harness) IDToken(t testing.TB, token string) (algorithm string, claims map[string]any) {
	t.Helper()
	return verifyOffline(t, string(h.Ring.JWKS()), token, "JWT")
}

// LogoutToken is IDToken for a logout token.
func (h *Harness) LogoutToken(t testing.TB, token string) (algorithm string, claims map[string]any) {
	t.Helper()
	return verifyOffline(t, string(h.Ring.JWKS()), token, "logout+jwt")
}

func verifyOffline(t testing.TB, jwks, token, typ string) (string, map[string]any) {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(jwks), &set); err != nil {
		t.Fatal(err)
	}
	parsed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA, jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	header := parsed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != typ {
		t.Errorf("typ is %v, not %s", header.ExtraHeaders[jose.HeaderType], typ)
	}
	keys := set.Key(header.KeyID)
	if len(keys) != 1 {
		t.Fatalf("%d keys have the id %q", len(keys), header.KeyID)
	}
	payload, err := parsed.Verify(keys[0])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return header.Algorithm, claims
}
