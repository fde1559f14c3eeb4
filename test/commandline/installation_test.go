package commandline

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server"
	"claviger/oauth"
	"claviger/test/program"
	"claviger/test/testlog"
)

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(program.Main(m, &binary)) }

// installation is a database with a server on it, and the access token of its
// operator for it.
type installation struct {
	t           *testing.T
	data, url   string
	token, user string
}

const tool = `
organisations: [{code: acme, name: Acme, accounts: [{id: acme-main, name: Main, currency: EUR}]}]
permissions: [{name: read}]
people: [{email: boss@platform.example, operator: true}]
clients: [{id: tool, name: Tool, kind: public, redirect_uris: ["https://tool.example/cb"], grant_types: [authorization_code], scopes: "admin admin:read"}]
`

func newInstallation(t *testing.T) *installation {
	t.Helper()
	i := &installation{t: t, data: filepath.Join(t.TempDir(), "data")}
	i.start()
	file := filepath.Join(t.TempDir(), "tool.yaml")
	if err := os.WriteFile(file, []byte(tool), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := i.run(nil, "apply", "--data", i.data, "-f", file); r.code != 0 {
		t.Fatal(r.errors)
	}
	i.signIn()
	return i
}

// start runs "claviger dev" until the test ends.
func (i *installation) start() {
	i.t.Helper()
	process := exec.Command(binary, "dev", "--listen", "127.0.0.1:0", "--data", i.data)
	process.Stderr = testlog.Writer(i.t)
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() {
		_ = process.Process.Signal(os.Interrupt)
		_ = process.Wait()
	})
	found := make(chan string, 1)
	go func() {
		url := regexp.MustCompile(`running at (\S+)`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if match := url.FindStringSubmatch(lines.Text()); match != nil {
				found <- match[1]
			}
		}
	}()
	select {
	case i.url = <-found:
	case <-time.After(4 * program.Soon):
		i.t.Fatal("the server did not start")
	}
}

// signIn issues a token of the operator, as the pages of the server would.
func (i *installation) signIn() {
	i.t.Helper()
	settings, err := config.Load("", []string{"CLAVIGER_DATA=" + i.data, "CLAVIGER_ISSUER=" + i.url})
	if err != nil {
		i.t.Fatal(err)
	}
	instance, err := server.Open(i.t.Context(), settings, server.Environment{Log: slog.New(slog.DiscardHandler), Now: time.Now, Rand: rand.Reader})
	if err != nil {
		i.t.Fatal(err)
	}
	defer instance.Close()
	s, err := server.New(instance, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	client, err := instance.Store.Client(i.t.Context(), "tool")
	if err != nil {
		i.t.Fatal(err)
	}
	boss, err := instance.Store.PersonBy(i.t.Context(), "boss@platform.example")
	if err != nil {
		i.t.Fatal(err)
	}
	issued, err := s.Issuer.First(&core.Authorization{Client: client, User: boss, Scope: oauth.Scope{"admin"}})
	if err != nil {
		i.t.Fatal(err)
	}
	i.token, i.user = issued.Response.AccessToken, boss.ID
}

// result is what a command leaves behind.
type result struct {
	code        int
	out, errors string
}

func (i *installation) run(environ []string, args ...string) result {
	i.t.Helper()
	command := exec.CommandContext(i.t.Context(), binary, args...)
	command.Env = append([]string{"NO_PROXY=127.0.0.1,localhost", "HOME=" + i.t.TempDir()}, environ...)
	var out, errors bytes.Buffer
	command.Stdout, command.Stderr = &out, &errors
	err := command.Run()
	if command.ProcessState == nil {
		i.t.Fatal(err)
	}
	return result{command.ProcessState.ExitCode(), out.String(), errors.String()}
}

// here runs a command on the database, there against the server.
func (i *installation) here(args ...string) result {
	i.t.Helper()
	return i.run(nil, append(args, "--data", i.data)...)
}

func (i *installation) there(args ...string) result {
	i.t.Helper()
	return i.run([]string{"CLAVIGER_TOKEN=" + i.token}, append(args, "--server", i.url)...)
}

var (
	ids     = regexp.MustCompile(`\b[a-z]+_[0-9A-Za-z_-]{12,}`)
	times   = regexp.MustCompile(`20\d\d-\d\d-\d\d[ T][0-9:.]+Z`)
	makers  = regexp.MustCompile(`created by +\S+`)
	hidden  = regexp.MustCompile(`(password|secret|number) +\S+`)
	numbers = regexp.MustCompile(`\b\d{5}\b`) // of accounts
	spaces  = regexp.MustCompile(` +`)
	ordinal = regexp.MustCompile(`\b(one|two)\b`)
)

// masked is an output without what differs from thing to thing.
func masked(text string) string {
	for _, m := range []struct {
		what *regexp.Regexp
		with string
	}{{makers, "created by MAKER"}, {hidden, "$1 SECRET"}, {ids, "ID"}, {numbers, "NUMBER"}, {times, "TIME"}, {ordinal, "N"}, {spaces, " "}} {
		text = m.what.ReplaceAllString(text, m.with)
	}
	return text
}

// both runs a command on two things, {N} and what stands for it in named: on one by
// the database and on the other by the server, and returns the ids that they print.
func (i *installation) both(named [2]string, line string) [2]string {
	i.t.Helper()
	var found [2]string
	var shown [2]string
	for n, run := range []func(...string) result{i.here, i.there} {
		args := strings.Fields(strings.NewReplacer("{N}", []string{"one", "two"}[n], "{ID}", named[n]).Replace(line))
		r := run(args...)
		if r.code != 0 {
			i.t.Fatalf("%q, %d: exit code %d\n%s%s", args, n, r.code, r.out, r.errors)
		}
		for text := range strings.Lines(r.out) {
			if name, value, ok := strings.Cut(strings.TrimSpace(text), " "); ok && (name == "id" || name == "client_id") {
				found[n] = strings.TrimSpace(value)
			}
		}
		shown[n] = masked(r.out)
	}
	if shown[0] != shown[1] {
		i.t.Errorf("%s: on the database\n%s\nagainst the server\n%s", line, shown[0], shown[1])
	}
	return found
}

// same holds that the database and the server say the same to a question, soon.
func (i *installation) same(line string) {
	i.t.Helper()
	var here, there result
	for deadline := time.Now().Add(program.Soon); ; {
		here, there = i.here(strings.Fields(line)...), i.there(strings.Fields(line)...)
		if here == there && here.code == 0 {
			return
		}
		if time.Now().After(deadline) {
			break
		}
	}
	i.t.Errorf("%s: on the database %d\n%s%s\nagainst the server %d\n%s%s", line, here.code, here.out, here.errors, there.code, there.out, there.errors)
}
