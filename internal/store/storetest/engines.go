package storetest

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"claviger/internal/store"
)

// Engines runs a test on each engine, in subtests "sqlite" and "postgres", with
// a fresh and migrated database. Each call of open returns another Store on it,
// as another node would have, and closes it when the test ends.
func Engines(t *testing.T, run func(t *testing.T, open func() *store.Store)) {
	t.Helper()
	for _, engine := range []struct {
		name  string
		fresh func(testing.TB) string
	}{{store.SQLite, SQLite}, {store.Postgres, Postgres}} {
		t.Run(engine.name, func(t *testing.T) {
			url := engine.fresh(t)
			run(t, func() *store.Store { t.Helper(); return Open(t, url) })
		})
	}
}

// SQLite returns the URL of a database file that does not exist yet.
func SQLite(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "claviger.db")
}

// Postgres returns the URL of a new, empty database. It is dropped when the
// test ends.
func Postgres(t testing.TB) string {
	t.Helper()
	server := os.Getenv("CLAVIGER_TEST_POSTGRES")
	if server == "" {
		started, err := shared()
		if err != nil {
			t.Fatal(err)
		}
		server = started.URL("postgres")
	}
	name := "test_" + strings.ToLower(rand.Text())
	execute(t, server, "CREATE DATABASE "+name)
	t.Cleanup(func() { execute(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

// shared is the server of this test binary. It ends with the binary.
var shared = sync.OnceValues(func() (*Server, error) { return start(false) })

func execute(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}

// Open opens and migrates the database at url, and closes the Store when the
// test ends.
func Open(t testing.TB, url string, adjust ...func(*store.Options)) *store.Store {
	t.Helper()
	options := store.Options{URL: url, Now: time.Now, Rand: rand.Reader}
	for _, change := range adjust {
		change(&options)
	}
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}
