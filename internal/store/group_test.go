package store_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

// hold occupies every writer with a job, until release is called.
func hold(t testing.TB, s *store.Store) (release func()) {
	t.Helper()
	writers := 1
	if s.Engine() == store.Postgres {
		writers = 4
	}
	held, gate := make(chan struct{}), make(chan struct{})
	var answered sync.WaitGroup
	for range writers {
		answered.Go(func() {
			_ = s.Write(context.Background(), func(*store.Tx) error {
				held <- struct{}{}
				<-gate
				return nil
			})
		})
		<-held // before the next: two must not share a group
	}
	var once sync.Once
	release = func() { once.Do(func() { close(gate); answered.Wait() }) }
	t.Cleanup(release)
	return release
}

// queue hands over jobs while the writers are held, and waits until all wait.
func queue(t testing.TB, s *store.Store, jobs ...func(*store.Tx) error) (results []chan error) {
	t.Helper()
	for i, job := range jobs {
		result := make(chan error, 1)
		results = append(results, result)
		go func() { result <- s.Write(t.Context(), job) }()
		for s.Stats().Waiting != i+1 {
			runtime.Gosched()
		}
	}
	return results
}

func TestOneBadJobDoesNotFailItsGroup(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		bad := errors.New("bad")
		put := func(code string) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				tx.Audit(core.Event{Type: core.AccountCreated, RequestID: code})
				return tx.PutOrganisation(&core.Organisation{ID: code, Code: code})
			}
		}
		release := hold(t, s)
		results := queue(t, s,
			put("A"),
			func(tx *store.Tx) error { return first(put("B")(tx), bad) },
			put("C"),
			func(tx *store.Tx) error {
				return first(put("D")(tx), tx.PutOrganisation(&core.Organisation{ID: "x", Code: "A"}))
			},
			func(tx *store.Tx) error { _ = put("E")(tx); panic("worse") },
			func(tx *store.Tx) error {
				_ = tx.PutOrganisation(&core.Organisation{ID: "y", Code: "A"}) // swallowed
				return nil
			},
			put("F"),
		)
		release()
		for i, want := range []string{"", "bad", "", "already exists", "panicked", "already exists", ""} {
			if err := <-results[i]; (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("job %d: %v; want %q", i, err, want)
			}
		}
		expectCodes(t, s, "A C F")
		events, err := s.Events(t.Context(), store.EventFilter{Type: core.AccountCreated})
		if err != nil || len(events) != 3 {
			t.Errorf("F12: events %+v, %v", events, err)
		}
	})
}

func expectCodes(t *testing.T, s *store.Store, want string) {
	t.Helper()
	list, err := s.Organisations(t.Context())
	var codes []string
	for _, o := range list {
		codes = append(codes, o.Code)
	}
	if got := strings.Join(codes, " "); err != nil || got != want {
		t.Errorf("organisations %q, %v; want %q", got, err, want)
	}
}

func TestF12_NoChangeWithoutItsRecord(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		if s.Engine() == store.SQLite {
			err := s.ExecForTest(t.Context(), "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END")
			check(t, err, "")
		} else {
			check(t, s.ExecForTest(t.Context(), "ALTER TABLE audit ADD CONSTRAINT no CHECK (id = '')"), "")
		}
		for range 2 { // alone, then only events
			err := s.Write(t.Context(), func(tx *store.Tx) error {
				tx.Audit(core.Event{Type: core.AccountCreated})
				return tx.PutOrganisation(&core.Organisation{ID: "o", Code: "A"})
			})
			if err == nil {
				t.Error("the change was made")
			}
		}
		if err := s.Write(t.Context(), func(tx *store.Tx) error { tx.Audit(core.Event{}); return nil }); err == nil {
			t.Error("an event was lost in silence")
		}
		expectCodes(t, s, "")
	})
}

func TestWaitingJobsShareACommit(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		const jobs = 150
		release := hold(t, s)
		var list []func(*store.Tx) error
		for i := range jobs {
			list = append(list, func(tx *store.Tx) error {
				tx.Audit(core.Event{RequestID: fmt.Sprint(i)})
				return nil
			})
		}
		before := s.Stats()
		results := queue(t, s, list...)
		release()
		for _, result := range results {
			check(t, <-result, "")
		}
		after := s.Stats()
		if groups := after.Groups - before.Groups; groups > 12 { // the held ones included
			t.Errorf("%d jobs took %d commits", after.Jobs-before.Jobs, groups)
		}
		events, err := s.Events(t.Context(), store.EventFilter{Limit: 1000})
		if err != nil || len(events) != jobs {
			t.Errorf("%d events, %v", len(events), err)
		}
	})
}

func TestQueuedJobIsWithdrawnAndTakenJobIsNot(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		release := hold(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		result := make(chan error, 1)
		go func() {
			result <- s.Write(ctx, func(tx *store.Tx) error { return tx.PutSetting("withdrawn", "ran") })
		}()
		for s.Stats().Waiting == 0 {
			runtime.Gosched()
		}
		cancel()
		if err := <-result; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		release()

		ctx, cancel = context.WithCancel(t.Context())
		err := s.Write(ctx, func(tx *store.Tx) error {
			cancel()
			return tx.PutSetting("taken", "ran")
		})
		check(t, err, "")
		if _, err := s.Setting(t.Context(), "withdrawn"); !errors.Is(err, core.ErrNotFound) {
			t.Error("a withdrawn job ran", err)
		}
		if value, err := s.Setting(t.Context(), "taken"); value != "ran" {
			t.Error(err)
		}
	})
}

