package faults

import (
	"os"
	"testing"
	"time"
)

// soakTime is how long `make soak` has asked for; 0 in `make test`.
func soakTime(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv("CLAVIGER_TEST_SOAK")
	if text == "" {
		return 0
	}
	soak, err := time.ParseDuration(text)
	if err != nil || soak <= 0 {
		t.Fatalf("CLAVIGER_TEST_SOAK is %q, not a duration", text)
	}
	return soak
}
