package program

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Soon is how long anything that is waited for may take. It is long, for a busy
// machine; nothing waits so long when all is well.
const Soon = 30 * time.Second

// Main builds claviger, puts its path into binary, runs the tests of m, and
// returns their exit code: the body of a TestMain.
func Main(m *testing.M, binary *string) int {
	dir, err := os.MkdirTemp("", "claviger-program-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	*binary = filepath.Join(dir, "claviger")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", *binary, "claviger/cmd/claviger")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}
