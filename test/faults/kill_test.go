package faults

import (
	"net/http"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"claviger/internal/store/storetest"
)

const cycles = 4

// engines are the databases that a server may have. An empty URL means a SQLite
// file of its own.
var engines = []struct {
	name     string
	database func(*testing.T) string
}{
	{"sqlite", func(*testing.T) string { return "" }},
	{"postgres", func(t *testing.T) string { return storetest.Postgres(t) }},
}

// The server is killed in the midst of its work, again and again. What clients
// were told holds; of a request that got no answer (R02), the audit trail tells
// whether it took effect, and the tokens agree with it.
func TestR01_KilledUnderLoad(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			database := engine.database(t)
			l := newLoad(newInstallation(t, database))
			l.start()
			for range cycles {
				l.untilFault(l.kill)
				if database != "" {
					awaitAlone(t, database)
				}
				l.record.history.Settle()
				l.start()
				l.check()
			}
		})
	}
}

// awaitAlone waits until PostgreSQL has finished what a killed server began:
// until then, what that did may still take effect.
func awaitAlone(t *testing.T, database string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	eventually(t, "no connection of the killed server is left", func() bool {
		var others int
		err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity "+
			"WHERE datname = current_database() AND pid <> pg_backend_pid()").Scan(&others)
		return err == nil && others == 0
	})
}

// What was signed before a restart is proved after it, by the same keys.
func TestRestartKeepsSigningKeys(t *testing.T) {
	i := newInstallation(t, "")
	i.start()
	status, before := i.get("/.well-known/jwks.json")
	issued, err := i.clientCredentials(i.parties[0], "")
	if err != nil || status != http.StatusOK || issued.Status != http.StatusOK {
		t.Fatal(status, issued.Status, err)
	}
	i.end(syscall.SIGTERM)
	i.start()
	if _, after := i.get("/.well-known/jwks.json"); after != before {
		t.Errorf("the key set was\n%s\nand is\n%s", before, after)
	}
	if !i.active(t, i.parties[0], issued.AccessToken) {
		t.Error("the access token is not active")
	}
}
