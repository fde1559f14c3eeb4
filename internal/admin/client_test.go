package admin

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/oauth"
)

func partner(change ...func(*NewClient)) NewClient {
	n := NewClient{
		Name: "Integration", Company: "Example Integrations", Website: "https://integrations.example",
		Contact: "dev@integrations.example", GrantTypes: []string{oauth.GrantPassword, oauth.GrantRefreshToken},
		Scopes: oauth.Scope{"partnerservices"},
	}
	for _, c := range change {
		c(&n)
	}
	return n
}

func TestPE_6_CreateClient(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		client, plain, err := s.CreateClient(t.Context(), cli, partner())
		if err != nil {
			t.Fatal(err)
		}
		if kind, ok := secret.WellFormed(plain); !ok || kind != secret.ClientSecret || !s.opens(t, client.ID, plain, noon) {
			t.Errorf("secret %q", plain)
		}
		stored := must[*core.Client](t)(s.Store.Client(t.Context(), client.ID))
		if diff := cmp.Diff(client, stored); diff != "" || client.Contact != "dev@integrations.example" || client.Number == 0 {
			t.Errorf("%+v\n%s", client, diff)
		}
		_, plain, err = s.CreateClient(t.Context(), cli, partner(func(n *NewClient) {
			n.Kind, n.ID, n.RedirectURIs = core.Public, "spa", []string{"https://app.example/cb"}
		}))
		if err != nil || plain != "" {
			t.Errorf("public client: %q %v", plain, err)
		}
		if secrets := must[[]core.Secret](t)(s.Store.Secrets(t.Context(), "spa")); len(secrets) != 0 {
			t.Error("a public client has a secret")
		}
		s.expectEvents(t, core.CredentialCreated, core.CredentialCreated)
	})
}

func TestPE_6_F09_A08_WhatAClientMustBe(t *testing.T) {
	s := onSQLite(t, shop)
	person := must[*core.User](t)(s.Store.PersonBy(t.Context(), "owner@cafe.example"))
	cases := []struct {
		name   string
		change func(*NewClient)
		reason oauth.Reason
		param  string
	}{
		{"no company", func(n *NewClient) { n.Company = "" }, oauth.ReasonMissingParameter, "company"},
		{"no website", func(n *NewClient) { n.Website = "" }, oauth.ReasonMissingParameter, "website"},
		{"no contact", func(n *NewClient) { n.Contact = "" }, oauth.ReasonMissingParameter, "contact"},
		{"bad website", func(n *NewClient) { n.Website = "javascript:alert(1)" }, oauth.ReasonInvalidValue, "website"},
		{"F09 id of a user", func(n *NewClient) { n.ID = person.ID }, oauth.ReasonInvalidValue, "id"},
		{"F09 id like a key's", func(n *NewClient) { n.ID = "key_x" }, oauth.ReasonInvalidValue, "id"},
		{"F09 id of a key", func(n *NewClient) { n.ID = "owner-key" }, oauth.ReasonNameTaken, "id"},
		{"id with a colon", func(n *NewClient) { n.ID = "a:b" }, oauth.ReasonInvalidValue, "id"},
		{"A08 redirect", func(n *NewClient) { n.RedirectURIs = []string{"JavaScript:alert(1)"} }, oauth.ReasonInvalidValue, "redirect_uris"},
		{"unknown grant type", func(n *NewClient) { n.GrantTypes = []string{"Password"} }, oauth.ReasonInvalidValue, "grant_types"},
		{"unknown organisation", func(n *NewClient) { n.OrganisationIDs = []string{"org_none"} }, oauth.ReasonNotFound, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := s.CreateClient(t.Context(), cli, partner(c.change))
			refused(t, err, c.reason, c.param)
		})
	}
	_, _, err := s.CreateClient(t.Context(), s.person(t, "everywhere@cafe.example"), partner())
	refused(t, err, oauth.ReasonPermissionDenied, "")
	if _, _, err = s.CreateClient(t.Context(), s.person(t, "operator@platform.example"), partner(func(n *NewClient) { n.ID = "one" })); err != nil {
		t.Fatal(err)
	}
	_, _, err = s.CreateClient(t.Context(), cli, partner(func(n *NewClient) { n.ID = "one" }))
	refused(t, err, oauth.ReasonNameTaken, "id")
}

