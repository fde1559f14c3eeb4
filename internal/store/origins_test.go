package store_test

import (
	"testing"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// The origin of a browser is looked for among the active clients that registered
// some; the others are not read.
func TestOriginsAreThoseOfActiveClients(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		put := func(id string, status core.Status, origins ...string) {
			write(t, s, func(tx *store.Tx) error {
				return tx.PutClient(&core.Client{ID: id, Name: id, Status: status, Origins: origins})
			})
		}
		is := func(origin string, want bool) {
			t.Helper()
			if got, err := s.HasOrigin(t.Context(), origin); err != nil || got != want {
				t.Errorf("%s: %t, %v", origin, got, err)
			}
		}
		put("none", core.Active)
		put("two", core.Active, "https://one.example", "https://two.example")
		put("stopped", core.Disabled, "https://two.example", "https://three.example")
		check(t, s.ExecForTest(t.Context(), "UPDATE clients SET grant_types = 'unreadable' WHERE id = 'none'"), "")
		is("https://one.example", true)
		is("https://two.example", true)
		is("https://three.example", false)
		is("https://one.example.evil", false)
		is("", false)
		put("stopped", core.Active, "https://three.example")
		put("two", core.Active)
		is("https://three.example", true)
		is("https://two.example", false)
	})
	t.Run("index", func(t *testing.T) {
		s := storetest.Open(t, storetest.SQLite(t))
		var found int
		err := s.ScanForTest(t.Context(), "SELECT COUNT(*) FROM clients INDEXED BY clients_origins WHERE origins <> '' AND status = 'ACTIVE'", &found)
		check(t, err, "")
	})
}
