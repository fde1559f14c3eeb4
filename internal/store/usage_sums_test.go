package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

// Usage is summed in the database: of an organisation or of all, of a client or of
// those with most requests.
func TestUsageSums(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		first, second := at.Truncate(24*time.Hour), at.Truncate(24*time.Hour).AddDate(0, 0, 1)
		write(t, s, func(tx *store.Tx) error {
			count := func(day time.Time, organisation, client string, outcome core.EventType, reason oauth.Reason, times int) {
				for range times {
					tx.Audit(core.Event{At: day, Type: outcome, OrganisationID: organisation, ClientID: client, Reason: reason})
				}
			}
			count(first, "org_1", "a", core.TokenIssued, "", 2)
			count(second, "org_1", "a", core.TokenIssued, "", 1)
			count(second, "org_2", "a", core.TokenRefused, "x", 1)
			count(first, "org_1", "b", core.TokenRefused, "x", 1)
			count(second, "org_1", "b", core.TokenRefused, "y", 1)
			count(second, "org_1", "", core.TokenRefused, "x", 3)
			count(second.AddDate(0, 0, 1), "org_1", "b", core.TokenIssued, "", 9) // after the days that are asked for
			return nil
		})
		if _, err := s.FlushUsage(t.Context()); err != nil {
			t.Fatal(err)
		}
		day := func(day time.Time, outcome core.EventType, requests int64) *core.Usage {
			return &core.Usage{Day: day, Outcome: outcome, Requests: requests}
		}
		client := func(id string, outcome core.EventType, reason string, requests int64) *core.Usage {
			return &core.Usage{Day: first, ClientID: id, Outcome: outcome, Reason: reason, Requests: requests}
		}
		a, none := "a", ""
		for name, test := range map[string]struct {
			organisation  string
			client        *string
			days, clients []*core.Usage
		}{
			"all": {
				days:    []*core.Usage{day(first, core.TokenIssued, 2), day(first, core.TokenRefused, 1), day(second, core.TokenIssued, 1), day(second, core.TokenRefused, 5)},
				clients: []*core.Usage{client("", core.TokenRefused, "x", 3), client("a", core.TokenIssued, "", 3), client("a", core.TokenRefused, "x", 1)},
			},
			"an organisation": {
				organisation: "org_1",
				days:         []*core.Usage{day(first, core.TokenIssued, 2), day(first, core.TokenRefused, 1), day(second, core.TokenIssued, 1), day(second, core.TokenRefused, 4)},
				clients:      []*core.Usage{client("", core.TokenRefused, "x", 3), client("a", core.TokenIssued, "", 3)},
			},
			"a client": {
				client:  &a,
				days:    []*core.Usage{day(first, core.TokenIssued, 2), day(second, core.TokenIssued, 1), day(second, core.TokenRefused, 1)},
				clients: []*core.Usage{client("a", core.TokenIssued, "", 3), client("a", core.TokenRefused, "x", 1)},
			},
			"a client of an organisation": {
				organisation: "org_2", client: &a,
				days: []*core.Usage{day(second, core.TokenRefused, 1)}, clients: []*core.Usage{client("a", core.TokenRefused, "x", 1)},
			},
			"clients that nobody knows": {
				organisation: "org_1", client: &none,
				days: []*core.Usage{day(second, core.TokenRefused, 3)}, clients: []*core.Usage{client("", core.TokenRefused, "x", 3)},
			},
		} {
			for _, sums := range [][]*core.Usage{test.days, test.clients} {
				for _, u := range sums {
					u.OrganisationID = test.organisation
				}
			}
			for _, u := range test.days {
				if test.client != nil {
					u.ClientID = *test.client
				}
			}
			span := store.UsageSpan{OrganisationID: test.organisation, ClientID: test.client, From: at, To: at.AddDate(0, 0, 1)}
			days, err := s.UsageByDay(t.Context(), span)
			check(t, err, cmp.Diff(test.days, days))
			clients, err := s.UsageByClient(t.Context(), span, 2)
			check(t, err, cmp.Diff(test.clients, clients))
			if t.Failed() {
				t.Fatal(name)
			}
		}
	})
}