func TestSP_9_RotateClientSecret(t *testing.T) {
	onEach(t, shop+`
clients:
  - {id: integration, name: Integration, organisation: cafe, secret: old-secret}
  - {id: spa, name: SPA, kind: public, organisation: cafe}
  - {id: partner, name: Partner, secret: partner-secret}
`, func(t *testing.T, s *Service) {
		admin := s.person(t, "everywhere@cafe.example")
		_, next, err := s.RotateClientSecret(t.Context(), admin, "integration", 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		day := noon.Add(24 * time.Hour)
		for at, old := range map[time.Time]bool{noon: true, day.Add(-time.Millisecond): true, day: false} {
			if s.opens(t, "integration", "old-secret", at) != old || !s.opens(t, "integration", next, at) {
				t.Errorf("%s after the rotation: the old secret works %v", at.Sub(noon), !old)
			}
		}
		// At once, for one that leaked: the overlap of before is cut short.
		_, last, err := s.RotateClientSecret(t.Context(), admin, "integration", 0)
		if err != nil || s.opens(t, "integration", "old-secret", noon) || s.opens(t, "integration", next, noon) || !s.opens(t, "integration", last, noon) {
			t.Errorf("rotation without overlap: %v", err)
		}
		_, _, err = s.RotateClientSecret(t.Context(), admin, "integration", -time.Second)
		refused(t, err, oauth.ReasonInvalidValue, "overlap")
		_, _, err = s.RotateClientSecret(t.Context(), admin, "spa", 0)
		refused(t, err, oauth.ReasonInvalidValue, "id")
		for name, actor := range map[string]Actor{"member of one account": s.person(t, "owner@cafe.example"), "stranger": s.person(t, "owner@bar.example"), "key": s.keyActor(t, "owner-key")} {
			_, _, err = s.RotateClientSecret(t.Context(), actor, "integration", 0)
			if refused(t, err, oauth.ReasonNotFound, "id"); t.Failed() {
				t.Error(name)
			}
		}
		_, _, err = s.RotateClientSecret(t.Context(), admin, "partner", 0) // belongs to nobody, not to everybody
		refused(t, err, oauth.ReasonNotFound, "id")
		s.expectEvents(t, core.CredentialRotated, core.CredentialRotated)
	})
}

// A change that sets a client going or stops it is called so in the audit trail.
func TestClientStatus(t *testing.T) {
	s := onSQLite(t, shop+"clients: [{id: integration, name: Integration, organisation: cafe}]")
	owner := s.person(t, "everywhere@cafe.example")
	set := func(actor Actor, id string, status core.Status) error {
		_, err := s.UpdateClient(t.Context(), actor, id, AnyVersion, ClientChange{Status: &status})
		return err
	}
	becomes := func(actor Actor, status core.Status) {
		t.Helper()
		if err := set(actor, "integration", status); err != nil {
			t.Error(err)
		}
		if c := must[*core.Client](t)(s.Store.Client(t.Context(), "integration")); c.Status != status {
			t.Errorf("%s is not stored", status)
		}
	}
	becomes(owner, core.Disabled)
	becomes(owner, core.Disabled)
	becomes(owner, core.Active)
	refused(t, set(owner, "integration", "CLOSED"), oauth.ReasonInvalidValue, "status")
	refused(t, set(owner, "nothing", core.Active), oauth.ReasonNotFound, "")
	s.expectEvents(t, core.CredentialDisabled, core.CredentialEnabled)

	// SUSPENDED is the platform's: its own people cannot lift it, by no detour either.
	refused(t, set(owner, "integration", core.Suspended), oauth.ReasonPermissionDenied, "status")
	becomes(cli, core.Suspended)
	becomes(owner, core.Suspended)
	for _, status := range []core.Status{core.Active, core.Disabled} {
		refused(t, set(owner, "integration", status), oauth.ReasonPermissionDenied, "status")
	}
	becomes(cli, core.Active)
}
