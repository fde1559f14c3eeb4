package faults

import (
	"net/http"
	"testing"
	"time"
)

// While many sign in with passwords, each of which takes a processor for 40 ms,
// whoever asks about a token is served all the same.
//
// The goal for the slowest hundredth is for a machine of the server's own; it is
// logged here. Beside other tests, and with the storm sent from the same processors,
// only the median tells anything from one run to the next: that of the best of some
// rounds has to be within a wide bound, which a server that hashes without one of its
// own is far beyond.
func TestR22_AStormOfSignInsDoesNotSlowVerification(t *testing.T) {
	const slowerAtMost, rounds = 6, 5
	i := crowded(t, "", 64)
	own, err := i.clientCredentials(i.parties[0], "")
	if err != nil || own.Status != http.StatusOK {
		t.Fatal(own.Status, err)
	}
	active := func(a answer) bool { return a.Active }
	verify := func() (median, slow time.Duration) {
		t.Helper()
		c := gather(t, 2, 2*time.Millisecond, active, i.dial(2, "/oauth2/introspect", "token="+own.AccessToken).ask)
		c.until(t, 400)
		c.end()
		if c.refused.Load() > 0 {
			t.Error("verification was refused")
		}
		return c.percentile(.5), c.percentile(.99)
	}
	verify()
	best := 0.0
	for range rounds {
		idle, idleSlow := verify()
		storm := i.storm(48)
		storm.until(t, 20)
		stormy, stormySlow := verify()
		storm.end()
		t.Logf("idle: median %s, p99 %s; in the storm: median %s, p99 %s; of the storm %d were answered, %d refused",
			idle, idleSlow, stormy, stormySlow, storm.served.Load(), storm.refused.Load())
		if slower := float64(stormy) / float64(idle); best == 0 || slower < best {
			best = slower
		}
		if best <= slowerAtMost {
			return
		}
	}
	t.Errorf("verification is %.1f times as slow in a storm of sign-ins", best)
}
