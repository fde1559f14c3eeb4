package dialect

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// reading goes through a parsed expression before CEL checks it: what it reads,
// and whether it keeps to the part of CEL that dialects have (J01, J02).
type reading struct {
	scope     scope
	info      *ast.SourceInfo
	paths     [][]string
	tested    [][]string // those that has() asks for
	variables []variable
	optional  []need
	text      bool
	fixed     bool
	err       error // the first problem
}

// need is a path that has to be there for the expression to have a value.
type need struct {
	path []string
	eval func(e *env) value
}

// operatorNames are CEL's operators, as messages call them.
var operatorNames = map[string]string{
	operators.Conditional: "? :", operators.LogicalAnd: "&&", operators.LogicalOr: "||", operators.LogicalNot: "!",
	operators.Equals: "==", operators.NotEquals: "!=", operators.Less: "<", operators.LessEquals: "<=",
	operators.Greater: ">", operators.GreaterEquals: ">=", operators.Add: "+", operators.Subtract: "-",
	operators.Multiply: "*", operators.Divide: "/", operators.Modulo: "%", operators.Negate: "-",
	operators.Index: "[ ]", operators.In: "in",
}

// functionNames are all functions that can be called. Everything else that CEL
// knows is refused: what multiplies its input (replace, split, format), looks up
// time zones in files, or has no use in a dialect.
var functionNames = []string{
	"charAt", "contains", "decimal", "endsWith", "has", "indexOf", "int", "join", "lastIndexOf", "lowerAscii",
	"millis", "size", "startsWith", "string", "substring", "trim", "unescape", "upperAscii",
}

// fail keeps the first problem, with its place inside the expression.
func (r *reading) fail(e ast.Expr, format string, args ...any) {
	if r.err == nil {
		place := r.info.GetStartLocation(e.ID())
		r.err = placed(place.Line(), place.Column(), fmt.Sprintf(format, args...))
	}
}

func (r *reading) walk(e ast.Expr) {
	if path := pathOf(e); path != nil {
		r.path(e, path)
		return
	}
	switch e.Kind() {
	case ast.LiteralKind:
		r.text = r.text || e.AsLiteral().Type() == types.StringType
	case ast.CallKind:
		r.call(e)
	case ast.SelectKind:
		r.selects(e)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			r.walk(element)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.walk(entry.AsMapEntry().Key())
			r.walk(entry.AsMapEntry().Value())
		}
	default:
		r.fail(e, "an expression is made of paths, operators and functions")
	}
}

// call refuses functions that dialects do not have.
func (r *reading) call(e ast.Expr) {
	call := e.AsCall()
	name := call.FunctionName()
	if operatorNames[name] == "" && !slices.Contains(functionNames, name) {
		r.fail(e, "unknown function %s; there are %s", name, strings.Join(functionNames, ", "))
		return
	}
	before := len(r.paths)
	if call.IsMemberFunction() {
		r.walk(call.Target())
	}
	for _, argument := range call.Args() {
		r.walk(argument)
	}
	read := slices.ContainsFunc(r.paths[before:], func(path []string) bool { return path[0] != "has_basic" })
	if (name == "string" || name == "decimal") && !read {
		r.fixed = true
	}
	if arguments := call.Args(); name == "join" && len(arguments) == 1 && arguments[0].Kind() != ast.LiteralKind {
		r.fail(arguments[0], "what join puts between must be text in quotes") // not the length of two inputs multiplied
	}
}

// selects reads has(path.name), and refuses a name behind anything but a path.
func (r *reading) selects(e ast.Expr) {
	s := e.AsSelect()
	path := pathOf(s.Operand())
	switch {
	case !s.IsTestOnly():
		r.fail(e, "only a path can be followed by .%s", s.FieldName())
	case path == nil:
		r.fail(e, "has() takes a path")
	default:
		path = append(path, s.FieldName())
		r.tested = append(r.tested, path)
		r.path(e, path)
		if r.err == nil && r.variables[len(r.variables)-1].name == pathText(path) {
			r.fail(e, "has() is for facts; what was not sent reads as ''")
		}
	}
}

// path checks a path and declares the variable that it needs.
func (r *reading) path(e ast.Expr, path []string) {
	x, err := r.scope.resolve(path)
	if err != nil {
		r.fail(e, "%v", err)
		return
	}
	v := r.scope.variable(path, x)
	if v.of == nil {
		r.fail(e, "%s is not of one type in all cases; it can only stand alone", pathText(path))
		return
	}
	if v.name == pathText(path) { // not a root that CEL goes on from: one name with dots
		e.SetKindCase(ast.NewExprFactory().NewIdent(e.ID(), v.name))
	}
	r.paths = append(r.paths, path)
	r.variables = slices.DeleteFunc(r.variables, func(other variable) bool { return other.name == v.name })
	r.variables = append(r.variables, v)
	if v.optional {
		r.optional = append(r.optional, need{path: path, eval: x.eval})
	}
}

// needs returns what has to be there for the expression to have a value, beside
// the roots: all that may be missing and that has() does not ask for.
func (r *reading) needs() []func(e *env) value {
	once := map[string]func(e *env) value{}
	for _, n := range r.optional {
		if !slices.ContainsFunc(r.tested, samePath(n.path)) {
			once[pathText(n.path)] = n.eval
		}
	}
	return slices.Collect(maps.Values(once))
}

// pathOf returns the path that e is: name, name.name or name['name']; nil when e
// is something else.
func pathOf(e ast.Expr) []string {
	switch e.Kind() {
	case ast.IdentKind:
		return []string{e.AsIdent()}
	case ast.SelectKind:
		if s := e.AsSelect(); !s.IsTestOnly() {
			return longer(pathOf(s.Operand()), s.FieldName())
		}
	case ast.CallKind:
		call := e.AsCall()
		if call.FunctionName() != operators.Index || call.Args()[1].Kind() != ast.LiteralKind {
			return nil
		}
		if name, ok := call.Args()[1].AsLiteral().(types.String); ok {
			return longer(pathOf(call.Args()[0]), string(name))
		}
	}
	return nil
}

func longer(path []string, name string) []string {
	if path == nil {
		return nil
	}
	return append(path, name)
}
