package faults

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A page of the file is not what was written. Neither the start nor a read makes
// up an answer from it, and the operator is told how to go back to a backup.
func TestR07_DamagedFile(t *testing.T) {
	for name, table := range map[string]string{"first page": "sqlite_schema", "a page that the start needs": "signing_keys"} {
		t.Run(name, func(t *testing.T) {
			i := newInstallation(t, "")
			i.start()
			i.end(syscall.SIGTERM)
			i.flip(table)
			command := exec.Command(binary, "serve")
			command.Env = i.environ
			out, err := command.CombinedOutput()
			if err == nil {
				t.Error("the server ended as if all were well")
			}
			wantRestoreSteps(t, string(out))
		})
	}
	t.Run("a page that is read later", func(t *testing.T) {
		i := newInstallation(t, "")
		log := &keptLog{}
		i.start()
		h := newHolder(t, i)
		i.end(syscall.SIGTERM)
		i.flip("grants")
		i.log = log
		i.start()
		for _, path := range []string{"/oauth2/introspect", "/oauth2/revoke"} {
			a, err := h.post(i.parties[0], path, "", "token", h.refresh)
			h.wantRefused(path, a, err)
		}
		a, err := i.refresh(i.parties[0], h.refresh, "")
		h.wantRefused("refresh", a, err)
		h.wantServed()
		i.kill()
		wantRestoreSteps(t, log.String())
	})
}

func wantRestoreSteps(t *testing.T, text string) {
	t.Helper()
	for _, want := range []string{"damaged", "stop", "copy", "backup"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in what the operator reads:\n%s", want, text)
		}
	}
}

// flip inverts the first page of a table. The server has ended, and with it the
// WAL: nothing else holds the page.
func (i *installation) flip(table string) {
	i.t.Helper()
	db := i.openFile()
	var page, size int64 = 1, 0
	err := db.QueryRowContext(i.t.Context(), "PRAGMA page_size").Scan(&size)
	if table != "sqlite_schema" && err == nil {
		err = db.QueryRowContext(i.t.Context(), "SELECT rootpage FROM sqlite_schema WHERE name = ?", table).Scan(&page)
	}
	if err != nil {
		i.t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		i.t.Fatal(err)
	}
	file, err := os.OpenFile(i.file(), os.O_RDWR, 0)
	if err != nil {
		i.t.Fatal(err)
	}
	defer file.Close()
	content := make([]byte, size)
	if _, err := file.ReadAt(content, (page-1)*size); err != nil {
		i.t.Fatal(err)
	}
	for n := range content {
		content[n] ^= 0xff
	}
	if _, err := file.WriteAt(content, (page-1)*size); err != nil {
		i.t.Fatal(err)
	}
}

// keptLog keeps what a process has logged.
type keptLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *keptLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *keptLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
