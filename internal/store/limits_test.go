package store_test

import (
	"testing"
	"time"

	"claviger/internal/store"
	"claviger/internal/store/storetest"

	"github.com/google/go-cmp/cmp"
)

func TestUsageOfOtherNodes(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		now := time.UnixMilli(1_700_000_000_000).UTC()
		tell := func(node string, round int64, at time.Time, used string) store.Usage {
			t.Helper()
			u := store.Usage{Node: node, Round: round, At: at, Used: used}
			if err := s.ReportUsage(t.Context(), u, now.Add(-time.Minute)); err != nil {
				t.Fatal(err)
			}
			return u
		}
		want := func(node string, since time.Time, want ...store.Usage) {
			t.Helper()
			got, err := s.UsageSince(t.Context(), since, node)
			if diff := cmp.Diff(append([]store.Usage{}, want...), got); err != nil || diff != "" {
				t.Errorf("%v\n%s", err, diff)
			}
		}
		second := tell("b", 7, now, "later")
		first := tell("a", 9, now.Add(-30*time.Second), "earlier")
		want("c", now.Add(-time.Minute), first, second)
		want("a", now.Add(-time.Minute), second)
		want("c", now.Add(-time.Second), second)
		tell("d", 1, now.Add(-2*time.Minute), "forgotten with the next")
		third := tell("a", 10, now.Add(time.Second), "again")
		want("c", time.Time{}, first, second, third)
	})
}

func TestWritable(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for range 2 {
			if err := s.Writable(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if s.Writable(t.Context()) == nil {
			t.Error("a closed store can be written")
		}
	})
}
