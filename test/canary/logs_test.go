//go:build canary

package canary

import (
	"os"
	"testing"
)

// The last step of `make test`, over the logs of all tests before it.
func TestH13_NoSecretInAnyLog(t *testing.T) {
	dir := os.Getenv("CLAVIGER_CANARY_DIR")
	if dir == "" {
		t.Fatal("CLAVIGER_CANARY_DIR names no directory; run `make test`")
	}
	findings, lines, err := scan(os.DirFS(dir), allRules(t))
	if err != nil {
		t.Fatal(err)
	}
	if lines == 0 {
		t.Error("the tests logged nothing, so nothing is proved")
	}
	for _, f := range findings {
		t.Error(f)
	}
}
