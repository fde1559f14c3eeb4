package clients

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

// nodePackages returns the directory node_modules with what node/package-lock.json
// pins.
func nodePackages(t *testing.T) string {
	t.Helper()
	dir := installed(t, "node", []string{"node/package-lock.json", "node/package.json"}, func(ctx context.Context, dir string) *exec.Cmd {
		if err := os.CopyFS(dir, os.DirFS("node")); err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(ctx, "npm", "ci")
		command.Dir = dir
		return command
	})
	return filepath.Join(dir, "node_modules")
}

// nodeProgram is a program of the folder node, beside the packages it imports.
func nodeProgram(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("node")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(nodePackages(t), filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "node", append([]string{filepath.Join(dir, program)}, args...)...)
	command.Env = environment()
	return command
}

// pythonProgram is a program of the folder python, with the packages that
// python/requirements.txt pins.
func pythonProgram(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	python := pythonWith(t, "pip")
	version, err := exec.CommandContext(t.Context(), python, "-c", "import sys, platform; print(sys.version, platform.machine())").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := installed(t, "python"+string(version), []string{"python/requirements.txt"}, func(ctx context.Context, dir string) *exec.Cmd {
		return exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--target", dir,
			"--only-binary", ":all:", "--require-hashes", "-r", "python/requirements.txt")
	})
	command := exec.CommandContext(t.Context(), python, append([]string{filepath.Join("python", program)}, args...)...)
	command.Env = environment("PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1")
	return command
}

// pythonWith finds a Python that has a module; the system's own may stand behind
// another one in the path.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	t.Fatalf("no Python 3 with %s; scripts/install-missing sees to it", module)
	return ""
}

// installed returns a directory that install has filled. It is kept for the next
// run, in the user's cache, for as long as the files that pin its content are the
// same.
func installed(t *testing.T, kind string, pins []string, install func(ctx context.Context, dir string) *exec.Cmd) string {
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
	cache = filepath.Join(cache, "claviger-test-clients")
	dir := filepath.Join(cache, fmt.Sprintf("%x", sum.Sum(nil)[:12]))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		t.Fatal(err)
	}
	unfinished, err := os.MkdirTemp(cache, "unfinished-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(unfinished)
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
	return dir
}