func TestR21_FullQueueRefuses(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		release := hold(t, s)
		results := make(chan error, 1100)
		for range cap(results) {
			go func() { results <- s.Write(t.Context(), func(*store.Tx) error { return nil }) }()
		}
		for range cap(results) - 1024 {
			expectUnavailable(t, <-results, oauth.ReasonOverloaded)
		}
		release()
		for range 1024 {
			check(t, <-results, "")
		}
	})
}

func expectUnavailable(t testing.TB, err error, reason oauth.Reason) {
	t.Helper()
	if e := oauth.AsError(err); err == nil || e.Reason != reason || e.Status != 503 || e.Header.Get("Retry-After") != "1" {
		t.Errorf("%v; want %s", err, reason)
	}
}

func TestCloseDrainsAndRefuses(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s, other := open(), open()
		release := hold(t, s)
		results := queue(t, s, func(tx *store.Tx) error { return tx.PutSetting("last", "word") })
		closed := make(chan error)
		go func() { closed <- s.Close() }()
		ended, cancel := context.WithCancel(t.Context())
		cancel() // so that none of these is queued
		for !errors.Is(s.Write(ended, func(*store.Tx) error { return nil }), store.ErrClosed) {
			runtime.Gosched()
		}
		release()
		check(t, <-results[0], "")
		check(t, <-closed, "")
		check(t, s.Close(), "")
		expectUnavailable(t, s.Write(t.Context(), func(*store.Tx) error { return nil }), oauth.ReasonUnavailable)
		if _, err := s.Grant(t.Context(), "g"); err == nil || errors.Is(err, core.ErrNotFound) {
			t.Error(err)
		}
		if value, err := other.Setting(t.Context(), "last"); value != "word" {
			t.Error(err)
		}
	})
}

// Two jobs take two rows in opposite order; both happen all the same.
func TestDeadlockedGroupsAreRunAgain(t *testing.T) {
	url := storetest.Postgres(t)
	a, b := storetest.Open(t, url), storetest.Open(t, url)
	family(t, a, "gnt1", "sel1")
	family(t, a, "gnt2", "sel2")
	end := func(tx *store.Tx, grant string) {
		_, _ = tx.EndGrant(grant, at, "deadlock", at)
	}
	var both sync.WaitGroup
	both.Add(2)
	cross := func(s *store.Store, one, two string, result chan<- error) {
		var met sync.Once
		result <- s.Write(t.Context(), func(tx *store.Tx) error {
			end(tx, one)
			met.Do(func() { both.Done(); both.Wait() })
			end(tx, two)
			return tx.PutSetting(one, "done")
		})
	}
	results := make(chan error, 2)
	go cross(a, "gnt1", "gnt2", results)
	go cross(b, "gnt2", "gnt1", results)
	check(t, <-results, "")
	check(t, <-results, "")
	if a.Stats().Reruns+b.Stats().Reruns == 0 {
		t.Error("there was no deadlock")
	}
	for _, key := range []string{"gnt1", "gnt2"} {
		if value, err := a.Setting(t.Context(), key); value != "done" {
			t.Error(key, err)
		}
	}
}

func TestEventsAreFilteredAndPaged(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		full := core.Event{
			At: at, Type: core.TokenRefused, Reason: oauth.ReasonClientInactive, OrganisationID: "org", ClientID: "cli",
			APIKeyID: "key", SubjectType: "person", SubjectID: "usr", GrantID: "gnt", GrantType: "password", Dialect: "jpay",
			Channel: "WEB", IP: "::1", RequestID: "' OR 1=1 --", Target: "t", Detail: "d",
		}
		write(t, s, func(tx *store.Tx) error {
			tx.Audit(full)
			for i := range 9 {
				tx.Audit(core.Event{At: at.Add(time.Duration(i+1) * time.Second), Type: core.Logout, Detail: fmt.Sprint(i)})
			}
			return nil
		})
		count := func(want int, filter store.EventFilter) []core.Event {
			t.Helper()
			events, err := s.Events(t.Context(), filter)
			if err != nil || len(events) != want {
				t.Errorf("%+v: %d events, %v", filter, len(events), err)
			}
			return events
		}
		count(10, store.EventFilter{})
		count(9, store.EventFilter{Type: core.Logout})
		count(8, store.EventFilter{Since: at.Add(2 * time.Second)})
		count(2, store.EventFilter{Until: at.Add(2 * time.Second)})
		count(0, store.EventFilter{RequestID: "' OR 1=1"})
		got := count(1, store.EventFilter{OrganisationID: "org", ClientID: "cli", SubjectID: "usr", RequestID: full.RequestID})
		if full.ID = got[0].ID; got[0] != full || full.ID == "" {
			t.Errorf("%+v", got[0])
		}
		page := count(4, store.EventFilter{Limit: 4})
		if page[0].Detail != "8" {
			t.Error("not the newest first", page)
		}
		if page = count(4, store.EventFilter{Limit: 4, After: page[3].ID}); page[0].Detail != "4" {
			t.Error("the page is not the next", page)
		}
	})
}
