package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// What a job leaves for the end of its group is, for the other jobs, as if it had
// been done at once.

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func insertsGrant(id, consent string) func(*store.Tx) error {
	return func(tx *store.Tx) error {
		return first(
			tx.InsertGrant(&core.Grant{ID: id, ClientID: "c", ConsentID: consent, ExpiresAt: noon.Add(time.Hour)}),
			tx.InsertRefreshToken(&core.RefreshToken{Selector: id, Hash: []byte("h"), GrantID: id, ExpiresAt: noon.Add(time.Hour)}),
		)
	}
}

func expectGrant(t *testing.T, s *store.Store, id string, there, ended bool) {
	t.Helper()
	g, err := s.Grant(t.Context(), id)
	if (err == nil) != there || there && g.EndedAt.IsZero() == ended {
		t.Errorf("grant %s: %+v, %v; want there %v, ended %v", id, g, err, there, ended)
	}
	if r, _, err := s.Family(t.Context(), id); (err == nil) != there {
		t.Errorf("refresh token %s: %+v, %v; want there %v", id, r, err, there)
	}
}

func TestAnIdThatIsTakenFailsItsJobAlone(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		release := hold(t, s)
		results := queue(t, s, insertsGrant("a", ""), insertsGrant("b", ""), insertsGrant("a", ""), insertsGrant("c", ""))
		release()
		refused := 0
		for i, result := range results {
			err := <-result
			if err == nil {
				continue
			}
			if refused++; i%2 != 0 || !errors.Is(err, core.ErrConflict) {
				t.Errorf("job %d: %v", i, err)
			}
		}
		if refused != 1 {
			t.Errorf("%d jobs were refused", refused)
		}
		for _, id := range []string{"a", "b", "c"} {
			expectGrant(t, s, id, true, false)
		}
	})
}

func TestB13_ARevocationSeesWhatItsGroupHasLeftForLater(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		var ended int64
		insert, revoke := insertsGrant("a", "consent"), func(tx *store.Tx) (err error) {
			ended, err = tx.EndGrantsOfConsent("consent", noon, "revoked")
			return err
		}
		if s.Engine() == store.Postgres { // several writers: the two may be in different groups
			check(t, s.Write(t.Context(), func(tx *store.Tx) error { return first(insert(tx), revoke(tx)) }), "")
		} else {
			release := hold(t, s)
			results := queue(t, s, insert, revoke)
			release()
			check(t, <-results[0], "")
			check(t, <-results[1], "")
		}
		if ended != 1 {
			t.Errorf("%d ended", ended)
		}
		expectGrant(t, s, "a", true, true)
	})
}

func TestAFailedJobGivesTheTokenBackThatItConsumed(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		check(t, s.Write(t.Context(), insertsGrant("a", "")), "")
		check(t, s.Write(t.Context(), insertsGrant("b", "")), "")
		consume := func(selector string, then error) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				ok, err := tx.ConsumeRefreshToken(selector, noon, "next")
				if !ok {
					err = errors.New("not consumed")
				}
				return first(err, then)
			}
		}
		release := hold(t, s)
		results := queue(t, s, consume("a", errors.New("bad")), consume("b", nil), insertsGrant("c", ""))
		release()
		for i, want := range []string{"bad", "", ""} {
			if err := <-results[i]; (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("job %d: %v, want %q", i, err, want)
			}
		}
		for id, used := range map[string]bool{"a": false, "b": true, "c": false} {
			expectGrant(t, s, id, true, false)
			if r, _, err := s.Family(t.Context(), id); err != nil || r.ConsumedAt.IsZero() == used {
				t.Errorf("%s: %+v, %v", id, r, err)
			}
		}
		check(t, s.Write(t.Context(), consume("a", nil)), "")
	})
}

// Audit records alone are one statement without a transaction around it: what of it
// is not refused must not stay behind, or the jobs could not be run again.
func TestRecordsThatAreRefusedTogetherLeaveNothing(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		records := func(id string) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Audit(core.Event{ID: id, Type: core.TokenIssued})
				return nil
			}
		}
		release := hold(t, s)
		results := queue(t, s, records("evt_a"), records("evt_b"), records("evt_a"))
		release()
		refused := 0
		for _, result := range results {
			if err := <-result; err != nil {
				refused++
			}
		}
		if events, err := s.Events(t.Context(), store.EventFilter{Type: core.TokenIssued}); err != nil || len(events) != 2 || refused != 1 {
			t.Errorf("%d refused, %d records, %v", refused, len(events), err)
		}
	})
}
