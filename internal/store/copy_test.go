package store_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// directions are all pairs of engines.
var directions = []struct {
	name     string
	from, to func(testing.TB) string
}{
	{"sqlite to postgres", storetest.SQLite, storetest.Postgres},
	{"postgres to sqlite", storetest.Postgres, storetest.SQLite},
	{"sqlite to sqlite", storetest.SQLite, storetest.SQLite},
	{"postgres to postgres", storetest.Postgres, storetest.Postgres},
}

// filled makes a database with rows in every table, and closes it.
func filled(t *testing.T, url string, rows int) {
	t.Helper()
	ctx, s := t.Context(), unmigrated(t, url)
	if _, _, err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	check(t, s.FillAllForTest(ctx, rows), "")
	write(t, s, func(tx *store.Tx) error {
		return tx.PutOrganisation(&core.Organisation{ID: "org_odd", Code: "odd", Name: "Zoë\t'; -- \u202e", Verified: true})
	})
	check(t, s.Close(), "")
}

func copied(ctx context.Context, from, to string, progress func(store.CopyProgress)) ([]store.CopiedTable, error) {
	return store.Copy(ctx, store.CopyOptions{From: from, To: to, Now: time.Now, Rand: rand.Reader, Progress: progress})
}

// A copy holds every row of every table, and numbers go on behind the highest.
func TestCopyHasEverything(t *testing.T) {
	const rows = 1100 // more than a batch
	for _, direction := range directions {
		t.Run(direction.name, func(t *testing.T) {
			from, to := direction.from(t), direction.to(t)
			filled(t, from, rows)
			tables, err := copied(t.Context(), from, to, nil)
			if err != nil {
				t.Fatal(err)
			}
			names, err := store.TablesForTest(t.Context())
			if err != nil || len(tables) != len(names) {
				t.Errorf("%d tables of %d, %v", len(tables), len(names), err)
			}
			for _, table := range tables {
				if table.Rows < 1 || table.Checksum == "" {
					t.Errorf("%+v: nothing was copied", table)
				}
			}
			source, target := storetest.Open(t, from), storetest.Open(t, to)
			odd, err := target.Organisation(t.Context(), "org_odd")
			want, wantErr := source.Organisation(t.Context(), "org_odd")
			if err != nil || wantErr != nil || odd.Name != want.Name || odd.Number != want.Number || !odd.Verified {
				t.Errorf("%+v, %v; want %+v, %v", odd, err, want, wantErr)
			}
			next := &core.Organisation{Code: "next", Name: "Next"}
			write(t, target, func(tx *store.Tx) error { return tx.PutOrganisation(next) })
			if next.Number != want.Number+1 {
				t.Errorf("the next number is %d, behind %d", next.Number, want.Number)
			}
			before, _ := source.Refresh(t.Context())
			if after, err := target.Refresh(t.Context()); err != nil || after <= before {
				t.Errorf("the version of what is cached is %d, and was %d (%v)", after, before, err)
			}
			if events, err := target.Events(t.Context(), store.EventFilter{Type: core.DatabaseCopied}); err != nil || len(events) != 1 {
				t.Error(events, err)
			}
		})
	}
}

// A copy that was interrupted anywhere goes on, and is not served before it is whole.
func TestCopyGoesOn(t *testing.T) {
	for _, direction := range directions[:2] {
		t.Run(direction.name, func(t *testing.T) {
			from, to := direction.from(t), direction.to(t)
			filled(t, from, 1100)
			for stop := 3; ; stop += 17 {
				ctx, cancel := context.WithCancel(t.Context())
				reports := 0
				tables, err := copied(ctx, from, to, func(p store.CopyProgress) {
					if p.Done > p.Total {
						t.Errorf("%+v", p)
					}
					if reports++; reports == stop {
						cancel()
					}
				})
				cancel()
				if err == nil {
					if stop == 3 || len(tables) == 0 {
						t.Error("it was not interrupted")
					}
					break
				}
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				half := unmigrated(t, to)
				if err := half.Unfinished(t.Context()); !errors.Is(err, store.ErrUnfinished) {
					t.Errorf("half of a copy can be served: %v", err)
				}
				check(t, half.Close(), "")
			}
			check(t, unmigrated(t, to).Unfinished(t.Context()), "")
		})
	}
}

// What differs is found at the end, and named.
func TestCopyFindsWhatDiffers(t *testing.T) {
	for name, change := range map[string]string{
		"a value":    "UPDATE grants SET scope = 'changed' WHERE id = 'row_1000000007'",
		"a missing":  "DELETE FROM grants WHERE id = 'row_1000000007'",
		"an added":   "INSERT INTO grants SELECT 'row_0', client_id, api_key_id, user_id, organisation_id, account_id, consent_id, scope, service, channel, created_at, expires_at, ended_at, end_reason, session_id, authentication FROM grants WHERE id = 'row_1000000007'",
		"two halves": "UPDATE grants SET scope = channel, channel = scope || 'x'",
	} {
		for _, direction := range directions[len(name)%2 : len(name)%2+1] {
			t.Run(name+" "+direction.name, func(t *testing.T) {
				from, to := direction.from(t), direction.to(t)
				filled(t, from, 10)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				_, err := copied(ctx, from, to, func(p store.CopyProgress) {
					if p.Table == "users" {
						cancel()
					}
				})
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
				half := unmigrated(t, to)
				check(t, half.ExecForTest(t.Context(), change), "")
				check(t, half.Close(), "")
				_, err = copied(t.Context(), from, to, nil)
				if !errors.Is(err, store.ErrCopyDiffers) || !strings.Contains(fmt.Sprint(err), "table grants") {
					t.Errorf("got %v", err)
				}
				if err := unmigrated(t, to).Unfinished(t.Context()); !errors.Is(err, store.ErrUnfinished) {
					t.Error("it can be served", err)
				}
			})
		}
	}
}

// Nothing is copied over anything, or from what is in use or not up to date.
func TestCopyRefuses(t *testing.T) {
	for _, direction := range directions[:2] {
		t.Run(direction.name, func(t *testing.T) {
			from, to := direction.from(t), direction.to(t)
			if _, err := copied(t.Context(), from, to, nil); err == nil {
				t.Error("it copied a database that is not there, or empty")
			}
			filled(t, from, 10)
			filled(t, to, 10)
			if _, err := copied(t.Context(), from, to, nil); !errors.Is(err, store.ErrCopyTarget) {
				t.Error(err)
			}
			fresh := direction.to(t)
			other := direction.from(t)
			filled(t, other, 10)
			ctx, cancel := context.WithCancel(t.Context())
			_, err := copied(ctx, from, fresh, func(store.CopyProgress) { cancel() })
			if !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
			check(t, store.ChangeForTest(t.Context(), other, "UPDATE signing_keys SET id = id || 'x'"), "")
			if _, err := copied(t.Context(), other, fresh, nil); !errors.Is(err, store.ErrCopyAnother) {
				t.Error(err)
			}
			if strings.HasPrefix(from, "postgres") {
				_ = storetest.Open(t, from)
				if _, err := copied(t.Context(), from, direction.to(t), nil); !errors.Is(err, store.ErrInUse) {
					t.Error(err)
				}
			}
		})
	}
}
