package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// family writes a grant with one refresh token.
func family(t testing.TB, s *store.Store, grant, selector string) {
	t.Helper()
	write(t, s, func(tx *store.Tx) error {
		return first(tx.InsertGrant(&core.Grant{ID: grant, ExpiresAt: at.Add(time.Hour)}),
			tx.InsertRefreshToken(&core.RefreshToken{Selector: selector, Hash: []byte{1}, GrantID: grant, ExpiresAt: at.Add(time.Minute)}))
	})
}

// consume reports whether this caller got the token.
func consume(t testing.TB, s *store.Store, selector string, now time.Time, successor string) (won bool) {
	t.Helper()
	err := s.Write(t.Context(), func(tx *store.Tx) (err error) {
		won, err = tx.ConsumeRefreshToken(selector, now, successor)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return won
}

func TestB10_R14_ParallelConsumersHaveOneWinner(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		nodes := []*store.Store{open(), open()}
		for round := range 10 {
			selector := fmt.Sprint("sel", round)
			family(t, nodes[0], fmt.Sprint("gnt", round), selector)
			var winners atomic.Int32
			var winner atomic.Value
			var callers sync.WaitGroup
			for i := range 40 {
				callers.Go(func() {
					if successor := fmt.Sprint("next", i); consume(t, nodes[i%2], selector, at, successor) {
						winners.Add(1)
						winner.Store(successor)
					}
				})
			}
			callers.Wait()
			token, _, err := nodes[1].Family(t.Context(), selector)
			if err != nil || winners.Load() != 1 || token.Successor != winner.Load() || !token.ConsumedAt.Equal(at) {
				t.Fatalf("%d winners, %v, %+v, %v", winners.Load(), winner.Load(), token, err)
			}
		}
	})
}

// Whatever a refresh that races with a revocation hands out, it is dead.
func TestB13_NothingSurvivesTheEndOfAGrant(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		nodes := []*store.Store{open(), open()}
		for round := range 20 {
			grant, selector := fmt.Sprint("gnt", round), fmt.Sprint("sel", round)
			next := selector + "next"
			family(t, nodes[0], grant, selector)
			var callers sync.WaitGroup
			callers.Go(func() {
				err := nodes[0].Write(t.Context(), func(tx *store.Tx) error {
					if ok, err := tx.ConsumeRefreshToken(selector, at, next); err != nil || !ok {
						return err
					}
					return tx.InsertRefreshToken(&core.RefreshToken{Selector: next, Hash: []byte{1}, GrantID: grant, ExpiresAt: at.Add(time.Minute)})
				})
				if err != nil {
					t.Error(err)
				}
			})
			callers.Go(func() {
				write(t, nodes[1], func(tx *store.Tx) error {
					_, err := tx.EndGrant(grant, at, "revoked", at.Add(time.Hour))
					return err
				})
			})
			callers.Wait()
			if consume(t, nodes[0], selector, at, "x") || consume(t, nodes[1], next, at, "y") {
				t.Fatal("a token outlived its grant")
			}
		}
	})
}

func TestConsumeRefusesWhatIsNotAlive(t *testing.T) {
	tests := []struct {
		name  string
		now   time.Time
		grant *core.Grant
		want  bool
	}{
		{"alive", at, &core.Grant{ExpiresAt: at.Add(time.Hour)}, true},
		{"grant without end", at, &core.Grant{}, true},
		{"last millisecond", at.Add(time.Minute - time.Millisecond), &core.Grant{}, true},
		{"expired", at.Add(time.Minute), &core.Grant{}, false},
		{"grant expired", at, &core.Grant{ExpiresAt: at}, false},
		{"grant ended", at, &core.Grant{EndedAt: at}, false},
		{"no grant", at, nil, false},
	}
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		for i, test := range tests {
			selector, id := fmt.Sprint("sel", i), fmt.Sprint("gnt", i)
			write(t, s, func(tx *store.Tx) error {
				if test.grant != nil {
					test.grant.ID = id
					if err := tx.InsertGrant(test.grant); err != nil {
						return err
					}
				}
				return tx.InsertRefreshToken(&core.RefreshToken{Selector: selector, Hash: []byte{1}, GrantID: id, ExpiresAt: at.Add(time.Minute)})
			})
			if got := consume(t, s, selector, test.now, "next"); got != test.want {
				t.Errorf("%s: %v", test.name, got)
			}
		}
		if consume(t, s, "unknown", at, "next") {
			t.Error("an unknown token was consumed")
		}
	})
}

func TestTheFirstEndOfAGrantWins(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		family(t, s, "with", "sel")
		for _, id := range []string{"with", "without"} { // a row before
			for i, want := range []bool{true, false} {
				var ended bool
				write(t, s, func(tx *store.Tx) (err error) {
					ended, err = tx.EndGrant(id, at.Add(time.Duration(i)*time.Second), fmt.Sprint("reason", i), at.Add(2*time.Hour))
					return err
				})
				grant, err := s.Grant(t.Context(), id)
				if err != nil || ended != want || grant.EndReason != "reason0" || !grant.EndedAt.Equal(at) || !grant.ExpiresAt.Equal(at.Add(2*time.Hour)) {
					t.Errorf("%s: %v %+v %v", id, ended, grant, err)
				}
			}
		}
	})
}

func TestTouchLeavesTheCacheAlone(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		write(t, s, func(tx *store.Tx) error { return tx.PutAPIKey(&core.APIKey{ID: "k", AccountID: "a"}) })
		before, _ := s.APIKey(t.Context(), "k")
		for _, used := range []time.Time{at, at.Add(-time.Hour)} {
			s.APIKeyUsed("k", used, "")
			if rows, err := s.FlushUsage(t.Context()); err != nil || rows != 1 {
				t.Error(rows, err)
			}
		}
		if cached, err := s.APIKey(t.Context(), "k"); err != nil || cached != before {
			t.Error("the touch cost the cache", err)
		}
		if list, err := s.APIKeysOf(t.Context(), "a"); err != nil || len(list) != 1 || !list[0].LastUsedAt.Equal(at) {
			t.Error(list, err)
		}
		write(t, s, func(tx *store.Tx) error { return tx.PutAPIKey(&core.APIKey{ID: "k", AccountID: "a", Name: "renamed"}) })
		if key, err := s.APIKey(t.Context(), "k"); err != nil || key.Name != "renamed" || !key.LastUsedAt.Equal(at) {
			t.Error(key, err)
		}
	})
}
