package admin_test

import (
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/oauth"
)

// signIn asks for a token with a service account's password.
func signIn(t *testing.T, h *servertest.Harness, password string) error {
	t.Helper()
	_, err := h.Exchange.Exchange(t.Context(), &oauth.TokenRequest{
		GrantType: "password", ClientID: "your-client-id", ClientSecret: "your-client-secret", Dialect: "scratchpower",
		Username: "integration-user", Password: password, Organisation: "YOUR_ORG",
	})
	return err
}

func TestSP_9_AServiceAccountGetsANewPassword(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		organisation, err := h.Store.OrganisationByCode(t.Context(), "YOUR_ORG")
		if err != nil {
			t.Fatal(err)
		}
		user, err := h.Store.ServiceAccount(t.Context(), organisation.ID, "integration-user")
		if err != nil {
			t.Fatal(err)
		}
		cli := admin.Actor{Name: "cli"}
		_, second, err := h.Admin.ResetPassword(t.Context(), cli, user.ID, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for _, password := range []string{"your-password", second} {
			if err := signIn(t, h, password); err != nil {
				t.Errorf("within the overlap: %v", err)
			}
		}
		_, third, err := h.Admin.ResetPassword(t.Context(), cli, user.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		if signIn(t, h, second) == nil || signIn(t, h, "your-password") == nil {
			t.Error("an old password works after the reset")
		}
		if err := signIn(t, h, third); err != nil {
			t.Error(err)
		}
		person, err := h.Store.PersonBy(t.Context(), "user@centrapay.example")
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.Admin.ResetPassword(t.Context(), cli, person.ID, 0); oauth.AsError(err).Reason != oauth.ReasonNotFound {
			t.Errorf("a person's password was reset: %v", err)
		}
		stranger := admin.Actor{Authorization: &core.Authorization{User: person}}
		if _, _, err := h.Admin.ResetPassword(t.Context(), stranger, user.ID, 0); oauth.AsError(err).Reason != oauth.ReasonNotFound {
			t.Errorf("a stranger reset it: %v", err) // F01
		}
	})
}

// TestF03_AMemberWithoutThePermissionManagesNothing: belonging to an organisation
// is not enough to take over its clients.
func TestF03_AMemberWithoutThePermissionManagesNothing(t *testing.T) {
	h := servertest.New(t)
	organisation, err := h.Store.OrganisationByCode(t.Context(), "EPOS-DEMO")
	if err != nil {
		t.Fatal(err)
	}
	member, err := h.Store.ServiceAccount(t.Context(), organisation.ID, "svc-demo") // its role grants nothing
	if err != nil {
		t.Fatal(err)
	}
	client, _, err := h.Admin.CreateClient(t.Context(), admin.Actor{Name: "cli"}, admin.NewClient{
		Name: "Theirs", OrganisationID: organisation.ID, GrantTypes: []string{"client_credentials"},
		Company: "Theirs", Website: "https://theirs.example", Contact: "dev@theirs.example",
	})
	if err != nil {
		t.Fatal(err)
	}
	actor := admin.Actor{Authorization: &core.Authorization{User: member}}
	if _, _, err := h.Admin.RotateClientSecret(t.Context(), actor, client.ID, 0); oauth.AsError(err).Reason != oauth.ReasonPermissionDenied {
		t.Errorf("a client's secret: %v", err)
	}
	if _, _, err := h.Admin.ResetPassword(t.Context(), actor, member.ID, 0); oauth.AsError(err).Reason != oauth.ReasonPermissionDenied {
		t.Errorf("a password: %v", err)
	}
}
