package layering

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const module = "claviger"

// layers is the order of the packages, from the bottom up. A package may import
// those of the rows before its own; those of one row are siblings, which never
// import each other. A folder below one of these is a part of it, for its own
// use. The root holds the embedded files.
var layers = [][]string{
	{"", "oauth"},
	{"internal/core"},
	{"internal/store", "internal/keys", "internal/secret", "internal/dialect", "internal/web", "internal/message", "internal/limit"},
	{"internal/config"},
	{"internal/tokens"},
	{"internal/outbox"},
	{"internal/authn"},
	{"internal/permission"},
	{"internal/grants", "internal/authorize", "internal/endpoints", "internal/admin"},
	{"internal/console", "internal/api"},
	{"internal/server"},
	{"cmd"},
}

// published are the packages for other programs, and what they may import.
var published = map[string][]string{
	"client":   {"oauth"},
	"resource": {"oauth"},
	"examples": {"oauth", "client", "resource"},
}

// plain are packages for other programs that bring no module of others with them.
var plain = []string{"oauth", "client", "resource"}

// confined are imports that belong to few packages: the only SQL, and the only
// expressions. Those of permissions have other variables and less of CEL than
// those of dialects, and nothing in common with them that is worth a package.
var confined = map[string][]string{
	"database/sql":             {"internal/store"},
	"github.com/jackc/pgx":     {"internal/store"},
	"modernc.org/sqlite":       {"internal/store"},
	"github.com/pressly/goose": {"internal/store"},
	"cel.dev/cel-go":           {"internal/dialect", "internal/permission"},
}

// unit returns the package of layers or published that dir belongs to.
func unit(dir string) (name string, layer int, ok bool) {
	for layer, row := range layers {
		for _, name := range row {
			if dir == name || name != "" && strings.HasPrefix(dir, name+"/") {
				return name, layer, true
			}
		}
	}
	top, _, _ := strings.Cut(dir, "/")
	_, ok = published[top]
	return top, -1, ok
}

func checkImports(files []sourceFile) (complaints []string) {
	for _, f := range files {
		if f.isTest() {
			continue
		}
		if _, _, ok := unit(f.dir); !ok {
			complaints = append(complaints, f.path+": this package has no layer yet; give it one in test/layering")
			continue
		}
		for _, name := range f.imports() {
			if why := refusal(f.dir, name); why != "" {
				complaints = append(complaints, fmt.Sprintf("%s: imports %s: %s", f.path, name, why))
			}
		}
	}
	return complaints
}

// refusal says why a file in dir may not import name; "" when it may.
func refusal(dir, name string) string {
	from, layer, _ := unit(dir)
	for prefix, owners := range confined {
		if (name == prefix || strings.HasPrefix(name, prefix+"/")) && !slices.Contains(owners, from) {
			return "only " + strings.Join(owners, ", ") + " may"
		}
	}
	target, own := strings.CutPrefix(name+"/", module+"/")
	target = strings.TrimSuffix(target, "/")
	if !own {
		if slices.Contains(plain, from) && strings.Contains(strings.Split(name, "/")[0], ".") {
			return from + " has the standard library alone"
		}
		return ""
	}
	to, toLayer, ok := unit(target)
	allowed, isPublished := published[from]
	switch {
	case to == from:
		return ""
	case !ok:
		return "it is for tests"
	case target != to && to != "examples":
		return "it is a part of " + to
	case isPublished && !slices.Contains(allowed, to):
		return fmt.Sprintf("%s has only %s", from, strings.Join(allowed, ", "))
	case isPublished:
		return ""
	case from == "cmd" && (to == "examples" || to == "client"): // `claviger dev` serves one; commands ask servers
		return ""
	case toLayer < 0:
		return "it is for other programs"
	case toLayer >= layer:
		return "imports point down only, and siblings never import each other"
	}
	return ""
}

func TestImportsPointDown(t *testing.T) {
	report(t, checkImports(goFiles(t, project(t))))
}

