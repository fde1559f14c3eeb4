package admin

import (
	"sync"
	"testing"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

func (s *Service) userID(t *testing.T, email string) string {
	t.Helper()
	return must[*core.User](t)(s.Store.PersonBy(t.Context(), email)).ID
}

func TestCP_4_Members(t *testing.T) {
	onEach(t, shop, func(t *testing.T, s *Service) {
		owner, newcomer := s.person(t, "owner@cafe.example"), s.userID(t, "owner@bar.example")
		member, err := s.AddMember(t.Context(), owner, NewMember{"till", newcomer, "clerk"})
		if err != nil || member.Role.Code != "clerk" || member.User.ID != newcomer || member.Membership.AccountID != "till" {
			t.Fatalf("%+v %v", member, err)
		}
		again, err := s.AddMember(t.Context(), owner, NewMember{"till", newcomer, "account-owner"})
		if err != nil || again.Membership.ID != member.Membership.ID || again.Role.Code != "account-owner" {
			t.Errorf("%+v %v", again, err)
		}
		if _, err := s.AddMember(t.Context(), owner, NewMember{"till", newcomer, "account-owner"}); err != nil {
			t.Error(err)
		}
		members := must[[]Member](t)(s.ListMembers(t.Context(), owner, "till"))
		if len(members) != 4 { // owner, clerk, everywhere, newcomer
			t.Errorf("%d members", len(members))
		}
		if err := s.RemoveMember(t.Context(), owner, "till", newcomer); err != nil {
			t.Error(err)
		}
		refused(t, s.RemoveMember(t.Context(), owner, "till", newcomer), oauth.ReasonNotFound, "user_id")
		refused(t, s.RemoveMember(t.Context(), owner, "till", s.userID(t, "everywhere@cafe.example")), oauth.ReasonPermissionDenied, "user_id")
		s.expectEvents(t, core.MemberAdded, core.MemberUpdated, core.MemberRemoved)
	})
}

func TestF03_NobodyGivesOrTakesAboveTheirOwn(t *testing.T) {
	s := onSQLite(t, shop+`
  - {email: second@cafe.example, memberships: [{account: till, role: account-owner}]}`)
	owner, clerk := s.person(t, "owner@cafe.example"), s.person(t, "clerk@cafe.example")
	other := s.userID(t, "owner@bar.example")
	cases := []struct {
		name   string
		actor  Actor
		member NewMember
		reason oauth.Reason
		param  string
	}{
		{"escalates itself", clerk, NewMember{"till", s.userID(t, "clerk@cafe.example"), "account-owner"}, oauth.ReasonPermissionDenied, "role"},
		{"above its own", clerk, NewMember{"till", other, "account-owner"}, oauth.ReasonPermissionDenied, "role"},
		{"demotes its better", clerk, NewMember{"till", owner.Authorization.User.ID, "clerk"}, oauth.ReasonPermissionDenied, "user_id"},
		{"F01 foreign account", owner, NewMember{"counter", other, "clerk"}, oauth.ReasonNotFound, "account_id"},
		{"F05 every account", owner, NewMember{"", other, "clerk"}, oauth.ReasonMissingParameter, "account_id"},
		{"F05 star", owner, NewMember{"*", other, "clerk"}, oauth.ReasonNotFound, ""},
		{"no user", owner, NewMember{"till", "", "clerk"}, oauth.ReasonMissingParameter, "user_id"},
		{"unknown user", owner, NewMember{"till", "usr_none", "clerk"}, oauth.ReasonNotFound, "user_id"},
		{"no role", owner, NewMember{"till", other, ""}, oauth.ReasonMissingParameter, "role"},
		{"unknown role", owner, NewMember{"till", other, "cook"}, oauth.ReasonInvalidValue, "role"},
		{"its own", clerk, NewMember{"till", other, "clerk"}, "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := s.AddMember(t.Context(), c.actor, c.member)
			if c.reason != "" {
				refused(t, err, c.reason, c.param)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	refused(t, s.RemoveMember(t.Context(), clerk, "till", owner.Authorization.User.ID), oauth.ReasonPermissionDenied, "user_id")
	if err := s.RemoveMember(t.Context(), owner, "till", owner.Authorization.User.ID); err != nil {
		t.Errorf("nobody may leave: %v", err)
	}
}

// Service accounts of another organisation are not there.
func TestF01_ForeignServiceAccount(t *testing.T) {
	s := onSQLite(t, shop+`
  - {email: x@y.example}
`)
	s.mustApply(t, "organisations: [{code: bar, service_accounts: [{username: robot}]}, {code: cafe, service_accounts: [{username: robot}]}]")
	owner := s.person(t, "owner@cafe.example")
	for code, reason := range map[string]oauth.Reason{"bar": oauth.ReasonNotFound, "cafe": ""} {
		o := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), code))
		robot := must[*core.User](t)(s.Store.ServiceAccount(t.Context(), o.ID, "robot"))
		_, err := s.AddMember(t.Context(), owner, NewMember{"till", robot.ID, "clerk"})
		if reason != "" {
			refused(t, err, reason, "user_id")
		} else if err != nil {
			t.Error(err)
		}
	}
}

const owners = `
permissions: [{name: read}]
roles:
  - {code: owner, name: Owner, owner: true, grants: {own: [read]}}
  - {code: clerk, name: Clerk, grants: {own: [read]}}
organisations: [{code: cafe, name: Cafe, accounts: [{id: till, name: Till}]}, {code: new, name: New}]
people:
  - {email: a@cafe.example, memberships: [{account: till, role: owner}]}
  - {email: b@cafe.example, memberships: [{account: till, role: owner}]}
  - {email: c@cafe.example, memberships: [{account: till, role: owner}]}
  - {email: clerk@cafe.example, memberships: [{account: till, role: clerk}]}
`

// Three owners leave or step down at the same time, on two nodes: one stays.
func TestCP_4_LastOwnerUnderParallelRemoval(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		for range 5 {
			nodes := []*Service{newService(open()), newService(open())}
			nodes[0].mustApply(t, owners)
			outcomes := parallel(
				func() error { return nodes[0].leave(t, "a@cafe.example") },
				func() error { return nodes[1].leave(t, "b@cafe.example") },
				func() error { return nodes[1].stepDown(t, "c@cafe.example") },
			)
			refusals := 0
			for _, err := range outcomes {
				if err != nil {
					refused(t, err, oauth.ReasonLastOwner, "")
					refusals++
				}
			}
			left := 0
			for _, m := range must[[]Member](t)(nodes[0].ListMembers(t.Context(), cli, "till")) {
				if m.Role.Owner {
					left++
				}
			}
			if left != 1 || refusals != 1 {
				t.Fatalf("%d owners left, %d refusals", left, refusals)
			}
		}
	})
}

