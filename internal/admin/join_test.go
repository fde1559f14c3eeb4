package admin

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/oauth"
)

const inviting = `
roles:
  - {code: owner, name: Owner, owner: true, assigns: [owner, viewer]}
  - {code: viewer, name: Viewer}
organisations:
  - {code: acme, name: Acme, accounts: [{id: acme-1, name: Acme, currency: EUR}]}
  - {code: other, name: Other, accounts: [{id: other-1, name: Other, currency: EUR}]}
people:
  - {email: o@acme.test, memberships: [{organisation: acme, role: owner}]}
  - {email: p@acme.test, memberships: [{organisation: acme, role: owner}]}
  - {email: v@acme.test, memberships: [{organisation: acme, role: viewer}]}
  - {email: x@other.test, memberships: [{organisation: other, role: owner}]}
`

// inbox has a service send its mail into a list of secrets, by the order they left in.
func (s *Service) inbox() *[]string {
	var sent []string
	var mu sync.Mutex
	s.Invitations = Mail{
		Issuer: "https://issuer.test", Platform: "Test", Wake: func() {},
		Text: func(_, _ string, args ...any) string { return fmt.Sprint(args...) },
		Send: func(_ *store.Tx, _, _, _, text string, _ time.Time) error {
			_, link, _ := strings.Cut(text, "?invitation=")
			mu.Lock()
			defer mu.Unlock()
			sent = append(sent, link[:len("clv_inv_")+39])
			return nil
		},
	}
	return &sent
}

func (s *Service) invite(t *testing.T, from, email string) *Invited {
	t.Helper()
	organisation := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), "acme"))
	return must[*Invited](t)(s.Invite(t.Context(), s.person(t, from), NewInvitation{OrganisationID: organisation.ID, Email: email, RoleCode: "viewer"}))
}

var ines = NewPerson{FullName: "Ines Roux", Password: "a heron at the weir", Locale: "fr"}

