package faults

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"claviger/internal/store/storetest"
)

// No file of the server may grow any more, which also sends it a signal that ends
// a process by default. What has to be written is refused until there is room.
func TestR05_DiskFullUnderSQLite(t *testing.T) {
	i := newInstallation(t, "")
	i.start()
	h := newHolder(t, i)
	wal, err := os.Stat(i.file() + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		i.limitFiles(strconv.FormatInt(wal.Size(), 10))
		eventually(t, "the disk is full", func() bool { return unavailable(h.signIn(h.parties[0], "")) })
		h.wantWritesRefused(8 * time.Second)
		h.wantServed()
		i.limitFiles("unlimited")
		h.wantHealed()
		h = newHolder(t, i)
	}
}

// limitFiles bounds what any file of the running server may grow to, in bytes.
func (i *installation) limitFiles(size string) {
	i.t.Helper()
	command := exec.Command("prlimit", "--pid", strconv.Itoa(i.process.Process.Pid), "--fsize="+size+":unlimited")
	if out, err := command.CombinedOutput(); err != nil {
		i.t.Fatalf("prlimit: %v\n%s", err, out)
	}
}

// PostgreSQL has no room for another row.
func TestR05_DiskFullUnderPostgres(t *testing.T) {
	database := storetest.Postgres(t)
	i := newInstallation(t, database)
	i.start()
	h := newHolder(t, i)
	conn := connect(t, database)
	const table = "audit"
	for range 2 {
		execute(t, conn, `CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$`)
		execute(t, conn, fmt.Sprintf("CREATE TRIGGER no_space BEFORE INSERT ON %s EXECUTE FUNCTION no_space()", table))
		h.wantWritesRefused(8 * time.Second)
		h.wantServed()
		execute(t, conn, "DROP FUNCTION no_space CASCADE")
		h.wantHealed()
		h = newHolder(t, i)
	}
}
