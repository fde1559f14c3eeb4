package faults

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"claviger/internal/store/storetest"
)

// What is acknowledged is on the disk, whatever the file was before.
func TestR03_SQLiteIsMadeDurable(t *testing.T) {
	i := newInstallation(t, "")
	db := i.openFile()
	if _, err := db.ExecContext(t.Context(), "PRAGMA journal_mode=DELETE"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	const versions, rollback, wal = 18, 1, 2 // bytes 18 and 19 of the file (SQLite file format §1.3)
	if got := i.header()[versions]; got != rollback {
		t.Fatalf("the journal of the file is of kind %d", got)
	}
	i.start()
	if head := i.header(); head[versions] != wal || head[versions+1] != wal {
		t.Errorf("the journal of the file is of kind %d", head[versions])
	}
}

func (i *installation) header() []byte {
	i.t.Helper()
	content, err := os.ReadFile(i.file())
	if err != nil {
		i.t.Fatal(err)
	}
	return content[:100]
}

// A file that cannot be made so is not served, and neither is one that somebody
// wants to be less so.
func TestR03_StartIsRefusedWhereCommitsMayGetLost(t *testing.T) {
	t.Run("the journal cannot be changed", func(t *testing.T) {
		i := newInstallation(t, "")
		holder := i.openFile()
		for _, statement := range []string{"PRAGMA journal_mode=DELETE", "BEGIN", "SELECT count(*) FROM settings"} {
			if _, err := holder.ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if text := i.refusedStart(); !strings.Contains(text, "database is locked") {
			t.Errorf("the server says %q", text)
		}
	})
	for setting, says := range map[string]string{"?_synchronous=OFF": "without ?", "?_pragma=synchronous(0)": "without ?"} {
		t.Run(setting, func(t *testing.T) {
			i := newInstallation(t, "")
			i.environ = append(i.environ, "CLAVIGER_DATABASE_URL=sqlite:"+i.file()+setting)
			if text := i.refusedStart(); !strings.Contains(text, says) {
				t.Errorf("the server says %q", text)
			}
		})
	}
}

// Whoever administers PostgreSQL may have turned off what makes commits durable,
// for everybody. The server turns it on for itself: a trigger sees how its rows are
// committed.
func TestR03_PostgresCommitsDurably(t *testing.T) {
	database := storetest.Postgres(t)
	i := newInstallation(t, database)
	conn := connect(t, database)
	execute(t, conn, `CREATE FUNCTION durable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('synchronous_commit') = 'off' THEN RAISE EXCEPTION 'synchronous_commit is off'; END IF; RETURN NEW; END $$`)
	for _, table := range []string{"audit", "refresh_tokens"} {
		execute(t, conn, "CREATE TRIGGER durable BEFORE INSERT ON "+table+" FOR EACH ROW EXECUTE FUNCTION durable()")
	}
	execute(t, conn, "ALTER DATABASE "+conn.Config().Database+" SET synchronous_commit = off")
	i.start()
	for name, ask := range map[string]func(*relyingParty, string) (answer, error){"sign-in": i.signIn, "client credentials": i.clientCredentials} {
		if a, err := ask(i.parties[0], ""); err != nil || a.Status != http.StatusOK {
			t.Errorf("%s: %d %q, %v", name, a.Status, a.Error, err)
		}
	}
}

// A PostgreSQL server that does not sync cannot be told otherwise by its clients.
func TestR03_PostgresThatForgetsIsTold(t *testing.T) {
	for name, server := range map[string]*storetest.Server{"durable": storetest.StartPostgres(t), "forgetful": storetest.StartForgetfulPostgres(t)} {
		i := newInstallation(t, server.URL("postgres"))
		log := &keptLog{}
		i.log = log
		i.start()
		told := func() bool {
			return strings.Contains(log.String(), "fsync=off") && strings.Contains(log.String(), "full_page_writes=off")
		}
		if name == "forgetful" {
			eventually(t, "the server warns", told)
		}
		i.kill()
		if told() != (name == "forgetful") {
			t.Errorf("on a %s server the log is\n%s", name, log)
		}
	}
}
