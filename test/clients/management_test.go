package clients

import (
	"crypto/rand"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"claviger/test/testlog"
)

// TestManagementAPI_AGeneratedClient generates a client from the description that the
// server gives, and manages an API key with it.
func TestManagementAPI_AGeneratedClient(t *testing.T) {
	i := &installation{t: t, secret: rand.Text() + "-" + testlog.Canary}
	data, dir := filepath.Join(t.TempDir(), "data"), t.TempDir()
	i.start("dev", "--listen", "localhost:0", "--data", data)
	text, err := os.ReadFile("testdata/management/access.yaml")
	if err != nil {
		t.Fatal(err)
	}
	apply := exec.CommandContext(t.Context(), binary, "apply", "--data", data, "-f", "-")
	apply.Stdin = strings.NewReader(strings.ReplaceAll(string(text), "{{secret}}", i.secret))
	if out, err := apply.CombinedOutput(); err != nil {
		t.Fatalf("claviger apply: %v\n%s", err, out)
	}
	if err := os.CopyFS(dir, os.DirFS("testdata/management")); err != nil {
		t.Fatal(err)
	}
	description := get(t, i.issuer+"/admin/v1/openapi.json")
	if err := os.WriteFile(filepath.Join(dir, "openapi.json"), description, 0o600); err != nil {
		t.Fatal(err)
	}
	in(t, dir, "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "main", "-o", "client.go", "openapi.json")
	if out := in(t, dir, "go", "run", ".", i.issuer, i.secret, ""); out != "done\n" {
		t.Errorf("%q", out)
	}
}

// in runs a command in a directory of its own module.
func in(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, args...)
	command.Dir, command.Env = dir, append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	command.Stderr = testlog.Writer(t)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args[0], err, out)
	}
	return string(out)
}

func get(t *testing.T, url string) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v", url, answer.StatusCode, err)
	}
	return body
}
