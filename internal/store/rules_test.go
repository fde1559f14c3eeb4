package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

func TestConflictsNameWhatIsTaken(t *testing.T) {
	people := func(id, username, email, phone string) *core.User {
		return &core.User{ID: id, Kind: core.Person, Username: username, Email: email, Phone: phone}
	}
	service := func(id, organisation, username, email string) *core.User {
		return &core.User{ID: id, Kind: core.ServiceAccount, OrganisationID: organisation, Username: username, Email: email}
	}
	tests := []struct {
		name string
		job  func(tx *store.Tx) error
		want string // part of the error; empty: none
	}{
		{"organisation code", func(tx *store.Tx) error { return tx.PutOrganisation(&core.Organisation{ID: "o", Code: "ACME"}) }, "code"},
		{"organisation number", func(tx *store.Tx) error { return tx.PutOrganisation(&core.Organisation{ID: "o", Code: "X", Number: 7}) }, "number"},
		{"person username", func(tx *store.Tx) error { return tx.PutUser(people("u", "ann", "", "")) }, "username"},
		{"person email in another case", func(tx *store.Tx) error {
			return first(tx.PutUser(people("u", "", "A@x", "")), tx.PutUser(people("v", "", "a@X", "")))
		}, "email"},
		{"person phone", func(tx *store.Tx) error {
			return first(tx.PutUser(people("u", "", "", "1")), tx.PutUser(people("v", "", "", "1")))
		}, "phone"},
		{"people without names", func(tx *store.Tx) error {
			return first(tx.PutUser(people("u", "", "", "")), tx.PutUser(people("v", "", "", "")))
		}, ""},
		{"service accounts of two organisations", func(tx *store.Tx) error {
			return first(tx.PutUser(service("u", "org_1", "ann", "e@x")), tx.PutUser(service("v", "org_2", "ann", "e@x")))
		}, ""},
		{"service accounts of one", func(tx *store.Tx) error {
			return first(tx.PutUser(service("u", "org_1", "pos", "")), tx.PutUser(service("v", "org_1", "pos", "")))
		}, "username"},
		{"role code", func(tx *store.Tx) error { return tx.PutRole(&core.Role{ID: "r", Code: "account-owner"}) }, "code"},
		{"role code of an organisation", func(tx *store.Tx) error {
			return tx.PutRole(&core.Role{ID: "r", OrganisationID: "org_1", Code: "account-owner"})
		}, ""},
		{"API key name", func(tx *store.Tx) error {
			return first(tx.PutAPIKey(&core.APIKey{ID: "a", AccountID: "acc_1", Name: "n"}),
				tx.PutAPIKey(&core.APIKey{ID: "b", AccountID: "acc_1", Name: "n"}))
		}, "name"},
		{"secret digest", func(tx *store.Tx) error {
			_, one := tx.AddSecret(core.Secret{Digest: "d"})
			_, two := tx.AddSecret(core.Secret{Digest: "d"})
			return first(one, two)
		}, "digest"},
		{"secrets without digest", func(tx *store.Tx) error {
			_, one := tx.AddSecret(core.Secret{})
			_, two := tx.AddSecret(core.Secret{})
			return first(one, two)
		}, ""},
	}
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		tenant(t, s)
		undone := errors.New("undone")
		for _, test := range tests {
			err := s.Write(t.Context(), func(tx *store.Tx) error { return first(test.job(tx), undone) })
			switch {
			case test.want == "" && !errors.Is(err, undone):
				t.Errorf("%s: %v", test.name, err)
			case test.want != "" && (!errors.Is(err, core.ErrConflict) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%s: %v", test.name, err)
			}
		}
	})
}

func TestNumbersAreAssignedAndKept(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o, _, _ := tenant(t, s) // number 7
		next := &core.Organisation{Code: "NEXT"}
		write(t, s, func(tx *store.Tx) error { return tx.PutOrganisation(next) })
		if next.Number != 8 || !strings.HasPrefix(next.ID, core.PrefixOrganisation) || next.CreatedAt.IsZero() {
			t.Errorf("filled in: %+v", next)
		}
		again := *o
		again.Number, again.Name = 0, "Renamed"
		write(t, s, func(tx *store.Tx) error { return tx.PutOrganisation(&again) })
		if again.Number != 7 {
			t.Errorf("an update without number made it %d", again.Number)
		}
		failed := &core.Organisation{Code: "GONE"}
		_ = s.Write(t.Context(), func(tx *store.Tx) error { return first(tx.PutOrganisation(failed), errors.New("undo")) })
		if failed.Number != 0 || failed.ID != "" {
			t.Errorf("an undone job left %+v", failed)
		}
	})
}

