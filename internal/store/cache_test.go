package store_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

func TestD05_ChangesAreSeenOnEveryNode(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		if store.PollInterval > time.Second {
			t.Errorf("a node looks every %s only", store.PollInterval)
		}
		here, there := open(), open()
		put := func(enabled bool) {
			write(t, here, func(tx *store.Tx) error { return tx.PutAPIKey(&core.APIKey{ID: "k", Enabled: enabled}) })
		}
		enabled := func(s *store.Store) bool {
			key, err := s.APIKey(t.Context(), "k")
			if err != nil {
				t.Fatal(err)
			}
			return key.Enabled
		}
		for _, state := range []bool{true, false, true} {
			put(state)
			if enabled(here) != state {
				t.Fatal("the node that wrote does not see it")
			}
			deadline := time.Now().Add(20 * time.Second)
			for enabled(there) != state {
				if time.Now().After(deadline) {
					t.Fatal("the other node does not see it")
				}
				time.Sleep(5 * time.Millisecond)
			}
		}
	})
}

func TestReadsAreCachedAndAbsenceIsNot(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		if _, err := s.Client(t.Context(), "c"); err == nil {
			t.Fatal("found before it was there")
		}
		write(t, s, func(tx *store.Tx) error { return tx.PutClient(&core.Client{ID: "c"}) })
		one, err := s.Client(t.Context(), "c")
		if err != nil {
			t.Fatal(err)
		}
		if two, _ := s.Client(t.Context(), "c"); one != two {
			t.Error("read again without need")
		}
		generation := s.Generation()
		write(t, s, func(tx *store.Tx) error { return tx.PutSetting("a", "b") })
		if s.Generation() == generation {
			t.Error("the generation did not move")
		}
	})
}

func TestTheCacheHoldsSoManyEntries(t *testing.T) {
	const clients = 200
	for entries, fits := range map[int]func(kept int) bool{
		10:          func(kept int) bool { return kept <= 20 }, // what is too much goes soon, not at once
		2 * clients: func(kept int) bool { return kept == clients },
	} {
		s := storetest.Open(t, "sqlite:"+t.TempDir()+"/claviger.db", func(o *store.Options) { o.CacheEntries = entries })
		if _, _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		write(t, s, func(tx *store.Tx) error {
			for n := range clients {
				if err := tx.PutClient(&core.Client{ID: strconv.Itoa(n)}); err != nil {
					return err
				}
			}
			return nil
		})
		found := map[string]*core.Client{}
		again := func() (same int) {
			for n := range clients {
				id := strconv.Itoa(n)
				c, err := s.Client(t.Context(), id)
				if err != nil {
					t.Fatal(err)
				}
				if found[id] == c {
					same++
				}
				found[id] = c
			}
			return same
		}
		for deadline := time.Now().Add(20 * time.Second); !fits(again()); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%d of %d clients are kept where there is room for %d", again(), clients, entries)
			}
		}
	}
}

// Readers race with a writer; what they find after it has answered is new.
func TestNoStaleEntrySurvivesARace(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		done := make(chan struct{})
		defer func() { <-done; <-done }()
		stop := make(chan struct{})
		defer close(stop)
		for range 2 {
			go func() {
				defer func() { done <- struct{}{} }()
				for {
					select {
					case <-stop:
						return
					default:
						_, _ = s.Client(t.Context(), "c")
					}
				}
			}()
		}
		for i := range 60 {
			name := fmt.Sprint(i)
			write(t, s, func(tx *store.Tx) error { return tx.PutClient(&core.Client{ID: "c", Name: name}) })
			if got, err := s.Client(t.Context(), "c"); err != nil || got.Name != name {
				t.Fatalf("%+v, %v; want %s", got, err, name)
			}
		}
	})
}

// Nodes on PostgreSQL hear of a change at once; looking every now and then is for
// notifications that get lost.
func TestD05_NodesOnPostgreSQLAreTold(t *testing.T) {
	url := storetest.Postgres(t)
	here := storetest.Open(t, url, func(o *store.Options) { o.PollInterval = time.Hour })
	if _, _, err := here.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	there := storetest.Open(t, url, func(o *store.Options) { o.PollInterval = time.Hour })
	told := func(knows func() bool) {
		t.Helper()
		for deadline := time.Now().Add(20 * time.Second); !knows(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("the other node was not told")
			}
		}
	}
	for _, state := range []bool{true, false, true} {
		write(t, here, func(tx *store.Tx) error { return tx.PutAPIKey(&core.APIKey{ID: "k", Enabled: state}) })
		told(func() bool {
			key, err := there.APIKey(t.Context(), "k")
			return err == nil && key.Enabled == state
		})
	}
	there.TrustForTest(time.Hour)
	if g, err := there.GrantState(t.Context(), "gnt_1"); g != nil || err != nil {
		t.Fatal(g, err)
	}
	write(t, here, func(tx *store.Tx) error {
		_, err := tx.EndGrant("gnt_1", at, "logout", at.Add(time.Hour))
		return err
	})
	told(func() bool {
		g, err := there.GrantState(t.Context(), "gnt_1")
		return err == nil && g != nil
	})
}
