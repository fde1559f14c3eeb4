package faults

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

// A server that cannot work does not start, and says in a sentence what to do.
func TestR32_StartIsRefusedWithAReason(t *testing.T) {
	for name, fault := range map[string]struct {
		cause func(*installation)
		says  []string
	}{
		"no master key": {func(i *installation) {
			if err := os.Remove(filepath.Join(i.data, "master.key")); err != nil {
				t.Fatal(err)
			}
		}, []string{"no master key", "put back"}},
		"database down": {func(i *installation) {
			i.environ = append(i.environ, "CLAVIGER_DATABASE_URL=postgres://user:"+testlog.Canary+"@127.0.0.1:1/x")
		}, []string{"the database cannot be used", "127.0.0.1:1"}},
		"schema missing": {func(i *installation) {
			i.environ = append(i.environ, "CLAVIGER_MIGRATE=manual", "CLAVIGER_DATABASE_URL="+storetest.Postgres(t))
		}, []string{"schema version 0", "claviger migrate"}},
		"schema newer": {func(i *installation) {
			i.setSchema("version_id + 1000")
		}, []string{"newer", "use the newer release"}},
	} {
		t.Run(name, func(t *testing.T) {
			i := newInstallation(t, "")
			fault.cause(i)
			text := i.refusedStart()
			for _, want := range fault.says {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
			if strings.Count(text, "\n") != 1 || strings.Contains(text, testlog.Canary) {
				t.Errorf("not one sentence without secrets: %q", text)
			}
		})
	}
}

// refusedStart starts a server that has to end by itself, and returns what it says.
func (i *installation) refusedStart() string {
	i.t.Helper()
	command := exec.CommandContext(i.t.Context(), binary, "serve")
	command.Env = i.environ
	out, err := command.CombinedOutput()
	if err == nil || command.ProcessState.ExitCode() != 1 {
		i.t.Errorf("the server ended with %v", command.ProcessState)
	}
	return string(out)
}

// setSchema makes the database say that it is at another version.
func (i *installation) setSchema(version string) {
	i.t.Helper()
	db := i.openFile()
	defer db.Close()
	if _, err := db.ExecContext(i.t.Context(), "UPDATE schema_version SET version_id = "+version+" WHERE version_id <> 0"); err != nil {
		i.t.Fatal(err)
	}
}

// The schema goes wrong under a running server: it takes itself out of the
// rotation, and is not restarted for it.
func TestR32_NotReadyButAlive(t *testing.T) {
	i := newInstallation(t, "")
	i.start()
	i.setSchema("-version_id")
	for path, want := range map[string]int{"/readyz": http.StatusServiceUnavailable, "/healthz": http.StatusOK} {
		if got := i.status(path); got != want {
			t.Errorf("%s with a schema that is too old: %d, want %d", path, got, want)
		}
	}
	i.setSchema("-version_id")
	eventually(t, "the server is ready again", func() bool { return i.status("/readyz") == http.StatusOK })
	i.end(syscall.SIGTERM)
}