func TestNumbersOfParallelNodesDiffer(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		nodes := []*store.Store{open(), open()}
		seen := map[int64]bool{}
		numbers := make(chan int64)
		for i := range 20 {
			go func() {
				c := &core.Client{Name: "n"}
				if err := nodes[i%2].Write(t.Context(), func(tx *store.Tx) error { return tx.PutClient(c) }); err != nil {
					t.Error(err)
				}
				numbers <- c.Number
			}()
		}
		for range 20 {
			seen[<-numbers] = true
		}
		if len(seen) != 20 {
			t.Errorf("%d different numbers", len(seen))
		}
	})
}

func TestIdentifierPrecedence(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		put := func(id string, kind core.UserKind, organisation, username, email, phone string) {
			write(t, s, func(tx *store.Tx) error {
				return tx.PutUser(&core.User{ID: id, Kind: kind, OrganisationID: organisation, Username: username, Email: email, Phone: phone})
			})
		}
		put("phone", core.ServiceAccount, "org", "a", "", "x@y")
		put("email", core.ServiceAccount, "org", "b", "X@y", "")
		put("email2", core.ServiceAccount, "org", "c", "x@Y", "1")
		put("name", core.ServiceAccount, "org", "1", "", "")
		put("other", core.ServiceAccount, "org2", "x@y", "", "")
		put("person", core.Person, "", "p", "P@q", "2")
		put("impostor", core.Person, "", "p@q", "", "")
		for _, test := range []struct{ organisation, identifier, want string }{
			{"org", "a", "phone"}, {"org", "x@y", "email"}, {"org", "X@Y", "email"}, {"org", "1", "name"},
			{"org2", "x@y", "other"}, {"org2", "a", ""}, {"org", "", ""}, {"org", "p", ""}, {"", "p", ""},
		} {
			found, err := s.ServiceAccount(t.Context(), test.organisation, test.identifier)
			expectUser(t, test.organisation+"/"+test.identifier, found, err, test.want)
		}
		for _, test := range []struct{ identifier, want string }{
			{"p@q", "person"}, {"P@Q", "person"}, {"2", "person"}, {"p", "person"}, {"a", ""}, {"", ""},
		} {
			found, err := s.PersonBy(t.Context(), test.identifier)
			expectUser(t, test.identifier, found, err, test.want)
		}
	})
}

func expectUser(t *testing.T, what string, found *core.User, err error, want string) {
	t.Helper()
	switch {
	case want == "" && !errors.Is(err, core.ErrNotFound):
		t.Errorf("%s: %+v, %v; want not found", what, found, err)
	case want != "" && (err != nil || found.ID != want):
		t.Errorf("%s: %+v, %v; want %s", what, found, err, want)
	}
}

func TestRoleByCodePrefersTheOrganisationsOwn(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error {
			return first(tx.PutRole(&core.Role{ID: "platform", Code: "c"}),
				tx.PutRole(&core.Role{ID: "own", OrganisationID: "org_1", Code: "c"}))
		})
		for organisation, want := range map[string]string{"org_1": "own", "org_2": "platform", "": "platform"} {
			got, err := s.RoleByCode(t.Context(), organisation, "c")
			if err != nil || got.ID != want {
				t.Errorf("%q: %+v, %v", organisation, got, err)
			}
		}
	})
}

func TestListsAreOrdered(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o, a, r := tenant(t, s)
		write(t, s, func(tx *store.Tx) error {
			return first(
				tx.PutAccount(&core.Account{ID: "acc_z", OrganisationID: o.ID, Rank: -1}),
				tx.PutAccount(&core.Account{ID: "acc_a", OrganisationID: o.ID}),
				tx.PutMembership(&core.Membership{ID: "m1", UserID: "usr_1", OrganisationID: o.ID, AccountID: a.ID, RoleID: r.ID}),
				tx.PutMembership(&core.Membership{ID: "m2", UserID: "usr_2", OrganisationID: o.ID, RoleID: r.ID}),
				tx.PutMembership(&core.Membership{ID: "m3", UserID: "usr_2", OrganisationID: o.ID, AccountID: "acc_z", RoleID: r.ID}))
		})
		accounts, err := s.AccountsOf(t.Context(), o.ID)
		check(t, err, cmp.Diff([]string{"acc_z", "acc_1", "acc_a"}, ids(accounts, func(a *core.Account) string { return a.ID })))
		members, err := s.MembersOf(t.Context(), a)
		check(t, err, cmp.Diff([]string{"m1", "m2"}, ids(members, func(m *core.Membership) string { return m.ID })))
	})
}

func ids[E any](list []E, id func(E) string) []string {
	var out []string
	for _, e := range list {
		out = append(out, id(e))
	}
	return out
}

func TestMissingReferencesAreNotFound(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		err := open().Write(t.Context(), func(tx *store.Tx) error {
			return tx.PutAccount(&core.Account{OrganisationID: "org_none"})
		})
		if !errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
	})
}

