package admin

import (
	"errors"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

const connected = `
permissions: [{name: "connections:approve"}]
roles:
  - {code: connector, name: Connector, grants: {own: ["connections:approve"]}}
  - {code: everyones, name: Everyone's, grants: {global: ["connections:approve"]}}
  - {code: bystander, name: Bystander, owner: true}
organisations:
  - {code: cafe, name: Cafe, accounts: [{id: till, name: Till}, {id: safe, name: Safe}]}
  - {code: bar, name: Bar, accounts: [{id: counter, name: Counter}]}
people:
  - {email: cafe@connect.example, full_name: Connie, memberships: [{organisation: cafe, role: connector}]}
  - {email: till@connect.example, memberships: [{account: till, role: connector}]}
  - {email: safe@connect.example, memberships: [{account: safe, role: bystander}]}
  - {email: bar@connect.example, memberships: [{organisation: bar, role: everyones}]}
  - {email: operator@platform.example, operator: true}
clients:
  - {id: partner, name: Partner, grant_types: [authorization_code, refresh_token], redirect_hosts: [partner.example]}
`

// connect stores a connection to an account with a live grant.
func (s *Service) connect(t *testing.T, id, accountID string) *core.Consent {
	t.Helper()
	account := must[*core.Account](t)(s.Store.Account(t.Context(), accountID))
	connie := must[*core.User](t)(s.Store.PersonBy(t.Context(), "cafe@connect.example"))
	consent := &core.Consent{ID: "con_" + id, ClientID: "partner", OrganisationID: account.OrganisationID, AccountID: account.ID,
		UserID: connie.ID, Scopes: oauth.Scope{"read"}, CreatedAt: noon}
	grant := &core.Grant{ID: "grn_" + id, ClientID: "partner", UserID: connie.ID, ConsentID: consent.ID, CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)}
	err := s.Store.Write(t.Context(), func(tx *store.Tx) error { return errors.Join(tx.PutConsent(consent), tx.InsertGrant(grant)) })
	if err != nil {
		t.Fatal(err)
	}
	return consent
}

func TestSD_10_ConnectionsAreSeenAndEnded(t *testing.T) {
	onEach(t, connected, func(t *testing.T, s *Service) {
		till, safe := s.connect(t, "1", "till"), s.connect(t, "2", "safe")
		s.connect(t, "counter", "counter")
		cafe := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), "cafe"))
		for email, want := range map[string]int{"cafe@connect.example": 2, "till@connect.example": 1, "operator@platform.example": 2} {
			got := must[[]Connection](t)(s.ListConnections(t.Context(), s.person(t, email), cafe.ID))
			if len(got) != want || got[0].Consent.ID != till.ID || got[0].Client.Name != "Partner" || got[0].Account.Name != "Till" ||
				got[0].ApprovedBy.FullName != "Connie" {
				t.Errorf("%s sees %+v", email, got)
			}
		}
		if err := s.EndConnection(t.Context(), s.person(t, "till@connect.example"), till.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.EndConnection(t.Context(), cli, till.ID); err != nil { // it has ended already
			t.Fatal(err)
		}
		if c := must[*core.Consent](t)(s.Store.Consent(t.Context(), till.ID)); !c.RevokedAt.Equal(noon) {
			t.Errorf("revoked at %s", c.RevokedAt)
		}
		if g := must[*core.Grant](t)(s.Store.Grant(t.Context(), "grn_1")); g.EndedAt.IsZero() || g.EndReason != string(oauth.ReasonConsentRevoked) {
			t.Errorf("the grant lives: %+v", g)
		}
		if g := must[*core.Grant](t)(s.Store.Grant(t.Context(), "grn_2")); !g.EndedAt.IsZero() {
			t.Error("the grant of another connection has ended")
		}
		left := must[[]Connection](t)(s.ListConnections(t.Context(), cli, cafe.ID))
		if len(left) != 1 || left[0].Consent.ID != safe.ID {
			t.Errorf("%+v", left)
		}
		s.expectEvents(t, core.ConsentRevoked)
		audit := s.audit(t)
		if e := audit[len(audit)-1]; e.OrganisationID != cafe.ID || e.Target != "consent/"+till.ID || e.ClientID != "partner" || e.SubjectID == "" {
			t.Errorf("%+v", e)
		}
	})
}

func TestSD_10_F01_F05_ConnectionsOfOthersAreNotThere(t *testing.T) {
	s := onSQLite(t, connected)
	till := s.connect(t, "till", "till")
	personal := &core.Consent{ID: "con_own", ClientID: "partner", UserID: till.UserID, CreatedAt: noon}
	if err := s.Store.Write(t.Context(), func(tx *store.Tx) error { return tx.PutConsent(personal) }); err != nil {
		t.Fatal(err)
	}
	connie := s.person(t, "cafe@connect.example")
	partner := connie
	authorization := *connie.Authorization
	authorization.Consent = till
	partner.Authorization = &authorization
	for _, c := range []struct {
		name         string
		actor        Actor
		consent      string
		organisation string
		reason       oauth.Reason
	}{
		{"another organisation", s.person(t, "bar@connect.example"), till.ID, till.OrganisationID, oauth.ReasonNotFound},
		{"a role without the permission", s.person(t, "safe@connect.example"), "", till.OrganisationID, oauth.ReasonPermissionDenied},
		{"another account", s.person(t, "safe@connect.example"), till.ID, "", oauth.ReasonNotFound},
		{"the partner itself", partner, till.ID, till.OrganisationID, oauth.ReasonNotFound},
		{"a person's own consent", connie, personal.ID, "", oauth.ReasonNotFound},
		{"an organisation that is none", cli, "", "org_none", oauth.ReasonNotFound},
		{"a connection that is none", cli, "con_none", "", oauth.ReasonNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.organisation != "" {
				_, err := s.ListConnections(t.Context(), c.actor, c.organisation)
				refused(t, err, c.reason, "")
			}
			if c.consent != "" {
				refused(t, s.EndConnection(t.Context(), c.actor, c.consent), c.reason, "")
			}
		})
	}
	_, err := s.ListConnections(t.Context(), cli, "")
	refused(t, err, oauth.ReasonMissingParameter, "organisation_id")
	if c := must[*core.Consent](t)(s.Store.Consent(t.Context(), till.ID)); !c.RevokedAt.IsZero() {
		t.Error("somebody ended it")
	}
	s.expectEvents(t)
}
