package clients

import (
	"bufio"
	"crypto/rand"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"claviger/test/program"
	"claviger/test/testlog"
)

const soon = program.Soon

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(program.Main(m, &binary)) }

// installation is a server of its own with the demo data and the clients of
// testdata/clients.yaml, and the site where the pages of those clients are.
type installation struct {
	t      *testing.T
	issuer string
	site   string
	secret string         // of the clients and of the person
	pages  *http.ServeMux // of the site
}

// newInstallation starts `claviger dev`, with more arguments if need be.
func newInstallation(t *testing.T, more ...string) *installation {
	t.Helper()
	i := &installation{t: t, secret: rand.Text() + "-" + testlog.Canary, pages: http.NewServeMux()}
	site := httptest.NewServer(i.pages)
	t.Cleanup(site.Close)
	i.site = strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
	data := filepath.Join(t.TempDir(), "data")
	i.start(append([]string{"dev", "--listen", "localhost:0", "--data", data}, more...)...)
	i.apply(data)
	return i
}

// start starts the server and waits for its banner, which says where it is.
func (i *installation) start(args ...string) {
	i.t.Helper()
	process := exec.CommandContext(i.t.Context(), binary, args...)
	process.Stderr = testlog.Writer(i.t)
	process.Cancel = func() error { return process.Process.Signal(os.Interrupt) }
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = process.Wait() })
	for lines := bufio.NewScanner(out); i.issuer == "" && lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) == 2 && words[0] == "Issuer" {
			i.issuer = words[1]
		}
	}
	if i.issuer == "" {
		i.t.Fatalf("claviger %s did not get ready", args[0])
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

func (i *installation) apply(data string) {
	i.t.Helper()
	text, err := os.ReadFile("testdata/clients.yaml")
	if err != nil {
		i.t.Fatal(err)
	}
	command := exec.CommandContext(i.t.Context(), binary, "apply", "--data", data, "-f", "-")
	command.Stdin = strings.NewReader(strings.NewReplacer("{{site}}", i.site, "{{secret}}", i.secret).Replace(string(text)))
	if out, err := command.CombinedOutput(); err != nil {
		i.t.Fatalf("claviger apply: %v\n%s", err, out)
	}
}
