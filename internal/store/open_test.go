package store_test

import (
	"crypto/rand"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claviger/internal/store"
	"claviger/internal/store/storetest"
	"claviger/oauth"
)

func TestMigrateIsIdempotentAndRefusesANewerSchema(t *testing.T) {
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
		check(t, s.ExecForTest(t.Context(), "UPDATE schema_version SET version_id = 1000 WHERE version_id > 0"), "")
		if _, _, err := s.Migrate(t.Context()); !errors.Is(err, store.ErrSchemaNewer) {
			t.Error(err)
		}
		check(t, s.Ping(t.Context()), "") // R19: the previous release runs on
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

func TestR03_PostgresMustCommitSynchronously(t *testing.T) {
	s := unmigrated(t, storetest.Postgres(t)+"&options=-csynchronous_commit%3Doff")
	err := s.Write(t.Context(), func(tx *store.Tx) error { return tx.PutSetting("a", "b") })
	if err == nil || !strings.Contains(err.Error(), "synchronous_commit is off") {
		t.Error(err)
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
	if waited := time.Since(started); waited < 4*time.Second || waited > 9*time.Second {
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
