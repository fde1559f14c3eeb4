package store_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// childURL names the database to a copy of the test binary that is to be
// killed, and childCycle the cycle.
const (
	childURL   = "CLAVIGER_TEST_CHILD_URL"
	childCycle = "CLAVIGER_TEST_CHILD_CYCLE"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(childURL); url != "" {
		rotateUntilKilled(url, os.Getenv(childCycle))
		return
	}
	os.Exit(m.Run())
}

// rotateUntilKilled rotates refresh tokens on several goroutines, and says so
// after each answer: "selector successor".
func rotateUntilKilled(url, cycle string) {
	s, err := store.Open(context.Background(), store.Options{URL: url, Now: time.Now, Rand: rand.Reader})
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	var workers sync.WaitGroup
	for worker := range 8 {
		workers.Go(func() { rotate(s, fmt.Sprintf("%s-%d", cycle, worker)) })
	}
	workers.Wait()
}

func rotate(s *store.Store, name string) {
	grant := "gnt-" + name
	insert := func(tx *store.Tx, selector string) error {
		return tx.InsertRefreshToken(&core.RefreshToken{Selector: selector, Hash: []byte{1}, GrantID: grant, ExpiresAt: time.Now().Add(time.Hour)})
	}
	for i := 0; ; i++ {
		selector, successor := fmt.Sprintf("%s-%d", name, i), fmt.Sprintf("%s-%d", name, i+1)
		err := s.Write(context.Background(), func(tx *store.Tx) error {
			tx.Audit(core.Event{RequestID: successor})
			if i == 0 {
				return first(tx.InsertGrant(&core.Grant{ID: grant}), insert(tx, successor))
			}
			if ok, err := tx.ConsumeRefreshToken(selector, time.Now(), successor); err != nil || !ok {
				return fmt.Errorf("%s: not consumed: %w", selector, err)
			}
			return insert(tx, successor)
		})
		if err != nil { // the server has crashed; what was not acknowledged may or may not be there
			return
		}
		fmt.Println(selector, successor)
	}
}

func TestR01_KilledProcessLosesNothing(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		url := storetest.SQLite(t)
		for cycle := range 5 {
			killCycle(t, url, cycle, nil, nil)
		}
	})
	t.Run("postgres", func(t *testing.T) {
		server := storetest.StartPostgres(t)
		for cycle := range 2 {
			killCycle(t, server.URL("postgres"), cycle, nil, nil)
		}
		for cycle := range 3 {
			killCycle(t, server.URL("postgres"), 2+cycle, server.Crash, server.Restart)
		}
	})
}

// killCycle runs a child until it has made 200 rotations, kills it, or has the
// database crash under it, and checks everything that it was told.
func killCycle(t *testing.T, url string, cycle int, crash, restart func(testing.TB)) {
	t.Helper()
	check(t, storetest.Open(t, url).Close(), "") // migrated
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childURL+"="+url, fmt.Sprint(childCycle, "=", cycle))
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		acknowledged = append(acknowledged, lines.Text())
		if len(acknowledged) != 200 {
			continue
		}
		if crash != nil {
			crash(t)
			restart(t)
		}
		_ = child.Process.Kill()
	}
	_ = child.Wait()
	if len(acknowledged) < 200 {
		t.Fatal("the child ended early:", acknowledged)
	}
	verifyAcknowledged(t, storetest.Open(t, url), acknowledged)
}

func verifyAcknowledged(t *testing.T, s *store.Store, acknowledged []string) {
	t.Helper()
	events := recorded(t, s)
	for _, line := range acknowledged {
		selector, successor, ok := strings.Cut(line, " ")
		if !ok || !strings.Contains(successor, "-") {
			continue // the last line may be cut short
		}
		if _, _, err := s.Family(t.Context(), successor); err != nil {
			t.Errorf("acknowledged token %s: %v", successor, err)
		}
		if !events[successor] {
			t.Errorf("no audit record of %s", successor)
		}
		if consume(t, s, selector, time.Now(), "again") {
			t.Errorf("%s was consumed twice", selector)
		}
	}
}

// recorded returns the request ids in the audit trail.
func recorded(t *testing.T, s *store.Store) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	filter := store.EventFilter{Limit: 1000}
	for {
		page, err := s.Events(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page {
			found[e.RequestID] = true
		}
		if len(page) < filter.Limit {
			return found
		}
		filter.After = page[len(page)-1].ID
	}
}
