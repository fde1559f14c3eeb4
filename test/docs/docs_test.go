package docs

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"claviger/test/testlog"
)

const address = "http://127.0.0.1:8080" // as the documentation has it

// elsewhere are commands that are run, but not as text: the server is what all
// others talk to, the tests are what runs this, and the binary is built once.
var elsewhere = []string{"go run ./cmd/claviger dev", "make test", "make build\nexport PATH=\"$PWD/bin:$PATH\""}

// TestEveryCommandOfTheDocumentation runs the sh blocks of each page in order,
// in one shell a page, and fails when a command fails.
func TestEveryCommandOfTheDocumentation(t *testing.T) {
	binary := build(t)
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, "../../README.md") {
		source, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server := start(t, binary, filepath.Join(dir, "claviger-data"))
			script := []string{"set -euo pipefail"}
			for _, block := range blocks(string(source), "sh") {
				if !contains(elsewhere, block) {
					script = append(script, strings.ReplaceAll(block, address, server))
				}
			}
			out := shell(t, binary, dir, strings.Join(script, "\n"))
			if strings.Contains(out, `"error"`) {
				t.Errorf("a command is answered with an error:\n%s", out)
			}
		})
	}
}

// TestTheREADMEShowsTheAnswer holds the first answer of the README against the
// one that the server gives; tokens are shortened there.
func TestTheREADMEShowsTheAnswer(t *testing.T) {
	source, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	binary, dir := build(t), t.TempDir()
	server := start(t, binary, filepath.Join(dir, "data"))
	commands, answers := blocks(string(source), "sh"), blocks(string(source), "json")
	if len(answers) != 2 || len(commands) < 4 {
		t.Fatalf("%d answers, %d commands", len(answers), len(commands))
	}
	token := regexp.MustCompile(`eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+|…)`)
	for i, want := range answers {
		got := shell(t, binary, dir, strings.ReplaceAll(commands[2+i], address, server))
		got, want = token.ReplaceAllString(strings.TrimSpace(got), "TOKEN"), token.ReplaceAllString(want, "TOKEN")
		if got != want {
			t.Errorf("the README shows\n%s\nthe server answers\n%s", want, got)
		}
	}
}

// blocks returns the fenced blocks of a language.
func blocks(page, language string) []string {
	var found []string
	for _, part := range strings.Split(page, "\n```"+language+"\n")[1:] {
		block, _, _ := strings.Cut(part, "\n```")
		found = append(found, block)
	}
	return found
}

func contains(list []string, text string) bool {
	for _, entry := range list {
		if entry == text {
			return true
		}
	}
	return false
}

func build(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "claviger")
	if out, err := exec.Command("go", "build", "-o", binary, "../../cmd/claviger").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return binary
}

// start runs the demo server on a free port and returns its address.
func start(t *testing.T, binary, data string) string {
	t.Helper()
	command := exec.Command(binary, "dev", "--listen", "127.0.0.1:0", "--data", data)
	command.Stderr = testlog.Writer(t)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait()
	})
	found := make(chan string, 1)
	go func() {
		lines := bufio.NewScanner(out)
		url := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
		for lines.Scan() {
			if match := url.FindString(lines.Text()); match != "" {
				select {
				case found <- match:
				default:
				}
			}
		}
	}()
	select {
	case address := <-found:
		return address
	case <-time.After(time.Minute):
		t.Fatal("the demo server did not start")
		return ""
	}
}

func shell(t *testing.T, binary, dir, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, "bash", "-c", script)
	command.Dir = dir
	command.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+":"+os.Getenv("PATH"))
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, stderr.String())
	}
	return string(out)
}
