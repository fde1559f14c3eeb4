package chromium

import (
	"context"
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"claviger/test/packages"
)

//go:embed axe/package.json axe/package-lock.json
var axeFiles embed.FS

// Violation is a rule of accessibility that a page breaks.
type Violation struct {
	Rule string // "label", see https://dequeuniversity.com/rules/axe/
	Help string
	Node string // where: HTML, cut short
	Why  string
}

func (v Violation) String() string { return v.Rule + ": " + v.Help + ": " + v.Node + ": " + v.Why }

// run has axe look at the page, and makes a list of what it found.
const run = `axe.run(document, {resultTypes: ["violations"]}).then((found) => found.violations.flatMap((v) =>
	v.nodes.map((n) => ({Rule: v.id, Help: v.help, Node: n.html.slice(0, 200), Why: n.failureSummary ?? ""}))))`

// Axe returns what axe-core finds wrong with the page on show.
func Axe(t testing.TB, tab context.Context) []Violation {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(axePackage(t), "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	there, err := chromedp.Run(tab, chromedp.Evaluate[bool](`typeof axe === "object"`))
	if err == nil && !there {
		_, err = chromedp.Run(tab, chromedp.Evaluate[bool](string(source)+";true"))
	}
	if err != nil {
		t.Fatal(err)
	}
	found, err := chromedp.Run(tab, chromedp.Evaluate[[]Violation](run, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// axePackage is a directory with what axe/package-lock.json pins.
func axePackage(t testing.TB) string {
	t.Helper()
	pinned := t.TempDir()
	if err := os.CopyFS(pinned, axeFiles); err != nil {
		t.Fatal(err)
	}
	pins := filepath.Join(pinned, "axe")
	return packages.Installed(t, "axe", []string{filepath.Join(pins, "package.json"), filepath.Join(pins, "package-lock.json")}, func(ctx context.Context, dir string) *exec.Cmd {
		if err := os.CopyFS(dir, os.DirFS(pins)); err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts")
		command.Dir = dir
		return command
	})
}
