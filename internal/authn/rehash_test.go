package authn_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/server/servertest"
)

// TestImportedHashesAreReplacedAtFirstUse imports a client with a bcrypt hash, as
// another system had stored it, and signs in twice.
func TestImportedHashesAreReplacedAtFirstUse(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		// bcrypt of "U*U": a published test vector.
		file := "clients:\n  - id: imported\n    name: Imported\n    secret_hash: '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'\n    grant_types: [client_credentials]\n    scopes: read\n"
		if _, err := h.Admin.Apply(t.Context(), admin.Actor{Name: "test"}, []admin.File{{Name: "x.yaml", Data: []byte(file)}}, admin.Options{}); err != nil {
			t.Fatal(err)
		}
		signIn := func(secret string) int {
			r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader("grant_type=client_credentials"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth("imported", secret)
			return h.Do(r).StatusCode
		}
		if got := signIn("U*V"); got != http.StatusUnauthorized {
			t.Errorf("a wrong secret: %d", got)
		}
		for range 2 {
			if got := signIn("U%2AU"); got != http.StatusOK {
				t.Fatalf("the imported secret: %d", got)
			}
		}
		secrets, err := h.Store.Secrets(t.Context(), "imported")
		if err != nil {
			t.Fatal(err)
		}
		valid := 0
		for _, s := range secrets {
			if s.ValidAt(h.Clock.Now()) {
				valid++
				if !strings.HasPrefix(s.Hash, "$argon2id$") {
					t.Errorf("the stored form is still %.8s…", s.Hash)
				}
			}
		}
		if valid != 1 {
			t.Errorf("%d valid secrets, want 1", valid)
		}
	})
}