func parallel(jobs ...func() error) []error {
	var group sync.WaitGroup
	outcomes := make([]error, len(jobs))
	for i, job := range jobs {
		group.Go(func() { outcomes[i] = job() })
	}
	group.Wait()
	return outcomes
}

func (s *Service) leave(t *testing.T, email string) error {
	return s.RemoveMember(t.Context(), s.person(t, email), "till", s.userID(t, email))
}

func (s *Service) stepDown(t *testing.T, email string) error {
	_, err := s.AddMember(t.Context(), s.person(t, email), NewMember{"till", s.userID(t, email), "clerk"})
	return err
}

func TestCP_4_LastOwnerStays(t *testing.T) {
	s := onSQLite(t, owners)
	for _, email := range []string{"b@cafe.example", "c@cafe.example"} {
		if err := s.RemoveMember(t.Context(), cli, "till", s.userID(t, email)); err != nil {
			t.Fatal(err)
		}
	}
	last := s.userID(t, "a@cafe.example")
	refused(t, s.RemoveMember(t.Context(), cli, "till", last), oauth.ReasonLastOwner, "")
	_, err := s.AddMember(t.Context(), cli, NewMember{"till", last, "clerk"})
	refused(t, err, oauth.ReasonLastOwner, "")
	if err := s.RemoveMember(t.Context(), cli, "till", s.userID(t, "clerk@cafe.example")); err != nil {
		t.Error(err)
	}
	s.expectEvents(t, core.MemberRemoved, core.MemberRemoved, core.MemberRemoved)
}

// An owner who cannot sign in is none, and an organisation that has no account yet
// needs one as well.
func TestCP_4_LastOwnerWhoCanSignInStays(t *testing.T) {
	onEach(t, owners+`
  - {email: off@cafe.example, memberships: [{organisation: cafe, role: owner}]}
  - {email: sole@new.example, memberships: [{organisation: new, role: owner}]}
`, func(t *testing.T, s *Service) {
		s.mustApply(t, "people: [{email: off@cafe.example, status: SUSPENDED}]")
		for _, email := range []string{"b@cafe.example", "c@cafe.example"} {
			if err := s.RemoveMember(t.Context(), cli, "till", s.userID(t, email)); err != nil {
				t.Fatal(err)
			}
		}
		for _, email := range []string{"a@cafe.example", "sole@new.example"} {
			memberships := must[[]*core.Membership](t)(s.Store.MembershipsOf(t.Context(), s.userID(t, email)))
			_, err := s.SetMemberRole(t.Context(), cli, memberships[0].ID, AnyVersion, "clerk")
			refused(t, err, oauth.ReasonLastOwner, "")
			refused(t, s.EndMembership(t.Context(), cli, memberships[0].ID, AnyVersion), oauth.ReasonLastOwner, "")
		}
		refused(t, s.RemoveMember(t.Context(), cli, "till", s.userID(t, "a@cafe.example")), oauth.ReasonLastOwner, "")
		refused(t, s.stepDown(t, "a@cafe.example"), oauth.ReasonLastOwner, "")
		if _, err := s.AddMembership(t.Context(), cli, NewMembership{
			OrganisationID: must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), "new")).ID,
			UserID:         s.userID(t, "a@cafe.example"), RoleCode: "owner",
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.leaveAll(t, "sole@new.example"); err != nil {
			t.Error(err)
		}
	})
}

// leaveAll ends the only membership of somebody.
func (s *Service) leaveAll(t *testing.T, email string) error {
	memberships := must[[]*core.Membership](t)(s.Store.MembershipsOf(t.Context(), s.userID(t, email)))
	return s.EndMembership(t.Context(), s.person(t, email), memberships[0].ID, AnyVersion)
}
