package store_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

func TestMigrateIsIdempotent(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		have, want, err := s.SchemaVersion(t.Context())
		if err != nil || have != want || want == 0 {
			t.Fatal(have, want, err)
		}
		if from, to, err := s.Migrate(t.Context()); err != nil || from != want || to != want {
			t.Error(from, to, err)
		}
		check(t, s.Ping(t.Context()), "")
	})
}

// A later release has migrated. Its last migration says which releases may go on.
func TestR19_NewerSchema(t *testing.T) {
	storetest.Engines(t, func(t *testing.T, open func() *store.Store) {
		s := open()
		_, want, err := s.SchemaVersion(t.Context())
		check(t, err, "")
		check(t, s.ExecForTest(t.Context(), "UPDATE schema_version SET version_id = 1000 WHERE version_id > 0"), "")
		for _, declared := range []struct {
			by     string
			suited bool
		}{
			{"", false},
			{fmt.Sprint("schema.999=", want), false}, // an earlier migration
			{"schema.1000=1000", false},
			{fmt.Sprint("schema.1000=", want+1), false},
			{fmt.Sprint("schema.1000=", want), true},
			{"schema.1000=1", true},
			{"schema.1000=x", false},
		} {
			key, value, _ := strings.Cut(declared.by, "=")
			write(t, s, func(tx *store.Tx) error { return tx.PutSetting(key, value) })
			from, to, err := s.Migrate(t.Context())
			if errors.Is(err, store.ErrSchemaNewer) == declared.suited || from != 1000 || to != 1000 {
				t.Errorf("%q: migrating: %d %d %v", declared.by, from, to, err)
			}
			if err := s.Ping(t.Context()); errors.Is(err, store.ErrSchemaNewer) == declared.suited {
				t.Errorf("%q: ready: %v", declared.by, err)
			}
		}
	})
}

func TestMigrateOnSeveralNodesAtOnce(t *testing.T) {
	for name, url := range map[string]string{"sqlite": storetest.SQLite(t), "postgres": storetest.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			results := make(chan error)
			for range 3 {
				s := unmigrated(t, url)
				go func() {
					_, _, err := s.Migrate(t.Context())
					results <- err
				}()
			}
			for range 3 {
				check(t, <-results, "")
			}
		})
	}
}

func unmigrated(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: url, Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestR32_NotReadyBeforeTheMigration(t *testing.T) {
	for name, url := range map[string]string{"sqlite": storetest.SQLite(t), "postgres": storetest.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			if err := unmigrated(t, url).Ping(t.Context()); !errors.Is(err, store.ErrSchemaOld) {
				t.Error(err)
			}
		})
	}
}

func TestR10_UnreachableIsUnavailable(t *testing.T) {
	s := unmigrated(t, "postgres://nobody@127.0.0.1:1/none?sslmode=disable")
	expectUnavailable(t, s.Ping(t.Context()), oauth.ReasonUnavailable)
	expectUnavailable(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutSetting("a", "b") }), oauth.ReasonUnavailable)
	_, err := s.Client(t.Context(), "c")
	expectUnavailable(t, err, oauth.ReasonUnavailable)
}

func TestR03_SQLiteIsDurableAndPrivate(t *testing.T) {
	url := storetest.SQLite(t)
	s := storetest.Open(t, url)
	file, err := os.Stat(strings.TrimPrefix(url, "sqlite:"))
	if err != nil || file.Mode().Perm() != 0o600 {
		t.Error(file.Mode(), err)
	}
	check(t, s.Close(), "")
	for _, test := range []struct{ pragmas, want string }{
		{"_journal_mode=WAL&_synchronous=FULL", ""},
		{"_journal_mode=WAL&_synchronous=EXTRA", ""},
		{"_journal_mode=WAL&_synchronous=NORMAL", "synchronous is 1"},
		{"_journal_mode=DELETE&_synchronous=FULL", "journal_mode is delete"},
	} {
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?"+test.pragmas)
		if err != nil {
			t.Fatal(err)
		}
		err = store.AssertDurable(t.Context(), db)
		if (test.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.pragmas, err)
		}
		check(t, db.Close(), "")
	}
}

func TestR03_OpenRefuses(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none", "x.db")
	for _, url := range []string{"", "mysql://x", "sqlite:", "sqlite::memory:", "sqlite:x.db?_synchronous=OFF", "sqlite:" + missing} {
		s, err := store.Open(t.Context(), store.Options{URL: url, Now: time.Now, Rand: rand.Reader})
		if err == nil {
			t.Errorf("%q was opened", url)
			_ = s.Close()
		}
	}
	if _, err := store.Open(t.Context(), store.Options{URL: storetest.SQLite(t)}); err == nil {
		t.Error("opened without clock and randomness")
	}
}

// Commits are on the disk whatever the server, its database or its role says: a
// trigger sees how each one is made.
func TestR03_PostgresCommitsSynchronously(t *testing.T) {
	url := storetest.Postgres(t)
	s := storetest.Open(t, url)
	check(t, s.ExecForTest(t.Context(), `CREATE FUNCTION durable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF current_setting('synchronous_commit') = 'off' THEN RAISE EXCEPTION 'synchronous_commit is off'; END IF; RETURN NEW; END $$`), "")
	check(t, s.ExecForTest(t.Context(), "CREATE TRIGGER durable BEFORE INSERT ON settings FOR EACH ROW EXECUTE FUNCTION durable()"), "")
	for _, setting := range []string{"off", "on", "local"} {
		other := unmigrated(t, url+"&options=-csynchronous_commit%3D"+setting)
		write(t, other, func(tx *store.Tx) error { return tx.PutSetting("a", setting) })
	}
}

func TestR03_UndurableServerIsTold(t *testing.T) {
	for _, test := range []struct {
		url  string
		want int
	}{{storetest.SQLite(t), 0}, {storetest.StartPostgres(t).URL("postgres"), 0}, {storetest.StartForgetfulPostgres(t).URL("postgres"), 2}} {
		if list, err := unmigrated(t, test.url).Undurable(t.Context()); err != nil || len(list) != test.want {
			t.Errorf("%v %v", list, err)
		}
	}
}

func TestR06_LockedFileIsWaitedForThenUnavailable(t *testing.T) {
	url := storetest.SQLite(t)
	s := storetest.Open(t, url)
	locker, err := sql.Open("sqlite", strings.TrimPrefix(url, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer locker.Close()
	locker.SetMaxOpenConns(1)
	if _, err := locker.ExecContext(t.Context(), "BEGIN EXCLUSIVE"); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	put := func(tx *store.Tx) error { return tx.PutSetting("a", "b") }
	results := make(chan error, 3)
	for range 3 {
		go func() { results <- s.Write(t.Context(), put) }()
	}
	for range 3 {
		expectUnavailable(t, <-results, oauth.ReasonUnavailable)
	}
	if waited := time.Since(started); waited < 4*time.Second || waited > 30*time.Second {
		t.Errorf("waited %v", waited)
	}
	if _, err := s.Grant(t.Context(), "none"); oauth.AsError(err).Status == 503 {
		t.Error("reads waited for the lock:", err)
	}
	if _, err := locker.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	write(t, s, put)
}
