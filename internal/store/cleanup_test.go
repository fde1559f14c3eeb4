package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// sweep clears tables of everything that ended before a moment, in batches, and
// returns how many rows went.
func sweep(t *testing.T, s *store.Store, before time.Time, limit int, tables ...string) (deleted int64) {
	t.Helper()
	ran, err := s.Sweep(t.Context(), func(sweep *store.Sweep) error {
		for _, table := range tables {
			for {
				rows, _, err := sweep.Clear(t.Context(), table, before, limit)
				if err != nil {
					return err
				}
				if deleted += rows; rows < int64(limit) {
					break
				}
			}
		}
		return nil
	})
	if err != nil || !ran {
		t.Fatal(ran, err)
	}
	return deleted
}

func TestCleanUpKeepsWhatIsNeeded(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i := range 5 {
			family(t, s, fmt.Sprint("gnt", i), fmt.Sprint("sel", i))
			write(t, s, func(tx *store.Tx) error {
				tx.Audit(core.Event{At: at.Add(time.Duration(i) * time.Second), Type: core.Logout})
				return nil
			})
		}
		if n := sweep(t, s, at.Add(time.Minute), 2, store.GrowingTables()...); n != 5 {
			t.Errorf("%d rows, though nothing but 5 events was over", n)
		}
		if n := sweep(t, s, at.Add(2*time.Minute), 2, "refresh_tokens"); n != 5 {
			t.Errorf("%d tokens of 5", n)
		}
		if overdue, err := s.Overdue(t.Context(), "grants", at.Add(2*time.Hour)); err != nil || overdue != time.Hour {
			t.Error(overdue, err)
		}
		if n := sweep(t, s, at.Add(2*time.Hour), 2, store.GrowingTables()...); n != 5 {
			t.Errorf("%d grants of 5", n)
		}
		if overdue, err := s.Overdue(t.Context(), "grants", at.Add(2*time.Hour)); err != nil || overdue != 0 {
			t.Error(overdue, err)
		}
		if _, err := s.Grant(t.Context(), "gnt0"); !errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestCleanUpOfTheTrailKeepsWhatIsYounger(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i := range 5 {
			write(t, s, func(tx *store.Tx) error {
				tx.Audit(core.Event{At: at.Add(time.Duration(i) * time.Second), Type: core.Logout})
				return nil
			})
		}
		if n := sweep(t, s, at.Add(3*time.Second), 2, store.TableAudit); n != 3 {
			t.Errorf("%d of 3 events went", n)
		}
		left, err := s.Events(t.Context(), store.EventFilter{})
		if err != nil || len(left) != 2 || !left[1].At.Equal(at.Add(3*time.Second)) {
			t.Error(left, err)
		}
	})
}

// A session goes with its clients, in any batch size, and never without.
func TestCleanUpOfSessionsTakesTheirClients(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error {
			for i := range 7 { // all end in the same millisecond
				id := fmt.Sprint("ses_", i)
				if err := tx.InsertSession(&core.Session{ID: id, Hash: []byte{1}, ExpiresAt: at}); err != nil {
					return err
				}
				for c := range 3 {
					if err := tx.AddSessionClient(id, fmt.Sprint("client", c)); err != nil {
						return err
					}
				}
			}
			return tx.InsertSession(&core.Session{ID: "ses_young", Hash: []byte{1}, ExpiresAt: at.Add(time.Hour)})
		})
		if n := sweep(t, s, at.Add(time.Minute), 2, "sessions"); n != 7 {
			t.Errorf("%d sessions of 7", n)
		}
		var clients int
		check(t, s.ScanForTest(t.Context(), "SELECT COUNT(*) FROM session_clients", &clients), "")
		if _, err := s.Session(t.Context(), "ses_young"); err != nil || clients != 0 {
			t.Errorf("%d clients are left, %v", clients, err)
		}
	})
}

// Of several nodes one cleans up, and another one when that has ended.
func TestOneNodeCleansUp(t *testing.T) {
	url := storetest.Postgres(t)
	one, two := storetest.Open(t, url), storetest.Open(t, url)
	idle := func(*store.Sweep) error { return nil }
	ran, err := one.Sweep(t.Context(), func(*store.Sweep) error {
		ran, err := two.Sweep(t.Context(), idle)
		if ran || err != nil {
			t.Errorf("the other node: %t, %v", ran, err)
		}
		return nil
	})
	if !ran || err != nil {
		t.Error(ran, err)
	}
	if ran, err := two.Sweep(t.Context(), idle); !ran || err != nil {
		t.Errorf("the other node, later: %t, %v", ran, err)
	}
}

// Every statement of the clean-up finds its rows by an index, also among many that
// are to stay.
func TestCleanUpScansNoTable(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		check(t, s.FillForTest(t.Context(), 20_000), "")
		plans, err := s.CleanUpPlansForTest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(plans) != 2*len(store.GrowingTables())+1 {
			t.Errorf("%d plans", len(plans))
		}
		for statement, plan := range plans {
			if strings.Contains(plan, "Seq Scan") || strings.Contains(plan, "SCAN ") && !strings.Contains(plan, "USING") ||
				strings.Contains(plan, "Sort Key") && !strings.Contains(plan, "Presorted Key") {
				t.Errorf("%s\n%s", statement, plan)
			}
		}
	})
}
