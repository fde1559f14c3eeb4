package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

func TestRoundTripOfManagement(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		tenant(t, s)
		same(t, s, "API key", &core.APIKey{
			ID: "key_1", OrganisationID: "org_1", AccountID: "acc_1", Name: "n", AllowedFrom: []string{"192.0.2.0/24"},
			AddressMode: core.AddressReport, LastUsedAt: at, LastUsedFrom: "192.0.2.1", CreatedAt: at,
		}, (*store.Tx).PutAPIKey, func(ctx context.Context) (*core.APIKey, error) { return s.APIKey(ctx, "key_1") })
		invitation := &core.Invitation{
			ID: "inv_1", OrganisationID: "org_1", AccountID: "acc_1", RoleID: "rol_owner", Email: "e@x", Digest: "d",
			InvitedBy: "usr_1", CreatedAt: at, ExpiresAt: at.Add(time.Hour),
		}
		write(t, s, func(tx *store.Tx) error { return tx.InsertInvitation(invitation) })
		got, err := s.InvitationByDigest(t.Context(), "d")
		check(t, err, cmp.Diff(invitation, got))
		list, err := s.OpenInvitations(t.Context(), "org_1", at)
		check(t, err, cmp.Diff([]*core.Invitation{invitation}, list))
		for i, want := range []bool{true, false} { // of two, one accepts
			write(t, s, func(tx *store.Tx) error {
				if ended, err := tx.EndInvitation("inv_1", at.Add(time.Minute), "usr_2"); err != nil || ended != want {
					t.Errorf("%d: %t %v", i, ended, err)
				}
				return nil
			})
		}
		list, err = s.OpenInvitations(t.Context(), "org_1", at)
		check(t, err, cmp.Diff([]*core.Invitation{}, list))
	})
}

func TestAnAnswerIsKeptOnceUntilItExpires(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		answer := &core.Answer{ID: "a", Request: "r", Sealed: []byte{1, 0, 2}, ExpiresAt: at.Add(time.Hour)}
		keep := func(now time.Time) error {
			return s.Write(t.Context(), func(tx *store.Tx) error { return tx.InsertAnswer(answer, now) })
		}
		if err := keep(at); err != nil {
			t.Fatal(err)
		}
		got, err := s.Answer(t.Context(), "a", at)
		check(t, err, cmp.Diff(answer, got))
		if err := keep(at); !errors.Is(err, core.ErrConflict) {
			t.Errorf("a second one: %v", err)
		}
		if _, err := s.Answer(t.Context(), "a", at.Add(time.Hour)); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("after its time: %v", err)
		}
		if err := keep(at.Add(time.Hour)); err != nil {
			t.Errorf("in place of the expired one: %v", err)
		}
	})
}