// Two nodes remove the last two owners of an account at the same time.
func TestCP_4_LastOwnerStays(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		nodes := []*store.Store{open(), open()}
		o, a, r := tenant(t, nodes[0])
		for range 15 {
			write(t, nodes[0], func(tx *store.Tx) error {
				return first(
					tx.PutUser(&core.User{ID: "usr_1", Kind: core.Person, Email: "1@x.test", Status: core.Active}),
					tx.PutUser(&core.User{ID: "usr_2", Kind: core.Person, Email: "2@x.test", Status: core.Active}),
					tx.PutMembership(&core.Membership{ID: "m1", UserID: "usr_1", OrganisationID: o.ID, AccountID: a.ID, RoleID: r.ID}),
					tx.PutMembership(&core.Membership{ID: "m2", UserID: "usr_2", OrganisationID: o.ID, RoleID: r.ID}))
			})
			results := make(chan error)
			for i, id := range []string{"m1", "m2"} {
				go func() {
					results <- nodes[i].Write(t.Context(), func(tx *store.Tx) error { return tx.RemoveMember(id) })
				}()
			}
			one, two := <-results, <-results
			if one == nil {
				one, two = two, one
			}
			if e := oauth.AsError(one); two != nil || one == nil || e.Reason != oauth.ReasonLastOwner {
				t.Fatal(one, two)
			}
		}
		err := nodes[0].Write(t.Context(), func(tx *store.Tx) error { return tx.RemoveMember("nobody") })
		if !errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
	})
}

// An owner who cannot sign in is none, and an organisation without accounts has one too.
func TestCP_4_LastOwnerWhoCanSignInStays(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		o, a, r := tenant(t, s)
		empty := &core.Organisation{ID: "org_empty", Code: "EMPTY"}
		write(t, s, func(tx *store.Tx) error {
			return first(
				tx.PutOrganisation(empty),
				tx.PutUser(&core.User{ID: "usr_1", Kind: core.Person, Email: "1@x.test", Status: core.Active}),
				tx.PutUser(&core.User{ID: "usr_2", Kind: core.Person, Email: "2@x.test", Status: core.Active}),
				tx.PutUser(&core.User{ID: "usr_3", Kind: core.Person, Email: "3@x.test", Status: core.Suspended}))
		})
		undone := errors.New("undone")
		for _, test := range []struct {
			name        string
			gone, other core.Membership
			goes        bool
		}{
			{"suspended", core.Membership{OrganisationID: o.ID, AccountID: a.ID}, core.Membership{UserID: "usr_3", OrganisationID: o.ID, AccountID: a.ID}, false},
			{"suspended in the whole", core.Membership{OrganisationID: o.ID}, core.Membership{UserID: "usr_3", OrganisationID: o.ID}, false},
			{"active", core.Membership{OrganisationID: o.ID}, core.Membership{UserID: "usr_2", OrganisationID: o.ID}, true},
			{"active in each account", core.Membership{OrganisationID: o.ID}, core.Membership{UserID: "usr_2", OrganisationID: o.ID, AccountID: a.ID}, true},
			{"no accounts", core.Membership{OrganisationID: empty.ID}, core.Membership{UserID: "usr_2", OrganisationID: o.ID}, false},
			{"no accounts, suspended", core.Membership{OrganisationID: empty.ID}, core.Membership{UserID: "usr_3", OrganisationID: empty.ID}, false},
			{"no accounts, active", core.Membership{OrganisationID: empty.ID}, core.Membership{UserID: "usr_2", OrganisationID: empty.ID}, true},
		} {
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				test.gone.ID, test.gone.UserID, test.gone.RoleID = "m1", "usr_1", r.ID
				test.other.ID, test.other.RoleID = "m2", r.ID
				return first(tx.PutMembership(&test.gone), tx.PutMembership(&test.other), tx.RemoveMember("m1"), undone)
			})
			if !errors.Is(err, undone) == test.goes || (!test.goes && oauth.AsError(err).Reason != oauth.ReasonLastOwner) {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	})
}

func TestSecretsOnlyEndEarlier(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for _, end := range []time.Time{at, at.Add(time.Hour), at.Add(-time.Hour)} {
			write(t, s, func(tx *store.Tx) error {
				if list, err := tx.Secrets("c"); err != nil || len(list) == 0 {
					if _, err := tx.AddSecret(core.Secret{ID: "s", OwnerID: "c"}); err != nil {
						return err
					}
				}
				return tx.EndSecret("s", end)
			})
		}
		list, err := s.Secrets(t.Context(), "c")
		if err != nil || len(list) != 1 || !list[0].EndsAt.Equal(at.Add(-time.Hour)) {
			t.Error(list, err)
		}
		write(t, s, func(tx *store.Tx) error { return tx.DeleteSecretsOf("c") })
		if list, err = s.Secrets(t.Context(), "c"); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
	})
}
