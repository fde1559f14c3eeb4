package grants_test

import (
	"testing"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/oauth"
)

// Whoever has a client sees that somebody tries secrets at it; of a client that there
// is not, nobody does.
func TestARefusedSecretIsToldToTheOrganisation(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	organisation, err := h.Store.OrganisationByCode(t.Context(), "EPOS-DEMO")
	if err != nil {
		t.Fatal(err)
	}
	wrong := &party{h: h, id: p.id, secret: p.secret + "x"}
	nobody := &party{h: h, id: "nobody", secret: p.secret}
	for _, who := range []*party{wrong, nobody} {
		if a := who.token(t, "grant_type", "client_credentials"); a.Status != 401 {
			t.Errorf("%s: %d", who.id, a.Status)
		}
	}
	list, err := h.Store.Events(t.Context(), store.EventFilter{Type: core.TokenRefused, OrganisationID: organisation.ID})
	if err != nil || len(list) != 1 || list[0].ClientID != p.id || list[0].Reason != oauth.ReasonClientCredentials {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err = h.Store.Events(t.Context(), store.EventFilter{Type: core.TokenRefused, Limit: 10}); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
}
