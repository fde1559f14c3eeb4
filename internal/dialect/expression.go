package dialect

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// Limits of an expression (J01). There are no macros that loop, and no function
// makes more than a few times its input, so that what an expression costs is
// bounded by its length; the cost limit holds should that ever not be so.
const (
	maxExpression = 1 << 10 // bytes
	maxNesting    = 32
	maxCost       = 200_000 // CEL's units: about one for each call and for ten bytes that it reads
)

// expression is a compiled, type-checked expression. eval reads nothing but the
// env; a failure is left there and makes the whole answer fail.
type expression struct {
	kind  kind
	eval  func(e *env) value
	paths [][]string // what it reads: ["body", "app_key"]
	plain bool       // nothing but one path
	text  bool       // it holds text of the file
	fixed bool       // it turns what was not read from anywhere into text
}

// scope is where an expression stands: what its paths mean. Paths are checked
// here rather than by CEL, as only the scope knows what could have been meant.
type scope interface {
	// resolve compiles a path to direct access.
	resolve(path []string) (expression, error)
	// variable returns how CEL sees a path that resolve knows.
	variable(path []string, x expression) variable
}

// compile compiles one expression: a plain path to direct access, anything else
// to a CEL program.
func (c *compiler) compile(source string, s scope) (expression, error) {
	if len(source) > maxExpression {
		return expression{}, fmt.Errorf("an expression may have %d bytes at most", maxExpression)
	}
	base, err := c.celEnv()
	if err != nil {
		return expression{}, err
	}
	parsed, issues := base.Parse(source)
	if issues.Err() != nil {
		return expression{}, explain(issues)
	}
	r := &reading{scope: s, info: parsed.NativeRep().SourceInfo()}
	root := parsed.NativeRep().Expr()
	if path := pathOf(root); path != nil {
		x, err := s.resolve(path)
		x.plain, x.paths = true, [][]string{path}
		return x, err
	}
	if r.walk(root); r.err != nil {
		return expression{}, r.err
	}
	return r.plan(base, parsed, source)
}

// plan checks what was parsed and read, and makes it ready to run.
func (r *reading) plan(base *cel.Env, parsed *cel.Ast, source string) (expression, error) {
	var declared []cel.EnvOption
	for _, v := range r.variables {
		declared = append(declared, cel.Variable(v.name, v.of))
	}
	env, err := base.Extend(declared...)
	if err != nil {
		return expression{}, err
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return expression{}, explain(issues)
	}
	kind := kindOf(checked.OutputType())
	if kind == nullKind {
		return expression{}, fmt.Errorf("it gives %s; an expression gives a string, int, bool, timestamp, "+
			"list of strings or map of strings", checked.OutputType())
	}
	planned, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		return expression{}, err
	}
	run := &computation{planned: planned, variables: r.variables, needs: r.needs(), source: source}
	return expression{kind: kind, eval: run.eval, paths: r.paths, text: r.text, fixed: r.fixed}, nil
}

func literal(v value) expression {
	return expression{kind: v.kind, eval: func(*env) value { return v }}
}

// pathText writes a path as in an expression.
func pathText(path []string) string { return strings.Join(path, ".") }

func samePath(path []string) func([]string) bool {
	return func(other []string) bool { return slices.Equal(path, other) }
}
