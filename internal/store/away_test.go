package store_test

import (
	"testing"
	"time"

	"claviger/internal/store/storetest"
)

func TestG07_AStoreKnowsThatItsDatabaseIsAway(t *testing.T) {
	postgres := storetest.StartPostgres(t)
	s := storetest.Open(t, postgres.URL("postgres"))
	if _, _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	becomes := func(away bool) {
		t.Helper()
		deadline := time.After(30 * time.Second)
		for s.Away() != away {
			select {
			case <-deadline:
				t.Fatalf("never: away %v", away)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}
	becomes(false)
	postgres.Crash(t)
	becomes(true)
	postgres.Restart(t)
	becomes(false)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	becomes(true)
}