func TestUsageIsCountedWithTheCommit(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		event := core.Event{At: at, Type: core.TokenIssued, OrganisationID: "org_1", ClientID: "cli_1", GrantType: "client_credentials"}
		odd := core.Event{At: at, Type: core.TokenRefused, Reason: "grant_type_unknown", GrantType: "whatever somebody sends"}
		for range 3 {
			write(t, s, func(tx *store.Tx) error {
				tx.Audit(event)
				return nil
			})
		}
		write(t, s, func(tx *store.Tx) error {
			tx.Audit(odd)
			tx.Audit(core.Event{At: at, Type: core.MemberAdded, OrganisationID: "org_1"})
			return tx.PutAPIKey(&core.APIKey{ID: "key_1", CreatedAt: at})
		})
		failed := errors.New("failed")
		if err := s.Write(t.Context(), func(tx *store.Tx) error { tx.Audit(event); return failed }); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		s.APIKeyUsed("key_1", at.Add(time.Second), "192.0.2.7")
		s.APIKeyUsed("key_1", at, "192.0.2.8")
		if rows, err := s.FlushUsage(t.Context()); err != nil || rows != 3 {
			t.Fatal(rows, err)
		}
		if rows, err := s.FlushUsage(t.Context()); err != nil || rows != 0 {
			t.Fatal("again", rows, err)
		}
		write(t, s, func(tx *store.Tx) error { tx.Audit(event); return nil })
		if _, err := s.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		day := at.Truncate(24 * time.Hour)
		got, err := s.UsagePage(t.Context(), "org_1", at, at, nil, 1000)
		check(t, err, cmp.Diff([]*core.Usage{{
			Day: day, OrganisationID: "org_1", ClientID: "cli_1", GrantType: "client_credentials", Outcome: core.TokenIssued, Requests: 4,
		}}, got))
		all, err := s.UsagePage(t.Context(), "", at.Add(-24*time.Hour), at, nil, 1000)
		check(t, err, cmp.Diff([]*core.Usage{
			{Day: day, GrantType: "other", Outcome: core.TokenRefused, Reason: "grant_type_unknown", Requests: 1},
			{Day: day, ClientID: "cli_1", GrantType: "client_credentials", Outcome: core.TokenIssued, Requests: 4},
		}, all))
		keys, err := s.APIKeysOf(t.Context(), "")
		check(t, err, "")
		if n := sweep(t, s, at.Add(48*time.Hour), 1, store.TableUsage); n != 2 {
			t.Errorf("%d cleared", n)
		}
		if len(keys) != 1 || keys[0].LastUsedFrom != "192.0.2.7" || !keys[0].LastUsedAt.Equal(at.Add(time.Second)) {
			t.Errorf("%+v", keys)
		}
	})
}

// Usage of dialects is summed in the database, of the clients with most requests.
func TestUsageOfDialects(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		day := at.Truncate(24 * time.Hour)
		count := func(dialect, organisation, client string, outcome core.EventType, times int) {
			for range times {
				write(t, s, func(tx *store.Tx) error {
					tx.Audit(core.Event{At: at, Type: outcome, OrganisationID: organisation, ClientID: client, Dialect: dialect, GrantType: "client_credentials"})
					return nil
				})
			}
		}
		count("jpay", "org_1", "a", core.TokenIssued, 1)
		count("jpay", "org_2", "a", core.TokenIssued, 2)
		count("jpay", "org_1", "a", core.TokenRefused, 1)
		count("jpay", "", "b", core.TokenIssued, 1)
		count("jpay", "", "c", core.TokenIssued, 3)
		count("", "", "b", core.TokenIssued, 9)
		if _, err := s.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := s.UsageByDialect(t.Context(), at, at)
		check(t, err, cmp.Diff([]*core.Usage{
			{Day: day, Outcome: core.TokenIssued, Requests: 9},
			{Day: day, Dialect: "jpay", Outcome: core.TokenIssued, Requests: 7},
			{Day: day, Dialect: "jpay", Outcome: core.TokenRefused, Requests: 1},
		}, all))
		most, err := s.UsageOfDialect(t.Context(), "jpay", at, at, 2)
		check(t, err, cmp.Diff([]*core.Usage{
			{Day: day, ClientID: "a", Dialect: "jpay", Outcome: core.TokenIssued, Requests: 3},
			{Day: day, ClientID: "a", Dialect: "jpay", Outcome: core.TokenRefused, Requests: 1},
			{Day: day, ClientID: "c", Dialect: "jpay", Outcome: core.TokenIssued, Requests: 3},
		}, most))
		if none, err := s.UsageByDialect(t.Context(), at.Add(-48*time.Hour), at.Add(-24*time.Hour)); err != nil || len(none) != 0 {
			t.Errorf("of other days: %+v, %v", none, err)
		}
	})
}

