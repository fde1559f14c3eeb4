package faults

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"claviger/internal/store/storetest"
)

// A backup is taken while clients use their tokens up, get new ones and revoke some;
// later the database goes back to it. Nothing that a client had then or got since
// works again, and whoever has a secret of its own goes on with that.
func TestR26_NothingLivesAgainAfterARestore(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			database := engine.database(t)
			l := newLoad(newInstallation(t, database))
			saved := &savedState{installation: l.installation, database: database, file: filepath.Join(t.TempDir(), "backup")}
			l.start()
			var before int
			l.untilFault(func() {
				saved.backup()
				l.mu.Lock()
				before = len(l.families)
				l.mu.Unlock()
				since := l.acknowledge.Load()
				eventually(t, "the clients go on after the backup", func() bool { return l.acknowledge.Load() > since+300 })
				l.kill()
			})
			if database != "" {
				awaitAlone(t, database)
			}
			saved.restore()
			l.start()
			l.wantAllDead()
			t.Logf("%d families before the backup, %d at the end", before, len(l.families))
			if before == 0 || len(l.families) == before {
				t.Error("the backup was not taken in the midst of it")
			}
			l.wantServed()
		})
	}
}

// wantAllDead looks at every token that a client ever got.
func (l *load) wantAllDead() {
	var asking sync.WaitGroup
	families := make(chan *family, len(l.families))
	for _, f := range l.families {
		families <- f
	}
	close(families)
	for range workers {
		asking.Go(func() {
			for f := range families {
				for _, token := range f.access {
					if l.active(l.t, f.party, token) {
						l.t.Error("an access token is active again, or still")
					}
				}
				for _, token := range append(slices.Clone(f.spent), f.latest) {
					if token == "" {
						continue
					}
					if l.active(l.t, f.party, token) {
						l.t.Error("a refresh token is active again, or still")
					}
					if a, err := l.installation.refresh(f.party, token, ""); err != nil || !a.refused() {
						l.t.Errorf("a refresh token was answered %d %q, %v", a.Status, a.Error, err)
					}
				}
			}
		})
	}
	asking.Wait()
}

// wantServed uses what was not lost: the secrets.
func (l *load) wantServed() {
	l.t.Helper()
	party := l.parties[0]
	issued, err := l.installation.signIn(party, "")
	if err != nil || issued.Status != http.StatusOK || !l.active(l.t, party, issued.AccessToken) {
		l.t.Fatalf("sign-in after the restore: %d %q, %v", issued.Status, issued.Error, err)
	}
	if next, err := l.installation.refresh(party, issued.RefreshToken, ""); err != nil || next.Status != http.StatusOK {
		l.t.Errorf("refresh after the restore: %d %q, %v", next.Status, next.Error, err)
	}
	if own, err := l.installation.clientCredentials(party, ""); err != nil || own.Status != http.StatusOK || !l.active(l.t, party, own.AccessToken) {
		l.t.Errorf("client credentials after the restore: %d %q, %v", own.Status, own.Error, err)
	}
}

// savedState is a backup, as its engine has it taken and brought back.
type savedState struct {
	*installation
	database string // empty: SQLite
	file     string
}

func (s *savedState) backup() {
	s.t.Helper()
	if s.database == "" {
		s.run("backup", "--to", s.file)
		return
	}
	s.tool("pg_dump", "--format=custom", "--file="+s.file, s.database)
}

func (s *savedState) restore() {
	s.t.Helper()
	if s.database == "" {
		s.run("restore", "--from", s.file, "--replace")
		return
	}
	fresh := storetest.Postgres(s.t)
	s.tool("pg_restore", "--exit-on-error", "--dbname="+fresh, s.file)
	for n, variable := range s.environ {
		if strings.HasPrefix(variable, "CLAVIGER_DATABASE_URL=") {
			s.environ[n] = "CLAVIGER_DATABASE_URL=" + fresh
		}
	}
	s.run("restore", "--in-place")
}

// tool runs a program of PostgreSQL.
func (s *savedState) tool(name string, args ...string) {
	s.t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
		if len(found) == 0 {
			s.t.Fatal(err)
		}
		path = slices.Max(found)
	}
	if out, err := exec.Command(path, args...).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// A backup that somebody puts in place by hand, and a database that is half of a
// copy, are not served; a running one is not replaced.
func TestR26_ABackupIsNotServedAsItIs(t *testing.T) {
	i := newInstallation(t, "")
	file := filepath.Join(t.TempDir(), "backup")
	i.run("backup", "--to", file)
	i.start()
	i.wantFailure("stop it first", "restore", "--from", file, "--replace")
	i.wantFailure("stop it first", "restore", "--in-place")
	if i.status("/readyz") != http.StatusOK {
		t.Error("the server is not ready after that")
	}
	i.end(syscall.SIGTERM)
	i.wantFailure("--replace", "restore", "--from", file)
	i.wantFailure("exists", "backup", "--to", file)
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(i.file(), content, 0o600); err != nil {
		t.Fatal(err)
	}
	i.wantFailure("claviger restore", "serve")
	i.wantFailure("claviger restore", "audit", "list")
	i.run("restore", "--in-place")
	i.start()
}

// A damaged backup, one of another server's database and one of another master key
// are found out before anything is replaced.
func TestR26_ABadBackupReplacesNothing(t *testing.T) {
	i := newInstallation(t, "")
	file, other := filepath.Join(t.TempDir(), "backup"), newInstallation(t, "")
	before, err := os.ReadFile(i.file())
	if err != nil {
		t.Fatal(err)
	}
	other.run("backup", "--to", file)
	i.wantFailure("master key", "restore", "--from", file, "--replace")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4096 {
		content[8192+n] ^= 0xff
	}
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	i.wantFailure("damaged", "restore", "--from", file, "--replace")
	if err := os.WriteFile(file, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	i.wantFailure("", "restore", "--from", file, "--replace")
	if after, err := os.ReadFile(i.file()); err != nil || !slices.Equal(before, after) {
		t.Error("the database is another one", err)
	}
	i.start()
}

// wantFailure runs a command that must fail and say why.
func (i *installation) wantFailure(why string, args ...string) {
	i.t.Helper()
	ctx, cancel := context.WithTimeout(i.t.Context(), soon) // a server that starts after all would go on
	defer cancel()
	command := exec.CommandContext(ctx, binary, args...)
	command.Env = i.environ
	out, err := command.CombinedOutput()
	if err == nil || ctx.Err() != nil || !strings.Contains(string(out), why) {
		i.t.Errorf("claviger %s: %v, and no %q in\n%s", strings.Join(args, " "), err, why, out)
	}
}
