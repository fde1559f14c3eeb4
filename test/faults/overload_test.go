package faults

import (
	"testing"
	"time"
)

// The most token requests that the server of this test works on at once.
const inFlight = "32"

// Three times the load that the server can carry: what it cannot do, it refuses at
// once and says when to come back; what it can do, it still does.
//
// The clients run on the same processors as the server and take a share of them for
// each refusal, so that the test asks for less than the 80 % that hold where they do
// not; and it measures again where a round was disturbed.
func TestR21_ThreeTimesTheLoad(t *testing.T) {
	const goodputAtLeast, rounds = 0.5, 5
	i := crowded(t, "", 96, "CLAVIGER_IN_FLIGHT_ISSUE="+inFlight)
	ask := func(clients int) func(int) (answer, error) {
		return i.dial(clients, "/oauth2/token", "grant_type=client_credentials&scope=read").ask
	}
	warm := gather(t, 32, 0, ok, ask(32))
	warm.until(t, 500)
	warm.end()
	best := 0.0
	for range rounds {
		peak := rate(t, gather(t, 32, 0, ok, ask(32)))
		if peak.refused != 0 {
			t.Errorf("%.0f of %s at once were refused", peak.refused, inFlight)
		}
		every := time.Duration(float64(time.Second) * 96 / (3 * peak.served))
		over := rate(t, gather(t, 96, every, ok, ask(96)))
		t.Logf("peak %.0f/s; three times that: %.0f/s served, %.0f/s refused", peak.served, over.served, over.refused)
		if over.refused > 0 {
			best = max(best, over.served/peak.served)
		}
		if best >= goodputAtLeast {
			break
		}
	}
	if best < goodputAtLeast {
		t.Errorf("goodput under three times the load is %.0f %% of the peak", 100*best)
	}
	if i.metric(`claviger_requests_overload_total{kind="issue"}`) == 0 || i.metric(`claviger_requests_in_flight{kind="issue"}`) != 0 {
		t.Error("the metrics do not show it")
	}
	if most := i.memory("VmHWM"); most > 512<<20 {
		t.Errorf("it took %d MB", most>>20)
	}
	if a, err := ask(1)(0); err != nil || !ok(a) {
		t.Error(a.Status, err)
	}
}

// figures are answers a second.
type figures struct{ served, refused float64 }

// rate measures a crowd for a while, and ends it.
func rate(t *testing.T, c *crowd) figures {
	t.Helper()
	began := time.Now()
	for enough := time.After(2 * time.Second); ; {
		select {
		case <-enough:
			if took := time.Since(began).Seconds(); c.served.Load() > 0 || t.Failed() {
				result := figures{float64(c.served.Load()) / took, float64(c.refused.Load()) / took}
				c.end()
				return result
			}
			c.until(t, 1)
			enough = time.After(time.Second)
		}
	}
}
