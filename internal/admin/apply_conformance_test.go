package admin

import (
	"slices"
	"testing"

	"claviger/internal/core"
)

// The clients of the conformance suite are what its plans ask for, and its person
// has every claim that it looks for.
func TestConformanceClientsAreTaken(t *testing.T) {
	s := onSQLite(t, base)
	file := string(read(t, "test/conformance/clients.yaml"))
	s.mustApply(t, file)
	if plan := s.mustApply(t, file); plan.Changed() {
		t.Errorf("again:\n%s", plan)
	}
	for _, id := range []string{"conformance-1", "conformance-2"} {
		client := must[*core.Client](t)(s.Store.Client(t.Context(), id))
		if client.Kind != core.Confidential || !client.Browser.WithoutPKCE || len(client.RedirectURIs) != 3 ||
			len(client.PostLogoutURIs) != 3 || client.Browser.LogoutURI == "" ||
			client.Scopes.String() != "openid profile email address phone offline_access" {
			t.Errorf("%+v", client)
		}
	}
	person := must[*core.User](t)(s.Store.PersonBy(t.Context(), "conformance@claviger.example"))
	for _, claim := range core.ProfileClaims() {
		if person.Profile[claim] == "" {
			t.Errorf("the person has no %s", claim)
		}
	}
	if slices.Contains([]string{person.FullName, person.GivenName, person.FamilyName, person.Username, person.Email, person.Phone}, "") ||
		!person.EmailVerified || !person.PhoneVerified || person.UpdatedAt.IsZero() {
		t.Errorf("%+v", person)
	}
	if !s.opens(t, "conformance-1", "conformance-secret-of-the-first-client", noon) {
		t.Error("the secret does not open")
	}
}
