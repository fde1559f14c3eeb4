package layering

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// sourceFile is a Go file of the project.
type sourceFile struct {
	path   string // "internal/core/user.go"
	dir    string // "internal/core"; "" for the root
	lines  int
	syntax *ast.File
	set    *token.FileSet
}

// isTest reports whether the file is for tests alone: then it may import and
// use what it likes.
func (f sourceFile) isTest() bool {
	top, _, _ := strings.Cut(f.dir, "/")
	return strings.HasSuffix(f.path, "_test.go") || strings.HasSuffix(f.dir, "test") || top == "test" || top == "bench"
}

func (f sourceFile) isGenerated() bool { return ast.IsGenerated(f.syntax) }

// imports lists what the file imports.
func (f sourceFile) imports() []string {
	var list []string
	for _, spec := range f.syntax.Imports {
		name, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		list = append(list, name)
	}
	return list
}

func (f sourceFile) at(node ast.Node) string {
	return f.path + ":" + strconv.Itoa(f.set.Position(node.Pos()).Line)
}

// project reads the whole tree; the tests of a package run in its folder.
func project(t *testing.T) fs.FS {
	t.Helper()
	root := os.DirFS("../..")
	if _, err := fs.Stat(root, "go.mod"); err != nil {
		t.Fatal(err)
	}
	return root
}

// tree makes a project of a few files, to see what the rules say to it.
func tree(files map[string]string) fs.FS {
	made := fstest.MapFS{}
	for name, text := range files {
		made[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return made
}

// hiddenFolders are those that begin with a dot and belong to the project.
var hiddenFolders = []string{".ci", ".github"}

// textFiles returns the contents of all files that somebody wrote, by path.
func textFiles(t *testing.T, root fs.FS) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := path.Base(name)
		if entry.IsDir() {
			hidden := strings.HasPrefix(base, ".") && name != "." && !slices.Contains(hiddenFolders, name)
			if hidden || name == "bin" || name == "claviger-data" || base == "node_modules" {
				return fs.SkipDir
			}
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err == nil && len(text) < 1<<20 && !strings.Contains(string(text), "\x00") {
			files[name] = string(text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// goFiles parses the Go files, in the order of their paths.
func goFiles(t *testing.T, root fs.FS) []sourceFile {
	t.Helper()
	var list []sourceFile
	for name, text := range textFiles(t, root) {
		if path.Ext(name) != ".go" || strings.Contains(name, "testdata/") {
			continue
		}
		set := token.NewFileSet()
		syntax, err := parser.ParseFile(set, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		dir := strings.TrimPrefix(path.Dir(name), ".")
		list = append(list, sourceFile{name, dir, strings.Count(text, "\n"), syntax, set})
	}
	slices.SortFunc(list, func(a, b sourceFile) int { return strings.Compare(a.path, b.path) })
	return list
}

// report fails the test with each complaint about the project.
func report(t *testing.T, complaints []string) {
	t.Helper()
	for _, complaint := range complaints {
		t.Error(complaint)
	}
}

// expect compares the complaints about a made tree.
func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
