package faults

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func connect(t *testing.T, database string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), database)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func execute(t *testing.T, conn *pgx.Conn, statement string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// limitedRole is a user of a database who gets a limited number of connections.
type limitedRole struct {
	t    *testing.T
	conn *pgx.Conn // of the superuser, who has no limit
	name string
	url  string
}

func newLimitedRole(t *testing.T, database string) *limitedRole {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	r := &limitedRole{t: t, conn: connect(t, database), name: "limited_" + strings.ToLower(rand.Text())}
	password := madeUp()
	u.User = url.UserPassword(r.name, password)
	r.url = u.String()
	execute(t, r.conn, "CREATE ROLE "+r.name+" LOGIN PASSWORD '"+password+"'")
	t.Cleanup(func() { // the context of the test has ended
		_, _ = r.conn.Exec(context.Background(), "DROP OWNED BY "+r.name+" CASCADE")
		if _, err := r.conn.Exec(context.Background(), "DROP ROLE "+r.name); err != nil {
			t.Error(err)
		}
	})
	execute(t, r.conn, "GRANT ALL ON SCHEMA public TO "+r.name)
	return r
}

// limit ends the connections that there are, and gives out no more than so many.
func (r *limitedRole) limit(connections int) {
	r.t.Helper()
	execute(r.t, r.conn, fmt.Sprintf("ALTER ROLE %s CONNECTION LIMIT %d", r.name, connections))
	execute(r.t, r.conn, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '"+r.name+"'")
}

// lift gives out as many connections as are asked for.
func (r *limitedRole) lift() {
	r.t.Helper()
	execute(r.t, r.conn, "ALTER ROLE "+r.name+" CONNECTION LIMIT -1")
}