func TestE18_TwoWhoJoinByOneInvitation(t *testing.T) {
	onEach(t, inviting, func(t *testing.T, s *Service) {
		sent := s.inbox()
		s.invite(t, "o@acme.test", "Ines@acme.test")
		plain := (*sent)[0]
		joined := make([]error, 4)
		var all sync.WaitGroup
		for i := range joined {
			all.Go(func() { _, joined[i] = s.Join(t.Context(), cli.Source, plain, ines) })
		}
		all.Wait()
		won := 0
		for _, err := range joined {
			if err == nil {
				won++
			} else if oauth.RefusalOf(err) == nil {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Errorf("%d joined: %v", won, joined)
		}
		person := must[*core.User](t)(s.Store.PersonBy(t.Context(), "ines@acme.test"))
		if !person.EmailVerified || person.Operator || person.Profile["locale"] != "fr" || !s.opens(t, person.ID, ines.Password, noon) {
			t.Errorf("%+v", person)
		}
		if memberships := must[[]*core.Membership](t)(s.Store.MembershipsOf(t.Context(), person.ID)); len(memberships) != 1 {
			t.Errorf("%d memberships", len(memberships))
		}
		s.expectEvents(t, core.InvitationSent, core.PersonCreated, core.InvitationAccepted, core.MemberAdded)
		for _, e := range s.audit(t) {
			if strings.Contains(e.Detail+e.Target, plain) || strings.Contains(e.Detail, ines.Password) {
				t.Errorf("the record %s holds a secret", e.Type)
			}
		}
	})
}

// Whoever has the role there is told so, by the field; in another place or with another
// role they can be invited and added.
func TestNobodyGetsARoleTwiceInOnePlace(t *testing.T) {
	onEach(t, inviting, func(t *testing.T, s *Service) {
		s.inbox()
		acme := must[*core.Organisation](t)(s.Store.OrganisationByCode(t.Context(), "acme")).ID
		owner, viewer := s.person(t, "o@acme.test"), s.userID(t, "v@acme.test")
		for _, test := range []struct {
			account, role string
			reason        oauth.Reason
		}{{"", "viewer", oauth.ReasonAlreadyMember}, {"", "owner", ""}, {"acme-1", "viewer", ""}} {
			_, invited := s.Invite(t.Context(), owner, NewInvitation{OrganisationID: acme, AccountID: test.account, Email: "V@acme.test", RoleCode: test.role})
			_, added := s.AddMembership(t.Context(), cli, NewMembership{OrganisationID: acme, AccountID: test.account, UserID: viewer, RoleCode: test.role})
			if test.reason != "" {
				refused(t, invited, test.reason, "email")
				refused(t, added, test.reason, "user_id")
			} else if invited != nil || added != nil {
				t.Error(test, invited, added)
			}
		}
	})
}

func TestE18_InvitationsThatDoNotMakeAnAccount(t *testing.T) {
	s := onSQLite(t, inviting)
	sent := s.inbox()
	s.invite(t, "o@acme.test", "ines@acme.test")
	plain := (*sent)[0]
	for _, wrong := range []struct {
		person NewPerson
		reason oauth.Reason
		param  string
	}{
		{NewPerson{Password: ines.Password}, oauth.ReasonMissingParameter, "full_name"},
		{NewPerson{FullName: "a\nb", Password: ines.Password}, oauth.ReasonInvalidValue, "full_name"},
		{NewPerson{FullName: "Ines", Password: "short"}, oauth.ReasonInvalidValue, "new_password"},
		{NewPerson{FullName: "Ines Roux", Password: "ines roux"}, oauth.ReasonInvalidValue, "new_password"},
	} {
		_, err := s.Join(t.Context(), cli.Source, plain, wrong.person)
		refused(t, err, wrong.reason, wrong.param)
	}
	_, err := s.Join(t.Context(), cli.Source, plain[:len(plain)-1]+"!", ines)
	refused(t, err, oauth.ReasonNotFound, "invitation")

	// Whoever sent it must still be able to (D06).
	s.invite(t, "p@acme.test", "pia@acme.test")
	members := must[[]Member](t)(s.ListMembers(t.Context(), cli, "acme-1"))
	for _, m := range members {
		if m.User.Email == "p@acme.test" {
			if err := s.EndMembership(t.Context(), cli, m.Membership.ID, AnyVersion); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, err = s.Join(t.Context(), cli.Source, (*sent)[1], ines)
	refused(t, err, oauth.ReasonNotFound, "invitation")

	// Somebody has the address by now: they sign in, and nobody gets a new password.
	s.mustApply(t, "people: [{email: INES@acme.test}]")
	_, err = s.Join(t.Context(), cli.Source, plain, ines)
	refused(t, err, oauth.ReasonNameTaken, "email")
}

func TestF01_F03_SendingAnInvitationAgain(t *testing.T) {
	onEach(t, inviting, func(t *testing.T, s *Service) {
		sent := s.inbox()
		first := s.invite(t, "o@acme.test", "ines@acme.test")
		_, err := s.SendInvitationAgain(t.Context(), s.person(t, "x@other.test"), first.Invitation.ID, "")
		refused(t, err, oauth.ReasonNotFound, "")
		_, err = s.SendInvitationAgain(t.Context(), s.person(t, "v@acme.test"), first.Invitation.ID, "")
		refused(t, err, oauth.ReasonPermissionDenied, "")
		_, err = s.GetInvitation(t.Context(), s.person(t, "x@other.test"), first.Invitation.ID)
		refused(t, err, oauth.ReasonNotFound, "")

		again := must[*Invited](t)(s.SendInvitationAgain(t.Context(), s.person(t, "p@acme.test"), first.Invitation.ID, ""))
		if len(*sent) != 2 || again.Invitation.Email != "ines@acme.test" || again.Role.Code != "viewer" {
			t.Fatalf("%d sent, %+v", len(*sent), again.Invitation)
		}
		_, err = s.FindInvitation(t.Context(), (*sent)[0])
		refused(t, err, oauth.ReasonNotFound, "")
		if found := must[*Invited](t)(s.FindInvitation(t.Context(), (*sent)[1])); found.Invitation.ID != again.Invitation.ID {
			t.Errorf("%+v", found.Invitation)
		}
		_, err = s.SendInvitationAgain(t.Context(), s.person(t, "o@acme.test"), first.Invitation.ID, "")
		refused(t, err, oauth.ReasonNotFound, "id")
	})
}
