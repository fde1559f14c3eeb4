package servertest

import (
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"
)

// VerifyOffline proves a token with a published key set and nothing else, by
// another implementation than the server's.
func VerifyOffline(t testing.TB, jwks, token string) {
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
	if header.ExtraHeaders[jose.HeaderType] != "at+jwt" {
		t.Errorf("typ is %v", header.ExtraHeaders[jose.HeaderType])
	}
	keys := set.Key(header.KeyID)
	if len(keys) != 1 {
		t.Fatalf("%d keys have the id %q", len(keys), header.KeyID)
	}
	if _, err := parsed.Verify(keys[0]); err != nil {
		t.Error(err)
	}
}
