package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"claviger/test/testlog"
)

// startServe runs "claviger serve" as a process and returns it with its address.
func startServe(t *testing.T, environ ...string) (serving *exec.Cmd, address string, logged func() string) {
	t.Helper()
	process := exec.CommandContext(t.Context(), "claviger", "serve")
	process.Env = append(environ, "PATH=")
	output, err := process.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	addresses := make(chan string, 1)
	rest := make(chan string, 1)
	log := testlog.Writer(t)
	go func() {
		defer close(addresses)
		var all strings.Builder
		for lines := bufio.NewScanner(output); lines.Scan(); {
			_, _ = log.Write(append(lines.Bytes(), '\n'))
			all.WriteString(lines.Text() + "\n")
			var record struct{ Msg, Address string }
			if json.Unmarshal(lines.Bytes(), &record) == nil && record.Msg == "serving" {
				addresses <- record.Address
			}
		}
		rest <- all.String()
	}()
	address, ok := <-addresses
	if !ok {
		_ = process.Wait()
		t.Fatalf("serve ended before it served:\n%s", <-rest)
	}
	return process, address, func() string { return <-rest }
}

func TestR18_ServeStopsOnASignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		_, data := newInstallation(t)
		process, address, logged := startServe(t, "CLAVIGER_DATA="+data, "CLAVIGER_LISTEN=127.0.0.1:0", "CLAVIGER_ISSUER=https://auth.example.com")
		request, err := http.NewRequest(http.MethodGet, "http://"+address+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = "auth.example.com"
		response, err := http.DefaultClient.Do(request)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%v %v", response, err)
		}
		response.Body.Close()
		if err := process.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		text := logged()
		if err := process.Wait(); err != nil {
			t.Errorf("after %s: %v", signal, err)
		}
		if !strings.Contains(text, `"msg":"stopped"`) || !strings.Contains(text, `"issuer":"https://auth.example.com"`) {
			t.Errorf("the log says:\n%s", text)
		}
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			t.Error("it still listens")
		}
	}
}

func TestServeSaysThatTheAddressIsTaken(t *testing.T) {
	p, data := newInstallation(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p.environ = []string{"CLAVIGER_DATA=" + data, "CLAVIGER_LISTEN=" + taken.Addr().String()}
	p.refused(exitFailed, []string{"can't listen on " + taken.Addr().String(), "another server"}, "serve")
}

func TestServeRefusesAnotherMasterKey(t *testing.T) {
	p, data := newInstallation(t)
	p.must("key", "list", "--data", data)
	other := filepath.Join(t.TempDir(), "other.key")
	p.must("key", "create-master", other)
	p.environ = []string{"CLAVIGER_DATA=" + data, "CLAVIGER_MASTER_KEY_FILE=" + other}
	p.refused(exitFailed, []string{"the master key is another one"}, "serve")
}

// A secret that could not be printed must not look like success: it is shown
// once.
func TestOutputThatIsLostIsAFailure(t *testing.T) {
	p, data := newInstallation(t)
	var errors strings.Builder
	c := &command{out: full{}, log: &errors, now: p.clock.now, rand: rand.Reader}
	code := c.run(t.Context(), []string{"client", "create", "--data", data, "--name", "Lost", "--company", "Lost",
		"--website", "https://lost.example", "--contact", "dev@lost.example"})
	if code != exitFailed || !strings.Contains(errors.String(), "could not be written: no space left") {
		t.Errorf("exit code %d: %s", code, errors.String())
	}
}

// full is a disk without space.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

func TestInterruptedIsNoFailureOfTheDatabase(t *testing.T) {
	p, data := newInstallation(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var errors strings.Builder
	c := &command{out: io.Discard, log: &errors, now: p.clock.now, rand: rand.Reader}
	if code := c.run(ctx, []string{"key", "rotate", "--data", data}); code != exitFailed || errors.String() != "claviger: interrupted\n" {
		t.Errorf("exit code %d: %s", code, errors.String())
	}
}

func TestAnUnreachableDatabaseIsOneSentence(t *testing.T) {
	p, data := newInstallation(t)
	p.environ = []string{"CLAVIGER_DATA=" + data, "CLAVIGER_DATABASE_URL=postgres://user:" + testlog.Canary + "@127.0.0.1:1/x"}
	r := p.run("apikey", "list")
	if r.code != exitFailed || !strings.HasPrefix(r.errors, "claviger: the database cannot be used: ") || strings.Count(r.errors, "\n") != 1 {
		t.Errorf("exit code %d: %s", r.code, r.errors)
	}
	if strings.Contains(r.errors, testlog.Canary) {
		t.Error("the error shows the password")
	}
}
