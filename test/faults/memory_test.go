package faults

import (
	"net/http"
	"testing"
)

// A server in 256 MB meets a storm of sign-ins, each of which takes 19 MB while it is
// computed. It stays within, refuses what is too much, and goes on.
func TestR23_APasswordStormIn256MB(t *testing.T) {
	const limit = 256 << 20
	i := crowded(t, "", 400, "GOMEMLIMIT=200MiB")
	storm := i.storm(400)
	storm.until(t, 1500)
	storm.end()
	if storm.served.Load() == 0 || storm.refused.Load() == 0 {
		t.Errorf("%d were answered, %d refused", storm.served.Load(), storm.refused.Load())
	}
	most := i.memory("VmHWM")
	t.Logf("%d sign-ins were answered, %d refused, within %d MB", storm.served.Load(), storm.refused.Load(), most>>20)
	if most >= limit {
		t.Errorf("it took %d MB", most>>20)
	}
	if got := i.status("/healthz"); got != http.StatusOK {
		t.Errorf("/healthz: %d", got)
	}
	if a, err := i.signIn(i.parties[0], ""); err != nil || a.Status != http.StatusOK {
		t.Errorf("after the storm: %d %q, %v", a.Status, a.Error, err)
	}
}
