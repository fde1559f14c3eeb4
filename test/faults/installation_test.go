package faults

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"claviger/internal/store/storetest"
	"claviger/test/program"
	"claviger/test/testlog"
)

const soon = program.Soon

// binary is the program under test.
var binary string

func TestMain(m *testing.M) { os.Exit(program.Main(m, &binary)) }

// relyingParty is a client as the server knows it: its id and its secret.
type relyingParty struct {
	id, secret string
	grace      bool // a refresh token that was lost on the way may be asked for again
}

// installation is a data directory with everything that a server needs, and the
// server on it when one runs.
type installation struct {
	t        *testing.T
	url      string // also the issuer
	data     string // its directory
	environ  []string
	log      io.Writer
	parties  []*relyingParty
	shop     *relyingParty // a client that people sign in to
	password string        // of the service account, and of the person
	web      *http.Client
	program  string // the binary of its servers
	process  *exec.Cmd
	exited   chan struct{}
}

// newInstallation sets up a data directory. An empty database means a SQLite
// file in it.
func newInstallation(t *testing.T, database string) *installation {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	address := freeAddress(t)
	i := &installation{
		t: t, url: "http://" + address, data: data, program: binary, web: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 2 * workers}, Timeout: soon}, log: testlog.Writer(t), password: madeUp(),
		shop:    &relyingParty{id: "shop", secret: madeUp()},
		parties: []*relyingParty{{id: "strict", secret: madeUp()}, {id: "forgiving", secret: madeUp(), grace: true}},
		environ: []string{
			"CLAVIGER_DATA=" + data, "CLAVIGER_LISTEN=" + address, "CLAVIGER_ISSUER=http://" + address, "CLAVIGER_DIALECTS=",
		},
	}
	if database != "" {
		i.environ = append(i.environ, "CLAVIGER_DATABASE_URL="+database)
	}
	i.run("key", "create-master")
	file := filepath.Join(t.TempDir(), "applied.yaml")
	if err := os.WriteFile(file, []byte(i.applied()), 0o600); err != nil {
		t.Fatal(err)
	}
	i.run("apply", "-f", file)
	t.Cleanup(i.kill)
	return i
}

func madeUp() string { return rand.Text() + "-" + testlog.Canary }

// applied has one service account, a client that must not use a refresh token
// twice, and one that may ask again for an answer that got lost; and a person and
// a client of theirs.
func (i *installation) applied() string {
	text := fmt.Sprintf(`
organisations:
  - code: ACME
    name: Acme
    roles:
      - {code: ADM, name: Administrator}
    service_accounts:
      - username: robot
        password: %s
        full_name: Robot
        memberships:
          - role: ADM
people:
  - email: %s
    password: %[1]s
    full_name: Kiri Tane
clients:
  - id: %[3]s
    organisation: ACME
    name: Shop
    grant_types: [authorization_code, refresh_token]
    scopes: openid offline_access
    redirect_uris: [%[5]s]
    without_pkce: true
    skip_consent: true
    refresh_grace: 0s
    secret: %[4]s
`, i.password, person, i.shop.id, i.shop.secret, callback)
	for _, party := range i.parties {
		grace := "0s"
		if party.grace {
			grace = "10m"
		}
		text += fmt.Sprintf(`
  - id: %s
    organisation: ACME
    name: %[1]s
    grant_types: [password, client_credentials, refresh_token]
    scopes: read write offline_access
    company: Acme
    website: https://acme.example
    contact: dev@acme.example
    refresh_grace: %s
    secret: %s
`, party.id, grace, party.secret)
	}
	return text
}

func freeAddress(t *testing.T) string {
	t.Helper()
	port, err := storetest.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// run runs a command that has to succeed, and returns its output.
func (i *installation) run(args ...string) []byte {
	i.t.Helper()
	command := exec.Command(i.program, args...)
	command.Env, command.Stderr = i.environ, i.log
	out, err := command.Output()
	if err != nil {
		i.t.Fatalf("claviger %s: %v", args[0], err)
	}
	return out
}

// start starts the server and waits until it is ready.
func (i *installation) start() {
	i.t.Helper()
	i.process = exec.Command(i.program, "serve")
	i.process.Env, i.process.Stderr = i.environ, i.log
	if err := i.process.Start(); err != nil {
		i.t.Fatal(err)
	}
	exited := make(chan struct{})
	i.exited = exited
	go func(process *exec.Cmd) {
		_ = process.Wait()
		close(exited)
	}(i.process)
	eventually(i.t, "the server is ready", func() bool {
		select {
		case <-exited:
			i.t.Fatalf("the server ended: %v", i.process.ProcessState)
		default:
		}
		return i.status("/readyz") == http.StatusOK
	})
}

// kill ends the server as kill -9 does, if it runs.
func (i *installation) kill() { i.end(os.Kill) }

func (i *installation) end(signal os.Signal) {
	if i.process == nil {
		return
	}
	_ = i.process.Process.Signal(signal)
	<-i.exited
	i.process = nil
	i.web.CloseIdleConnections()
}

// status is that of a GET; 0 when there is no answer.
func (i *installation) status(path string) int {
	status, _ := i.get(path)
	return status
}

func (i *installation) get(path string) (status int, body string) {
	response, err := i.web.Get(i.url + path)
	if err != nil {
		return 0, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, ""
	}
	return response.StatusCode, string(text)
}

// event is an audit record.
type event struct {
	Type      string `json:"type"`
	Grant     string `json:"grant_id"`
	RequestID string `json:"request_id"`
}

// audit reads the audit trail.
func (i *installation) audit() []event { return i.auditSince(time.Now().Add(-time.Hour)) }

// auditSince reads what the audit trail has since a time.
func (i *installation) auditSince(began time.Time) []event {
	i.t.Helper()
	var events []event
	since := strconv.Itoa(int(time.Since(began).Seconds())+60) + "s"
	if err := json.Unmarshal(i.run("audit", "list", "--json", "--since", since, "--limit", "1000000"), &events); err != nil {
		i.t.Fatal(err)
	}
	return events
}

// eventually waits for a condition.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit, look := time.After(soon), time.NewTicker(5*time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-limit:
			t.Fatalf("in vain: %s", what)
		case <-look.C:
		}
	}
}
