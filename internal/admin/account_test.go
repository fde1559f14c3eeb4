package admin

import (
	"sync"
	"sync/atomic"
	"testing"

	"claviger/internal/core"
	"claviger/oauth"
)

func TestCP_4_CreateAccount(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		owner := s.person(t, "owner@cafe.example")
		account, err := s.CreateAccount(t.Context(), owner, NewAccount{Name: "Tea House", Type: core.AccountOrg, Currency: "NZD", Test: true})
		if err != nil {
			t.Fatal(err)
		}
		if account.Number == 0 || account.Status != core.Active || !account.Test || account.Currency != "NZD" {
			t.Errorf("%+v", account)
		}
		organisation := must[*core.Organisation](t)(s.Store.Organisation(t.Context(), account.OrganisationID))
		members := must[[]Member](t)(s.ListMembers(t.Context(), owner, account.ID))
		if organisation.Name != "Tea House" || len(members) != 1 || members[0].User.ID != owner.Authorization.User.ID || members[0].Role.Code != "account-owner" {
			t.Errorf("%+v %+v", organisation, members)
		}
		account, err = s.UpdateAccount(t.Context(), owner, account.ID, "Coffee House")
		if err != nil || account.Name != "Coffee House" || must[*core.Account](t)(s.Store.Account(t.Context(), account.ID)).Name != "Coffee House" {
			t.Errorf("%+v %v", account, err)
		}
		if _, err = s.UpdateAccount(t.Context(), owner, account.ID, "Coffee House"); err != nil {
			t.Error(err)
		}
		s.expectEvents(t, core.AccountCreated, core.AccountUpdated)
		audit := s.audit(t)
		last := audit[len(audit)-1]
		if last.Detail != `name "Tea House" -> "Coffee House"` || last.SubjectID != owner.Authorization.User.ID ||
			last.OrganisationID != organisation.ID || last.Target != "account/"+account.ID {
			t.Errorf("%+v", last)
		}
	})
}

func TestWhatAnAccountMustBe(t *testing.T) {
	s := onSQLite(t, shop)
	owner, stranger := s.person(t, "owner@cafe.example"), s.userID(t, "owner@bar.example")
	cases := []struct {
		name    string
		actor   Actor
		account NewAccount
		reason  oauth.Reason
		param   string
	}{
		{"no name", owner, NewAccount{Type: "org"}, oauth.ReasonMissingParameter, "name"},
		{"no type", owner, NewAccount{Name: "A"}, oauth.ReasonMissingParameter, "type"},
		{"bad type", owner, NewAccount{Name: "A", Type: "bank"}, oauth.ReasonInvalidValue, "type"},
		{"bad currency", owner, NewAccount{Name: "A", Type: "org", Currency: "euro"}, oauth.ReasonInvalidValue, "currency"},
		{"F04 for somebody else", owner, NewAccount{Name: "A", Type: "org", OwnerID: stranger}, oauth.ReasonPermissionDenied, "owner"},
		{"unknown owner", cli, NewAccount{Name: "A", Type: "org", OwnerID: "usr_none"}, oauth.ReasonNotFound, "owner"},
		{"individual of nobody", cli, NewAccount{Name: "A", Type: "individual"}, oauth.ReasonMissingParameter, "owner"},
		{"which role", cli, NewAccount{Name: "A", Type: "org", OwnerID: stranger}, oauth.ReasonMissingParameter, "owner_role"},
		{"no owner's role", cli, NewAccount{Name: "A", Type: "org", OwnerID: stranger, OwnerRole: "clerk"}, oauth.ReasonInvalidValue, "owner_role"},
		{"by a key for a person", s.keyActor(t, "owner-key"), NewAccount{Name: "A", Type: "org", OwnerID: stranger}, "", ""},
		{"of nobody", cli, NewAccount{Name: "A", Type: "org"}, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.CreateAccount(t.Context(), c.actor, c.account)
			if c.reason != "" {
				refused(t, err, c.reason, c.param)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	_, err := s.UpdateAccount(t.Context(), owner, "counter", "Mine")
	refused(t, err, oauth.ReasonNotFound, "account_id")
	_, err = s.UpdateAccount(t.Context(), owner, "till", "")
	refused(t, err, oauth.ReasonMissingParameter, "name")
}

// The flags of an individual account are those of one person (CP-9).
func TestCP_9_OneIndividualAccountOneMember(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		owner := s.person(t, "owner@cafe.example")
		var group sync.WaitGroup
		var made atomic.Pointer[core.Account]
		var count atomic.Int64
		for range 8 {
			group.Go(func() {
				account, err := s.CreateAccount(t.Context(), owner, NewAccount{Name: "Me", Type: core.AccountIndividual})
				if err != nil {
					refused(t, err, oauth.ReasonNameTaken, "type")
					return
				}
				made.Store(account)
				count.Add(1)
			})
		}
		group.Wait()
		if count.Load() != 1 {
			t.Fatalf("%d individual accounts", count.Load())
		}
		_, err := s.AddMember(t.Context(), owner, NewMember{made.Load().ID, s.userID(t, "clerk@cafe.example"), "clerk"})
		refused(t, err, oauth.ReasonPermissionDenied, "account_id")
	})
}
