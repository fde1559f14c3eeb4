package faults

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"claviger/internal/store/storetest"
)

// laterVersion is where the schema of the later release ends. Its migration adds to
// tables that are in use, and says which releases may go on.
const (
	laterVersion = 9000
	later        = `-- +goose Up
ALTER TABLE grants ADD COLUMN later TEXT NOT NULL DEFAULT '';
ALTER TABLE refresh_tokens ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
CREATE TABLE later (id TEXT PRIMARY KEY);
INSERT INTO settings (key, value) VALUES ('schema.9000', '1');
`
)

// laterRelease is a release with one migration more, built once and beside the
// binary under test.
var laterRelease = sync.OnceValues(func() (release string, err error) {
	dir := filepath.Dir(binary)
	name, err := filepath.Abs(fmt.Sprintf("../../internal/store/migrations/%d_later.sql", laterVersion))
	if err != nil {
		return "", err
	}
	migration, overlay, release := filepath.Join(dir, "later.sql"), filepath.Join(dir, "overlay.json"), filepath.Join(dir, "later")
	text, err := json.Marshal(map[string]any{"Replace": map[string]string{name: migration}})
	if err != nil {
		return "", err
	}
	if err := errors.Join(os.WriteFile(migration, []byte(later), 0o600), os.WriteFile(overlay, text, 0o600)); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-overlay", overlay, "-o", release, "claviger/cmd/claviger")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return release, nil
})

// later returns an installation whose servers are of the later release.
func (i *installation) later() *installation {
	i.t.Helper()
	release, err := laterRelease()
	if err != nil {
		i.t.Fatal(err)
	}
	next := *i
	next.program = release
	return &next
}

// Two nodes of a release are under load. Three of the next one start beside them at
// once, and migrate; then the old ones leave. One comes back, as after an upgrade
// that went wrong. No request fails.
func TestR19_RollingUpgrade(t *testing.T) {
	i := newInstallation(t, storetest.Postgres(t))
	nodes := i.nodes(6)
	front := &balancer{}
	clients := *i
	clients.web = &http.Client{Timeout: soon, Transport: front}
	l := newLoad(&clients)
	l.record.history.Late = toldWithin
	old, new := nodes[1:3], nodes[3:]
	for _, node := range new {
		node.program = i.later().program
	}
	for _, node := range old {
		node.start()
	}
	front.join(old...)
	l.while(func() {
		var starting sync.WaitGroup
		for _, node := range new {
			starting.Go(node.start)
		}
		starting.Wait()
		front.join(new...)
		l.more()
		front.leave(old[0])
		l.more()
		front.leave(old[1])
		l.more()
		old[0].start()
		front.join(old[0])
		l.more()
	})
	i.wantSchema(laterVersion)
	l.check()
}

// On SQLite there is one server. The next release migrates beside it, and then takes
// its place.
func TestR19_UpgradeOnSQLite(t *testing.T) {
	i := newInstallation(t, "")
	next := i.later()
	l := newLoad(i)
	i.start()
	l.while(func() { next.run("migrate"); l.more() })
	i.wantSchema(laterVersion)
	for _, program := range []string{next.program, binary} {
		i.end(syscall.SIGTERM)
		i.program = program
		i.start()
		l.while(l.more)
	}
	l.check()
}

// A migration that is not made for a release stops it, rather than having it work
// on what it does not know.
func TestR19_SchemaThatIsNotMadeForARelease(t *testing.T) {
	i := newInstallation(t, "")
	i.start()
	next := i.later()
	next.run("migrate")
	if got := i.status("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz on a schema that is made for the release: %d", got)
	}
	i.declare(laterVersion)
	if got := i.status("/readyz"); got != http.StatusServiceUnavailable {
		t.Errorf("/readyz on a schema that is not made for the release: %d", got)
	}
	i.kill()
	i.refusedStart()
	next.start()
	next.kill()
}

// declare changes which releases the last migration is made for: those whose schema
// ends at least there.
func (i *installation) declare(oldest int64) {
	i.t.Helper()
	db := i.openFile()
	defer db.Close()
	statement := fmt.Sprintf("UPDATE settings SET value = '%d' WHERE key = 'schema.%d'", oldest, laterVersion)
	if _, err := db.ExecContext(i.t.Context(), statement); err != nil {
		i.t.Fatal(err)
	}
}

// more waits until the load has gone on for a while.
func (l *load) more() {
	l.t.Helper()
	until := l.acknowledge.Load() + 100
	eventually(l.t, "the clients get answers", func() bool { return l.acknowledge.Load() >= until })
}

func (i *installation) wantSchema(version int64) {
	i.t.Helper()
	if got := string(i.run("migrate", "--status")); got != fmt.Sprintf("Schema version %d, newer than the %d of this release.\n", version, i.knownSchema()) {
		i.t.Errorf("%q", got)
	}
}

// knownSchema is where the schema of this release ends.
func (i *installation) knownSchema() (version int64) {
	i.t.Helper()
	names, err := filepath.Glob("../../internal/store/migrations/*.sql")
	if err != nil || len(names) == 0 {
		i.t.Fatal(names, err)
	}
	if _, err := fmt.Sscanf(filepath.Base(names[len(names)-1]), "%d", &version); err != nil {
		i.t.Fatal(err)
	}
	return version
}
