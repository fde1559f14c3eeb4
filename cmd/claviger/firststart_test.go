package main

import (
	"bytes"
	"crypto/rand"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/server"
	"claviger/test/testlog"
)

var operatorLinks = regexp.MustCompile(`https://auth\.example\.com/account/operator\?link=clv_inv_\w+`)

// firstStart starts on an installation as serve does, and returns what it says.
func (p *program) firstStart(t *testing.T, data string, environ ...string) (out, log string, err error) {
	t.Helper()
	settings, err := config.Load("", append(environ, "CLAVIGER_DATA="+data, "CLAVIGER_ISSUER=https://auth.example.com"))
	if err != nil {
		return "", "", err
	}
	var said, logged bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&logged, nil))
	c := &command{out: &said, log: testlog.Writer(t), now: p.clock.now, rand: rand.Reader}
	instance, err := c.openConfig(t.Context(), settings, logger)
	if err != nil {
		t.Fatal(err)
	}
	defer instance.Close()
	err = c.firstStart(t.Context(), instance, logger)
	return said.String(), logged.String(), err
}

func operators(t *testing.T, p *program, data string) []string {
	t.Helper()
	settings, err := config.Load("", []string{"CLAVIGER_DATA=" + data})
	if err != nil {
		t.Fatal(err)
	}
	instance, err := server.Open(t.Context(), settings, server.Environment{Log: testlog.Logger(t), Now: p.clock.now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	defer instance.Close()
	all, err := instance.Admin.Operators(t.Context(), admin.Actor{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	var emails []string
	for _, user := range all {
		emails = append(emails, user.Email)
	}
	return emails
}

func TestFirstStartPrintsALinkWhileThereIsNoOperator(t *testing.T) {
	p, data := newInstallation(t)
	first, log, err := p.firstStart(t, data)
	if err != nil || !operatorLinks.MatchString(first) || strings.Contains(log, "clv_inv_") {
		t.Fatalf("%v\n%s\nlog: %s", err, first, log)
	}
	again, _, err := p.firstStart(t, data)
	if err != nil || !operatorLinks.MatchString(again) || again == first {
		t.Errorf("the next start: %v\n%s", err, again)
	}
	p.environ = []string{"CLAVIGER_DATA=" + data, "CLAVIGER_ISSUER=https://auth.example.com"}
	if link := p.must("operator", "invite"); operatorLinks.FindString(link) != strings.TrimSpace(link) {
		t.Errorf("operator invite prints %q", link)
	}
}

func TestFirstStartMakesTheOperatorOfTheEnvironmentOnce(t *testing.T) {
	p, data := newInstallation(t)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("a lantern on the "+testlog.Canary+" pier\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, email := range []string{"ops@gate.example", "second@gate.example"} { // the second is not needed any more
		out, _, err := p.firstStart(t, data, "CLAVIGER_OPERATOR_EMAIL="+email, "CLAVIGER_OPERATOR_PASSWORD_FILE="+secret)
		if err != nil || out != "" {
			t.Fatalf("%s: %v %s", email, err, out)
		}
	}
	if got := operators(t, p, data); len(got) != 1 || got[0] != "ops@gate.example" {
		t.Errorf("operators: %v", got)
	}
	if out, _, err := p.firstStart(t, data); out != "" || err != nil {
		t.Errorf("with an operator it prints %q, %v", out, err)
	}
}

func TestF10_FirstStartRefusesAPasswordThatEverybodyKnows(t *testing.T) {
	p, data := newInstallation(t)
	for _, password := range []string{"open the gate at dawn", "password123", "a1b2c", "ops@gate.example"} {
		_, _, err := p.firstStart(t, data, "CLAVIGER_OPERATOR_EMAIL=ops@gate.example", "CLAVIGER_OPERATOR_PASSWORD="+password)
		if err == nil || strings.Contains(err.Error(), password) {
			t.Errorf("%q: %v", password, err)
		}
	}
	if got := operators(t, p, data); len(got) != 0 {
		t.Errorf("operators: %v", got)
	}
}
