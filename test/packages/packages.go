package packages

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// installTime is how long fetching packages may take.
const installTime = 5 * time.Minute

// Python finds a Python 3 that has a module; the system's own may stand behind
// another one in the path.
func Python(t testing.TB, module string) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	t.Fatalf("no Python 3 with %s; scripts/install-missing sees to it", module)
	return ""
}

// Pip returns a directory with what a requirements file pins, hashes included.
func Pip(t testing.TB, requirements string, options ...string) string {
	t.Helper()
	python := Python(t, "pip")
	version, err := exec.CommandContext(t.Context(), python, "-c", "import sys, platform; print(sys.version, platform.machine())").Output()
	if err != nil {
		t.Fatal(err)
	}
	return Installed(t, "python"+string(version), []string{requirements}, func(ctx context.Context, dir string) *exec.Cmd {
		arguments := append([]string{"-m", "pip", "install", "--quiet", "--target", dir}, options...)
		return exec.CommandContext(ctx, python, append(arguments, "--only-binary", ":all:", "--require-hashes", "-r", requirements)...)
	})
}

// Installed returns a directory that install has filled. It is kept for as long as
// the files that pin its content are the same.
func Installed(t testing.TB, kind string, pins []string, install func(ctx context.Context, dir string) *exec.Cmd) string {
	t.Helper()
	sum := sha256.New()
	_, _ = sum.Write([]byte(kind))
	for _, pin := range pins {
		text, err := os.ReadFile(pin)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = sum.Write(text)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	cache = filepath.Join(cache, "claviger-test-packages")
	dir := filepath.Join(cache, fmt.Sprintf("%x", sum.Sum(nil)[:12]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	fill(t, cache, dir, install)
	return dir
}

// fill installs beside dir and then moves it there, so that nothing unfinished is
// ever taken for it.
func fill(t testing.TB, cache, dir string, install func(ctx context.Context, dir string) *exec.Cmd) {
	t.Helper()
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	unfinished, err := os.MkdirTemp(cache, "unfinished-")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(unfinished) }()
	ctx, cancel := context.WithTimeout(t.Context(), installTime)
	defer cancel()
	command := install(ctx, unfinished)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v (scripts/install-missing sees to npm and pip)\n%s", strings.Join(command.Args, " "), err, out)
	}
	if err := os.Rename(unfinished, dir); err != nil {
		if _, there := os.Stat(dir); there != nil { // unless another run was quicker
			t.Fatal(err)
		}
	}
}
