package faults

import (
	"database/sql"
	"net/http"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Another process has locked the database file and does not let go. Writers wait
// for it, but not for long, and not one after the other.
func TestR06_FileLockedByAnotherProcess(t *testing.T) {
	i := newInstallation(t, "")
	i.start()
	h := newHolder(t, i)
	locker := i.openFile()
	if _, err := locker.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	h.wantWritesRefused(12 * time.Second)
	if waited := time.Since(began); waited < 3*time.Second {
		t.Errorf("writers gave up after %s: a short lock is to be waited for", waited)
	}
	h.wantServed()
	if got := h.status("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz under the lock: %d, though reads need no lock", got)
	}
	if _, err := locker.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	h.wantHealed()
}

// openFile opens the database file as another program would: on one connection,
// without waiting.
func (i *installation) openFile() *sql.DB {
	i.t.Helper()
	db, err := sql.Open("sqlite", i.file())
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = db.Close() })
	db.SetMaxOpenConns(1)
	return db
}
