package layering

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// injected are what packages get as fields (Now, Rand) from the wiring, so that
// tests can set the clock and transcripts match byte for byte.
var injected = map[string][]string{
	"time":         {"Now", "Since", "Until"},
	"crypto/rand":  {"Reader", "Read", "Text", "Int", "Prime"},
	"math/rand":    nil, // all of it
	"math/rand/v2": nil,
}

// checkInjected looks at the packages below the wiring.
func checkInjected(files []sourceFile) (complaints []string) {
	for _, f := range files {
		name, _, _ := unit(f.dir)
		if f.isTest() || !strings.HasPrefix(name, "internal/") || name == "internal/server" {
			continue
		}
		ast.Inspect(f.syntax, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			from, ok := selector.X.(*ast.Ident)
			if ok && isInjected(importOf(f, from.Name), selector.Sel.Name) {
				complaints = append(complaints, fmt.Sprintf("%s: %s.%s is to be injected", f.at(selector), from.Name, selector.Sel.Name))
			}
			return true
		})
	}
	return complaints
}

func isInjected(imported, name string) bool {
	names, ok := injected[imported]
	return ok && (names == nil || slices.Contains(names, name))
}

// importOf returns the path that a name stands for in f, or "".
func importOf(f sourceFile, name string) string {
	for i, imported := range f.imports() {
		local := strings.TrimSuffix(imported, "/v2")
		local = local[strings.LastIndex(local, "/")+1:]
		if renamed := f.syntax.Imports[i].Name; renamed != nil {
			local = renamed.Name
		}
		if local == name {
			return imported
		}
	}
	return ""
}

func TestClockAndRandomnessAreInjected(t *testing.T) {
	report(t, checkInjected(goFiles(t, project(t))))
}

func TestInjectedRules(t *testing.T) {
	const uses = "package a\n\nimport \"time\"\nimport random \"crypto/rand\"\nimport \"math/rand/v2\"\n\n" +
		"var a = time.Now\nvar b = random.Reader\nvar c = rand.N(3)\nvar d = time.Second\n"
	expect(t, checkInjected(goFiles(t, tree(map[string]string{
		"cmd/claviger/a.go":             uses,
		"internal/server/a.go":          uses,
		"internal/core/a_test.go":       uses,
		"internal/core/a.go":            uses,
		"internal/core/same.go":         "package a\n\ntype time struct{ Now int }\n\nvar a = time{}.Now\n",
		"internal/store/storetest/a.go": uses,
	}))),
		"internal/core/a.go:7: time.Now is to be injected",
		"internal/core/a.go:8: random.Reader is to be injected",
		"internal/core/a.go:9: rand.N is to be injected",
	)
}
