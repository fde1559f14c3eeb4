package clients

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"claviger/test/packages"
)

// nodePackages returns the directory node_modules with what node/package-lock.json
// pins.
func nodePackages(t *testing.T) string {
	t.Helper()
	dir := packages.Installed(t, "node", []string{"node/package-lock.json", "node/package.json"}, func(ctx context.Context, dir string) *exec.Cmd {
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
	dir := packages.Pip(t, "python/requirements.txt")
	command := exec.CommandContext(t.Context(), packages.Python(t, "pip"), append([]string{filepath.Join("python", program)}, args...)...)
	command.Env = environment("PYTHONPATH="+dir, "PYTHONDONTWRITEBYTECODE=1")
	return command
}
