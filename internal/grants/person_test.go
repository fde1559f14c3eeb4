package grants_test

import (
	"testing"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

// TestB22_APersonGetsNoTokenForAPassword, with or without a second factor, locked or
// not: people sign in on the pages alone, and every refusal is the same.
func TestB22_APersonGetsNoTokenForAPassword(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	person := h.Person("newcomer@centrapay.example")
	refused := func(password string) {
		t.Helper()
		for _, organisation := range []string{"EPOS-DEMO", "OTHER_ORG"} {
			for _, name := range []string{person.Email, person.ID} {
				a := p.token(t, "grant_type", "password", "username", name, "password", password, "organisation", organisation)
				wantRefused(t, a, 400, "invalid_grant")
			}
		}
	}
	change := func(job func(tx *store.Tx) error) {
		t.Helper()
		if err := h.Store.Write(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	refused("no sugar for me thank you") // the right one
	change(func(tx *store.Tx) error {
		return tx.PutAuthenticatorApp(&core.AuthenticatorApp{UserID: person.ID, Sealed: []byte{1}})
	})
	refused("no sugar for me thank you")
	change(func(tx *store.Tx) error {
		locked := *person
		locked.Status = core.Suspended
		return tx.PutUser(&locked)
	})
	refused("no sugar for me thank you")
}
