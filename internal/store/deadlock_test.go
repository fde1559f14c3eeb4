package store_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/store/storetest"
)

// A migration that has locked one table waits for another, which a read of both has:
// PostgreSQL refuses the read, and it is made again.
func TestR19_AReadInTheWayOfAMigration(t *testing.T) {
	url := storetest.Postgres(t)
	s := storetest.Open(t, url)
	write(t, s, func(tx *store.Tx) error {
		return first(tx.InsertGrant(&core.Grant{ID: "gnt_1"}), tx.InsertRefreshToken(&core.RefreshToken{Selector: "sel", Hash: []byte("h"), GrantID: "gnt_1"}))
	})
	migration, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer migration.Close(t.Context())
	does := func(statement string) {
		t.Helper()
		if _, err := migration.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	does("SET deadlock_timeout = '1min'") // so that it is the read that notices
	does("BEGIN")
	does("LOCK TABLE grants IN ACCESS EXCLUSIVE MODE")
	read := make(chan error)
	go func() {
		_, _, err := s.Family(t.Context(), "sel")
		read <- err
	}()
	observer, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer observer.Close(t.Context())
	for waiting := 0; waiting == 0; time.Sleep(5 * time.Millisecond) {
		if err := observer.QueryRow(t.Context(), "SELECT COUNT(*) FROM pg_locks WHERE NOT granted").Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	does("LOCK TABLE refresh_tokens IN ACCESS EXCLUSIVE MODE")
	does("COMMIT")
	if err := <-read; err != nil {
		t.Error(err)
	}
}
