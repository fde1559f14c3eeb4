package faults

import (
	"database/sql"
	"os"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"net/http"
)

const tokensSQL = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) " +
	"INSERT INTO refresh_tokens (selector, hash, grant_id, issued_at, expires_at, consumed_at, successor) " +
	"SELECT 'old' || CAST(1000000000 + i AS TEXT), hash, 'gnt_old', 0, 1000000000000 + i, 0, '' FROM n, " +
	"(SELECT hash FROM refresh_tokens LIMIT 1) AS some_hash"

// Many rows have expired, and go while clients work. CLAVIGER_TEST_CLEANUP_ROWS says
// how many; with ten million it takes its time, and what the log says of p99 is what
// counts.
func TestR25_CleanUpUnderLoad(t *testing.T) {
	rows := 200_000
	if text := os.Getenv("CLAVIGER_TEST_CLEANUP_ROWS"); text != "" {
		var err error
		if rows, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			database := engine.database(t)
			i := newInstallation(t, database)
			i.start()
			party := i.parties[0]
			kept, err := i.signIn(party, "")
			if err != nil || kept.RefreshToken == "" {
				t.Fatal(kept.Status, err)
			}
			quiet := i.latencies(func() bool { return false }, 5*time.Second)
			i.kill()
			i.expire(database, rows)
			i.environ = append(i.environ, "CLAVIGER_CLEAN_UP_EVERY=1s")
			i.start()

			midway := false
			done := func() bool {
				removed := i.metric(`claviger_cleanup_rows_total{table="refresh_tokens"}`) + i.metric(`claviger_cleanup_rows_total{table="audit"}`)
				midway = midway || removed > 0 && removed < float64(rows)
				return removed >= float64(rows)
			}
			busy := i.latencies(done, time.Duration(rows/800)*time.Second+time.Minute)
			if !done() {
				t.Errorf("the rows are not gone")
			}
			if !midway {
				t.Error("they went at once, not in batches")
			}
			after := i.latencies(func() bool { return false }, 5*time.Second)
			t.Logf("%d rows; p50 and p99 before %s %s, meanwhile %s %s, after %s %s (%d requests meanwhile); %.0f of %.0f batches took at most 20 ms",
				rows, quantile(quiet, .5), quantile(quiet, .99), quantile(busy, .5), quantile(busy, .99),
				quantile(after, .5), quantile(after, .99), len(busy),
				i.metric(`claviger_cleanup_batch_seconds_bucket{table="refresh_tokens",le="0.02"}`), i.metric(`claviger_cleanup_batch_seconds_count{table="refresh_tokens"}`))
			if next, err := i.refresh(party, kept.RefreshToken, ""); err != nil || next.Status != http.StatusOK {
				t.Errorf("what had not expired is gone: %d %q, %v", next.Status, next.Error, err)
			}
		})
	}
}

// expire puts rows into the database that nothing needs any more.
func (i *installation) expire(database string, rows int) {
	i.t.Helper()
	driver := func(statement string, rows int) {}
	if database == "" {
		db := i.openFile()
		defer func(db *sql.DB) { _ = db.Close() }(db)
		driver = func(statement string, rows int) {
			if _, err := db.ExecContext(i.t.Context(), statement, rows); err != nil {
				i.t.Fatal(err)
			}
		}
	} else {
		awaitAlone(i.t, database)
		conn := connect(i.t, database)
		driver = func(statement string, rows int) {
			if _, err := conn.Exec(i.t.Context(), statement, rows); err != nil {
				i.t.Fatal(err)
			}
		}
	}
	driver(tokensSQL, rows/2)
	driver(trailSQL, rows-rows/2)
}

// latencies has clients get tokens until over holds, or for as long as limit, and
// returns how long each took. None may fail.
func (i *installation) latencies(over func() bool, limit time.Duration) []time.Duration {
	i.t.Helper()
	var mu sync.Mutex
	var all []time.Duration
	var stop atomic.Bool
	var asking sync.WaitGroup
	for range workers / 2 {
		asking.Go(func() {
			for !stop.Load() {
				began := time.Now()
				a, err := i.clientCredentials(i.parties[0], "")
				took := time.Since(began)
				if err != nil || a.Status != http.StatusOK {
					i.t.Errorf("%d %q, %v", a.Status, a.Error, err)
					return
				}
				mu.Lock()
				all = append(all, took)
				mu.Unlock()
			}
		})
	}
	end, look := time.After(limit), time.NewTicker(50*time.Millisecond)
	defer look.Stop()
wait:
	for !over() {
		select {
		case <-end:
			break wait
		case <-look.C:
		}
	}
	stop.Store(true)
	asking.Wait()
	slices.Sort(all)
	if len(all) == 0 {
		i.t.Fatal("no request was answered")
	}
	return all
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[int(q*float64(len(sorted)-1))].Round(10 * time.Microsecond)
}

// metric reads one figure; one that is not there is 0.
func (i *installation) metric(name string) float64 {
	_, text := i.get("/metrics")
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		i.t.Fatal(err)
	}
	return value
}
