package main

import (
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/internal/store"
)

// writeEvents puts events into the database of a directory.
func writeEvents(t *testing.T, data string, events ...core.Event) {
	t.Helper()
	config, err := config.Load("", []string{"CLAVIGER_DATA=" + data})
	if err != nil {
		t.Fatal(err)
	}
	db, err := server.OpenStore(t.Context(), config, server.Environment{Log: slog.New(slog.DiscardHandler), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, e := range events { // one by one, so that their order is known
		if err := db.Write(t.Context(), func(tx *store.Tx) error { tx.Audit(e); return nil }); err != nil {
			t.Fatal(err)
		}
	}
}

func newInstallation(t *testing.T) (p *program, data string) {
	t.Helper()
	p, data = newProgram(t), t.TempDir()
	p.must("key", "create-master", "--data", data)
	return p, data
}

const hostile = "\x1b[31mred\x1b[0m\r\n2026-01-01 forged\u2028line \u202eright\x00\x9b\xff \\x1b"

func TestH12_AuditListEncodesControlCharacters(t *testing.T) {
	p, data := newInstallation(t)
	writeEvents(t, data, core.Event{
		Type: core.TokenRefused, ClientID: hostile, SubjectType: "client", SubjectID: hostile, IP: hostile, RequestID: hostile,
		Channel: hostile, Target: hostile, Detail: hostile,
	})
	table := p.must("audit", "list", "--data", data, "--type", "token.refused")
	if lines := strings.Count(table, "\n"); lines != 2 {
		t.Errorf("one event is %d lines:\n%q", lines-1, table)
	}
	if !strings.Contains(table, `\x1b[31mred`) || !strings.Contains(table, `forged\u2028line`) || !strings.Contains(table, `\\x1b`) {
		t.Errorf("the text is not encoded:\n%s", table)
	}
	text := p.must("audit", "list", "--data", data, "--type", "token.refused", "--json")
	for name, shown := range map[string]string{"table": table, "JSON": text} {
		if strings.ContainsAny(shown, "\x1b\r\x00\u2028\u202e\u009b") {
			t.Errorf("the %s has control characters: %q", name, shown)
		}
	}
	var events []struct {
		Client string `json:"client_id"`
	}
	if err := json.Unmarshal([]byte(text), &events); err != nil || len(events) != 1 || !strings.HasPrefix(events[0].Client, "\x1b[31mred") {
		t.Errorf("the JSON does not hold what was recorded: %v %q", err, text)
	}
}

func TestAuditListFilters(t *testing.T) {
	p, data := newInstallation(t)
	p.stdin = "organisations:\n  - {code: acme, name: Acme}\n"
	p.must("apply", "-f", "-", "--data", data)
	hour := time.Now().Add(-time.Hour)
	writeEvents(t, data,
		core.Event{Type: core.TokenIssued, At: time.Now().Add(-48 * time.Hour), ClientID: "old", SubjectID: "amy"},
		core.Event{Type: core.TokenIssued, At: hour, ClientID: "new", SubjectID: "amy"},
		core.Event{Type: core.TokenRefused, At: hour.Add(time.Second), ClientID: "new", SubjectID: "bob", Reason: "wrong_user_credentials"},
	)
	for _, tt := range []struct {
		args []string
		want int
	}{
		{[]string{"--type", "token.issued"}, 2},
		{[]string{"--type", "token.issued", "--since", "24h"}, 1},
		{[]string{"--type", "token.issued", "--since", "3d"}, 2},
		{[]string{"--type", "token.issued", "--since", "2020-01-31"}, 2},
		{[]string{"--client", "new"}, 2},
		{[]string{"--client", "new", "--limit", "1"}, 1},
		{[]string{"--subject", "bob"}, 1},
		{[]string{"--subject", "nobody"}, 0},
		{[]string{"--subject", "cli", "--type", "configuration.applied"}, 1},
		{[]string{"--organisation", "acme"}, 0},
	} {
		out := p.must(append([]string{"audit", "list", "--data", data, "--json"}, tt.args...)...)
		if got := strings.Count(out, `"id"`); got != tt.want {
			t.Errorf("%q: %d events, want %d\n%s", tt.args, got, tt.want, out)
		}
	}
	if out := p.must("audit", "list", "--data", data, "--client", "new"); strings.Index(out, "token.refused") > strings.Index(out, "token.issued") {
		t.Errorf("the latest is not the first:\n%s", out)
	}
	if out := p.must("audit", "list", "--data", data, "--client", "nobody"); out != "No events.\n" {
		t.Errorf("none: %q", out)
	}
	p.refused(exitFailed, []string{`no organisation with the code "none"`}, "audit", "list", "--data", data, "--organisation", "none")
	p.refused(exitUsage, []string{"--limit"}, "audit", "list", "--data", data, "--limit", "0")
	p.refused(exitUsage, []string{"--since", "90d"}, "audit", "list", "--data", data, "--since", "yesterday")
}

// More than is given at once comes page by page.
func TestAuditListPages(t *testing.T) {
	p, data := newInstallation(t)
	events := make([]core.Event, 1020)
	for i := range events {
		events[i] = core.Event{Type: core.TokenIssued}
	}
	config, err := config.Load("", []string{"CLAVIGER_DATA=" + data})
	if err != nil {
		t.Fatal(err)
	}
	db, err := server.OpenStore(t.Context(), config, server.Environment{Log: slog.New(slog.DiscardHandler), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, _, err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), func(tx *store.Tx) error {
		for _, e := range events {
			tx.Audit(e)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for limit, want := range map[string]int{"1010": 1010, "5000": 1020} {
		out := p.must("audit", "list", "--data", data, "--json", "--type", "token.issued", "--limit", limit)
		if got := strings.Count(out, `"id"`); got != want {
			t.Errorf("--limit %s lists %d, want %d", limit, got, want)
		}
	}
}