func TestPagesOfOrganisationsAndClients(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error {
			for _, id := range []string{"a", "b", "c"} {
				if err := first(tx.PutOrganisation(&core.Organisation{ID: "org_" + id, Code: id}), tx.PutClient(&core.Client{ID: "cli_" + id})); err != nil {
					return err
				}
			}
			return nil
		})
		for _, test := range []struct {
			page store.Page
			want string
		}{
			{store.Page{Limit: 2}, "ab"},
			{store.Page{Limit: 2, After: "_b"}, "c"},
			{store.Page{Limit: 2, Descending: true}, "cb"},
			{store.Page{Limit: 2, Descending: true, After: "_b"}, "a"},
		} {
			page, suffix := test.page, test.page.After
			if suffix != "" {
				page.After = "org" + suffix
			}
			got := ""
			organisations, err := s.OrganisationPage(t.Context(), page)
			check(t, err, "")
			for _, o := range organisations {
				got += o.Code
			}
			if suffix != "" {
				page.After = "cli" + suffix
			}
			clients, err := s.ClientPage(t.Context(), page)
			check(t, err, "")
			for _, c := range clients {
				got += c.ID[4:]
			}
			if got != test.want+test.want {
				t.Errorf("%+v: %s", test.page, got)
			}
		}
		ids, err := s.ClientIDs(t.Context())
		check(t, err, cmp.Diff([]string{"cli_a", "cli_b", "cli_c"}, ids))
	})
}

func TestARoleInUseIsNotDeleted(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		tenant(t, s)
		remove := func() error {
			return s.Write(t.Context(), func(tx *store.Tx) error { return tx.DeleteRole("rol_owner", at) })
		}
		write(t, s, func(tx *store.Tx) error {
			return tx.PutMembership(&core.Membership{ID: "mem_1", UserID: "usr_1", OrganisationID: "org_1", RoleID: "rol_owner"})
		})
		if err := remove(); !errors.Is(err, core.ErrConflict) {
			t.Errorf("in use: %v", err)
		}
		write(t, s, func(tx *store.Tx) error { return tx.DeleteMembership("mem_1") })
		if err := remove(); err != nil {
			t.Error(err)
		}
		if err := remove(); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("gone: %v", err)
		}
	})
}

// A flush writes in batches, and what a connection was last used is among it.
func TestUsageIsFlushedInBatches(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const clients = 250
		write(t, s, func(tx *store.Tx) error {
			for i := range clients {
				tx.Audit(core.Event{At: at, Type: core.TokenIssued, OrganisationID: "org", ClientID: fmt.Sprint("cli_", i)})
			}
			return tx.PutConsent(&core.Consent{ID: "con", ClientID: "cli_1", OrganisationID: "org", AccountID: "acc"})
		})
		s.ConsentUsed("con", at.Add(time.Minute))
		s.ConsentUsed("con", at)
		if rows, err := s.FlushUsage(t.Context()); err != nil || rows != clients+1 {
			t.Fatal(rows, err)
		}
		got, err := s.UsagePage(t.Context(), "org", at, at, nil, 1000)
		if err != nil || len(got) != clients {
			t.Errorf("%d %v", len(got), err)
		}
		for _, organisation := range []string{"org", ""} { // page after page it is the same
			whole, err := s.UsagePage(t.Context(), organisation, at, at, nil, 1000)
			check(t, err, "")
			var paged []*core.Usage
			for page := []*core.Usage{nil}; len(page) > 0; paged = append(paged, page...) {
				page, err = s.UsagePage(t.Context(), organisation, at, at, page[len(page)-1], 100)
				if check(t, err, ""); len(page) > 100 {
					t.Fatalf("a page of %d", len(page))
				}
			}
			check(t, nil, cmp.Diff(whole, paged))
		}
		consents, err := s.ConnectionsOf(t.Context(), "org")
		if err != nil || len(consents) != 1 || !consents[0].LastUsedAt.Equal(at.Add(time.Minute)) {
			t.Error(consents, err)
		}
		if n := sweep(t, s, at.Add(48*time.Hour), 100, store.TableUsage); n != clients {
			t.Errorf("%d cleared", n)
		}
	})
}
