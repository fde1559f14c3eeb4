package endpoints_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/server/servertest"
)

func TestReadinessByRole(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		want := func(when string, statuses map[string]int) {
			t.Helper()
			for query, status := range statuses {
				if got, body := get(t, h, "/readyz"+query); got.StatusCode != status {
					t.Errorf("%s: /readyz%s: %d %s", when, query, got.StatusCode, body)
				}
			}
		}
		want("running", map[string]int{"": 200, "?role=verify": 200, "?role=issue": 200, "?role=cook": 400})
		groups := h.Store.Stats().Groups
		var asking sync.WaitGroup
		for range 20 {
			asking.Go(func() { want("again", map[string]int{"?role=issue": 200}) })
		}
		asking.Wait()
		if now := h.Store.Stats().Groups; now != groups {
			t.Errorf("%d commits for those who only ask", now-groups)
		}
		h.Clock.Advance(time.Second)
		want("a second later", map[string]int{"?role=issue": 200})
		if now := h.Store.Stats().Groups; now != groups+1 {
			t.Errorf("%d commits after a second", now-groups)
		}
		if err := h.Store.Close(); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Second)
		want("closed", map[string]int{"": 503, "?role=verify": 503, "?role=issue": 503})
	})
}

// A panic is counted, and with its status.
func TestR33_APanicIsCounted(t *testing.T) {
	m := metricsOf(t, func(http.ResponseWriter, *http.Request) { panic("x") })
	if !strings.Contains(m, `claviger_http_requests_total{method="GET",route="/x",status="500"} 1`) {
		t.Error(m)
	}
	m = metricsOf(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) })
	if !strings.Contains(m, `claviger_http_requests_total{method="GET",route="/x",status="200"} 1`) || !strings.Contains(m, `claviger_http_request_seconds_count{route="/x"} 1`) {
		t.Error(m)
	}
}
