package faults

import (
	"bufio"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"claviger/internal/store/storetest"
)

// An installation moves from SQLite to PostgreSQL. The copy is killed in the midst of
// it, and goes on. Then everything that clients had before works there.
func TestCopyToAnotherEngineKeepsEverythingAlive(t *testing.T) {
	i := newInstallation(t, "")
	i.start()
	l := newLoad(i)
	l.untilFault(func() { i.end(syscall.SIGTERM) })
	l.record.history.Settle()
	i.fillTrail(30_000)
	target := storetest.Postgres(t)
	from, to := "--from=sqlite:"+i.file(), "--to="+target

	i.killCopy(from, to)
	awaitAlone(t, target)
	i.environ = append(i.environ, "CLAVIGER_DATABASE_URL="+target)
	i.wantFailure("database copy", "serve")
	i.run("database", "copy", from, to)
	i.wantFailure("not empty", "database", "copy", from, to)
	i.start()
	l.check()
	if a, err := i.clientCredentials(i.parties[0], ""); err != nil || a.Status != http.StatusOK || !i.active(t, i.parties[0], a.AccessToken) {
		t.Errorf("%d %q, %v", a.Status, a.Error, err)
	}
}

// A row of the copy is changed behind its back: that is found, and the copy not served.
func TestCopyThatWasAlteredIsNotServed(t *testing.T) {
	i := newInstallation(t, "")
	i.fillTrail(30_000)
	target := storetest.Postgres(t)
	from, to := "--from=sqlite:"+i.file(), "--to="+target
	i.killCopy(from, to)
	awaitAlone(t, target)
	execute(t, connect(t, target), "UPDATE audit SET target = 'another' WHERE id = (SELECT MIN(id) FROM audit)")
	i.wantFailure("table audit ", "database", "copy", from, to)
	i.environ = append(i.environ, "CLAVIGER_DATABASE_URL="+target)
	i.wantFailure("database copy", "serve")
}

// killCopy starts a copy and kills it, as kill -9 does, when a part of it is there.
func (i *installation) killCopy(args ...string) {
	i.t.Helper()
	process := exec.Command(binary, append([]string{"database", "copy"}, args...)...)
	process.Env = i.environ
	output, err := process.StderrPipe()
	if err != nil {
		i.t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		i.t.Fatal(err)
	}
	told := ""
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if told = lines.Text(); strings.HasPrefix(told, "copying: ") {
			break
		}
	}
	_ = process.Process.Kill()
	if err := process.Wait(); err == nil {
		i.t.Errorf("the copy was over before it could be killed: %s", told)
	}
}

// fillTrail puts many records into the audit trail of a SQLite file. They are of the
// year 2001, and come first.
func (i *installation) fillTrail(rows int) {
	i.t.Helper()
	db := i.openFile()
	defer db.Close()
	if _, err := db.ExecContext(i.t.Context(), trailSQL, rows); err != nil {
		i.t.Fatal(err)
	}
}

const trailSQL = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1) " +
	"INSERT INTO audit (id, at, type, reason, organisation_id, client_id, api_key_id, subject_type, subject_id, grant_id, " +
	"grant_type, dialect, channel, ip, request_id, target, detail) " +
	"SELECT 'evt_00' || CAST(1000000000 + i AS TEXT), 1000000000000 + i, 'token.issued', '', 'org', 'client', '', 'client', 'client', " +
	"'gnt', 'client_credentials', '', '', '192.0.2.1', 'request', '', '' FROM n"
