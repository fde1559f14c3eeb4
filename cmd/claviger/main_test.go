package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"claviger/test/testlog"
)

// TestMain puts this test binary on the PATH as claviger.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"claviger": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"field": setField},
	})
}

// setField is "field NAME VARIABLE": the value that the last output has for a
// name goes into a variable.
func setField(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: field NAME VARIABLE")
	}
	value := fieldOf(ts.ReadFile("stdout"), args[0])
	if value == "" {
		ts.Fatalf("the output has no %s", args[0])
	}
	ts.Setenv(args[1], value)
}

// fieldOf returns what an output like that of command.fields has for a name.
func fieldOf(output, name string) string {
	for line := range strings.Lines(output) {
		if rest, ok := strings.CutPrefix(line, name+"  "); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// clock is the real one, set forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// result is what a command left behind.
type result struct {
	code        int
	out, errors string
}

// program runs commands in this process.
type program struct {
	t       *testing.T
	clock   *clock
	environ []string
	stdin   string
}

func newProgram(t *testing.T, environ ...string) *program {
	return &program{t: t, clock: &clock{}, environ: environ}
}

func (p *program) run(args ...string) result {
	p.t.Helper()
	var out, errors bytes.Buffer
	c := &command{
		in: strings.NewReader(p.stdin), out: &out, log: &errors, environ: p.environ, now: p.clock.now, rand: rand.Reader,
	}
	code := c.run(p.t.Context(), args)
	return result{code, out.String(), errors.String()}
}

// must runs a command that has to succeed, and returns its output.
func (p *program) must(args ...string) string {
	p.t.Helper()
	r := p.run(args...)
	if r.code != 0 {
		p.t.Fatalf("claviger %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.errors)
	}
	return r.out
}

// refused runs a command that has to fail with every one of some texts.
func (p *program) refused(code int, texts []string, args ...string) {
	p.t.Helper()
	r := p.run(args...)
	if r.code != code {
		p.t.Errorf("claviger %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.out, r.errors)
	}
	for _, text := range texts {
		if !strings.Contains(r.errors, text) {
			p.t.Errorf("claviger %s: the error does not say %q:\n%s", strings.Join(args, " "), text, r.errors)
		}
	}
	for _, trace := range []string{"goroutine ", "panic", "&{", ".go:"} {
		if strings.Contains(r.errors, trace) {
			p.t.Errorf("claviger %s: the error shows the insides:\n%s", strings.Join(args, " "), r.errors)
		}
	}
}

// devServer is "claviger dev" in this process.
type devServer struct {
	*program
	url, data, banner string
	stop              func() int // ends it and returns its exit code
}

// startDev runs dev on a directory until stop is called or the test ends.
func startDev(t *testing.T, data string, flags ...string) *devServer {
	t.Helper()
	return startDevWith(newProgram(t), data, flags...)
}

func startDevWith(p *program, data string, flags ...string) *devServer {
	p.t.Helper()
	out := make(chunks, 1)
	ctx, cancel := context.WithCancel(context.Background())
	c := &command{in: strings.NewReader(""), out: out, log: testlog.Writer(p.t), now: p.clock.now, rand: rand.Reader}
	ended := make(chan int, 1)
	args := append([]string{"dev", "--listen", "127.0.0.1:0", "--data", data}, flags...)
	go func() { ended <- c.run(ctx, args) }()
	s := &devServer{program: p, data: data}
	s.stop = func() int {
		cancel()
		code := <-ended
		ended <- code // for a second call
		return code
	}
	p.t.Cleanup(func() { s.stop() })
	select {
	case s.banner = <-out:
	case code := <-ended:
		ended <- code
		p.t.Fatalf("dev ended with code %d", code)
	case <-time.After(2 * time.Minute):
		p.t.Fatal("dev has printed nothing")
	}
	_, rest, _ := strings.Cut(s.banner, "running at ")
	s.url, _, _ = strings.Cut(rest, " ")
	return s
}

// cli runs a command on the data of the server.
func (s *devServer) cli(args ...string) string {
	s.t.Helper()
	return s.must(append(args, "--data", s.data)...)
}

// chunks passes on what is written, piece by piece.
type chunks chan string

func (c chunks) Write(p []byte) (int, error) {
	c <- string(p)
	return len(p), nil
}

// eventually waits for a condition that holds soon.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
		time.Sleep(20 * time.Millisecond) // between two looks at the condition
	}
}

// needs fails where a program is missing that the test starts.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			t.Fatalf("this test runs %s; install it (Debian: apt-get install %[1]s)", name)
		}
	}
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