func TestImportRules(t *testing.T) {
	const down = "imports point down only, and siblings never import each other"
	for _, tt := range []struct{ dir, imports, want string }{
		{"cmd/claviger", "claviger/internal/server", ""},
		{"cmd/claviger", "claviger/internal/store", ""},
		{"cmd/claviger", "claviger/examples/payments", ""},
		{"cmd/claviger", "claviger/client", ""},
		{"internal/server", "claviger", ""},
		{"internal/server", "claviger/internal/grants", ""},
		{"internal/grants", "claviger/internal/tokens", ""},
		{"internal/tokens", "claviger/internal/store", ""},
		{"internal/core", "claviger/oauth", ""},
		{"internal/store", "claviger/internal/store/queries", ""},
		{"internal/store/queries", "database/sql", ""},
		{"internal/store", "github.com/jackc/pgx/v5/stdlib", ""},
		{"internal/dialect", "cel.dev/cel-go/cel", ""},
		{"internal/permission", "cel.dev/cel-go/cel", ""},
		{"internal/admin", "claviger/internal/permission", ""},
		{"internal/keys", "golang.org/x/text", ""},
		{"client", "claviger/oauth", ""},
		{"examples/payments", "claviger/resource", ""},
		{"oauth", "net/http", ""},

		{"internal/grants", "claviger/internal/endpoints", down},
		{"internal/store", "claviger/internal/secret", down},
		{"internal/store", "claviger/internal/tokens", down},
		{"internal/server", "claviger/cmd", down},
		{"oauth", "claviger/internal/core", down},
		{"oauth", "claviger", down},
		{"internal/tokens", "claviger/internal/store/queries", "it is a part of internal/store"},
		{"internal/server", "claviger/internal/store/storetest", "it is a part of internal/store"},
		{"internal/server", "claviger/test/testlog", "it is for tests"},
		{"internal/server", "claviger/internal/new", "it is for tests"},
		{"internal/server", "claviger/client", "it is for other programs"},
		{"internal/server", "claviger/examples/payments", "it is for other programs"},
		{"client", "claviger/internal/core", "client has only oauth"},
		{"resource", "claviger/client", "resource has only oauth"},
		{"examples/payments", "claviger/internal/server", "examples has only oauth, client, resource"},
		{"internal/server", "database/sql", "only internal/store may"},
		{"cmd/claviger", "modernc.org/sqlite", "only internal/store may"},
		{"cmd/claviger", "claviger/resource", "it is for other programs"},
		{"client", "golang.org/x/text", "client has the standard library alone"},
		{"internal/admin", "cel.dev/cel-go/cel", "only internal/dialect, internal/permission may"},
		{"oauth", "golang.org/x/text", "oauth has the standard library alone"},
		{"resource", "golang.org/x/sync/singleflight", "resource has the standard library alone"},
		{"resource", "claviger/oauth", ""},
		{"resource", "claviger/internal/core", "resource has only oauth"},
	} {
		if got := refusal(tt.dir, tt.imports); got != tt.want {
			t.Errorf("%s imports %s: got %q, want %q", tt.dir, tt.imports, got, tt.want)
		}
	}
}

func TestImportsOfATree(t *testing.T) {
	expect(t, checkImports(goFiles(t, tree(map[string]string{
		"internal/core/a.go":            "package core\n\nimport _ \"claviger/internal/store\"\n",
		"internal/core/a_test.go":       "package core\n\nimport _ \"claviger/internal/store\"\n",
		"internal/store/storetest/a.go": "package storetest\n\nimport _ \"claviger/test/testlog\"\n",
		"internal/new/a.go":             "package new\n",
		"test/faults/a.go":              "package faults\n\nimport _ \"database/sql\"\n",
	}))),
		"internal/core/a.go: imports claviger/internal/store: imports point down only, and siblings never import each other",
		"internal/new/a.go: this package has no layer yet; give it one in test/layering",
	)
}
