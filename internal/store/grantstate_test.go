package store_test

import (
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// The state of a grant is remembered, but not that it ends: neither on the node that
// ends it, nor for long on another (D05).
func TestGrantStateKnowsAnEnd(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		here, there := open(), open()
		write(t, here, func(tx *store.Tx) error {
			return first(tx.InsertGrant(&core.Grant{ID: "gnt_1", ExpiresAt: at.Add(time.Hour)}),
				tx.InsertGrant(&core.Grant{ID: "gnt_2", ConsentID: "con_1", ExpiresAt: at.Add(time.Hour)}))
		})
		ended := func(s *store.Store, id string) bool {
			t.Helper()
			g, err := s.GrantState(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			return g != nil && !g.EndedAt.IsZero()
		}
		ends := map[string]func(tx *store.Tx) error{
			"gnt_1": func(tx *store.Tx) error { _, err := tx.EndGrant("gnt_1", at, "logout", at.Add(time.Hour)); return err },
			"gnt_2": func(tx *store.Tx) error { _, err := tx.EndGrantsOfConsent("con_1", at, "consent_revoked"); return err },
			"gnt_3": func(tx *store.Tx) error { _, err := tx.EndGrant("gnt_3", at, "logout", at.Add(time.Hour)); return err }, // without a row
		}
		for id, end := range ends {
			if ended(here, id) || ended(there, id) {
				t.Fatalf("%s has ended", id)
			}
			write(t, here, end)
			if !ended(here, id) {
				t.Errorf("%s has not ended on the node that ended it", id)
			}
			for deadline := time.Now().Add(20 * time.Second); !ended(there, id); time.Sleep(5 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("%s has not ended on another node", id)
				}
			}
		}
	})
}

// A node that has not seen the database for a second does not go by what it
// remembers of a grant.
func TestGrantStateIsNotTrustedForLong(t *testing.T) {
	path := "sqlite:" + t.TempDir() + "/claviger.db"
	seldom := func(o *store.Options) { o.PollInterval = time.Hour }
	here, there := storetest.Open(t, path, seldom), storetest.Open(t, path, seldom)
	if _, _, err := here.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if g, err := there.GrantState(t.Context(), "gnt_1"); g != nil || err != nil {
		t.Fatal(g, err)
	}
	write(t, here, func(tx *store.Tx) error { _, err := tx.EndGrant("gnt_1", at, "logout", at.Add(time.Hour)); return err })
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if g, err := there.GrantState(t.Context(), "gnt_1"); err != nil {
			t.Fatal(err)
		} else if g != nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the end of the grant is not known")
		}
	}
}
