package servertest

import (
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger"
	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/message"
	"claviger/internal/server"
	"claviger/internal/store/storetest"
	"claviger/test/testlog"
)

// Host is what test servers answer to.
const Host = "127.0.0.1:8080"

// Harness is a running server on a database of its own with the demo data.
type Harness struct {
	*server.Server
	Clock  *Clock
	Inbox  *message.Inbox // what the server sends, once Outbox.Deliver has run
	URL    string         // of the database
	random *random
	t      testing.TB
}

// New starts a server on SQLite with the demo data.
func New(t testing.TB, adjust ...func(*config.Config)) *Harness {
	t.Helper()
	url := storetest.SQLite(t)
	template, err := demoTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(strings.TrimPrefix(url, "sqlite:"), template.file, 0o600); err != nil {
		t.Fatal(err)
	}
	return Open(t, url, adjust...)
}

// Engines runs a test on each engine, in subtests, with the demo data. Calling
// open again starts another node on the same database, with the same clock.
func Engines(t *testing.T, run func(t *testing.T, open func() *Harness)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { run(t, nodes(t, New(t))) })
	t.Run("postgres", func(t *testing.T) { run(t, nodes(t, NewPostgres(t))) })
}

// NewPostgres is New on PostgreSQL.
func NewPostgres(t testing.TB, adjust ...func(*config.Config)) *Harness {
	t.Helper()
	url := storetest.Postgres(t)
	template, err := demoTemplate()
	if err != nil {
		t.Fatal(err)
	}
	if err := putKeys(t.Context(), Config(t, url), template.keys); err != nil {
		t.Fatal(err)
	}
	h := Open(t, url, adjust...)
	h.ApplyDemo()
	return h
}

// nodes returns the first node, then further ones on its database.
func nodes(t testing.TB, first *Harness) func() *Harness {
	given := 0
	return func() *Harness {
		if given == 0 {
			given++
			return first
		}
		node := open(t, first.URL, first.Clock)
		node.Reseed(fmt.Sprint("node ", given, " ", t.Name())) // two nodes never make the same ids
		given++
		return node
	}
}

// Join starts another node on the database of a server, with its clock.
func Join(t testing.TB, h *Harness, adjust ...func(*config.Config)) *Harness {
	t.Helper()
	node := open(t, h.URL, h.Clock, adjust...)
	node.Reseed("joined " + core.NewID("", h.Clock.Now(), h.random)) // two nodes never make the same ids
	return node
}

// Open starts a server on a database as it is.
func Open(t testing.TB, url string, adjust ...func(*config.Config)) *Harness {
	t.Helper()
	return open(t, url, &Clock{now: Start}, adjust...)
}

func open(t testing.TB, url string, clock *Clock, adjust ...func(*config.Config)) *Harness {
	t.Helper()
	config := Config(t, url)
	for _, change := range adjust {
		change(config)
	}
	random := newRandom(t.Name())
	inbox := &message.Inbox{Now: clock.Now}
	instance, err := server.Open(t.Context(), config, server.Environment{
		Log: testlog.Logger(t), Now: clock.Now, Rand: random, Inbox: inbox,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := instance.Close(); err != nil {
			t.Error(err)
		}
	})
	s, err := server.New(instance, Dialects(t))
	if err != nil {
		t.Fatal(err)
	}
	return &Harness{Server: s, Clock: clock, Inbox: inbox, URL: url, random: random, t: t}
}

// Config is the configuration of test servers.
func Config(t testing.TB, url string) *config.Config {
	t.Helper()
	c, err := configuration(url)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func configuration(url string) (*config.Config, error) {
	c := config.Default()
	c.DatabaseURL, c.MasterKey, c.Issuer = config.Hidden(url), config.Hidden(masterKey), "http://"+Host
	return c, c.Complete()
}

// masterKey is 32 bytes of a fixed random source, so that keys repeat too.
var masterKey = func() string {
	var raw [32]byte
	_, _ = newRandom("master key").Read(raw[:])
	return hex.EncodeToString(raw[:])
}()

// Dialects returns the built-in dialects.
func Dialects(t testing.TB) []*dialect.Dialect {
	t.Helper()
	files, err := fs.Sub(claviger.Dialects, "dialects")
	if err != nil {
		t.Fatal(err)
	}
	dialects, err := dialect.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	return dialects
}

// Reseed makes the randomness repeat from here on.
func (h *Harness) Reseed(seed string) { h.random.reseed(seed) }

// ApplyDemo applies the demo data.
func (h *Harness) ApplyDemo() {
	h.t.Helper()
	if err := applyDemo(h.t.Context(), h.Instance); err != nil {
		h.t.Fatal(err)
	}
}

// Do sends a request to the server, as it is.
func (h *Harness) Do(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	if r.Host == "" || r.Host == "example.com" {
		r.Host = Host
	}
	h.Handler().ServeHTTP(recorder, r)
	return recorder.Result()
}

// template is a SQLite database with the demo data, and the signing keys in it.
type template struct {
	file []byte
	keys []core.SigningKey
}

// demoTemplate is made once for a test binary: hashing the passwords in it and
// finding the primes takes a while.
var demoTemplate = sync.OnceValues(func() (*template, error) {
	dir, err := os.MkdirTemp("", "claviger-demo")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	made := &template{}
	file := filepath.Join(dir, "demo.db")
	if made.keys, err = makeTemplate("sqlite:" + file); err != nil {
		return nil, err
	}
	made.file, err = os.ReadFile(file)
	return made, err
})

func makeTemplate(url string) ([]core.SigningKey, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	settings, err := configuration(url)
	if err != nil {
		return nil, err
	}
	first, err := repeatableKeys()
	if err != nil {
		return nil, err
	}
	if err := putKeys(ctx, settings, first); err != nil {
		return nil, err
	}
	clock := &Clock{now: Start}
	env := server.Environment{Log: slog.New(slog.DiscardHandler), Now: clock.Now, Rand: newRandom("demo")}
	instance, err := server.Open(ctx, settings, env)
	if err != nil {
		return nil, err
	}
	if err := applyDemo(ctx, instance); err != nil {
		return nil, err
	}
	all, err := instance.Store.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	return all, instance.Close()
}
