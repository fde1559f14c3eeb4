package permission

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"claviger/internal/core"
)

// Limits of a condition (J01). It has no macros, so nothing in it loops, and its
// functions give no text: what it costs is bounded by its length and by the lists
// of two accounts. The cost limit holds should that ever not be so.
const (
	maxCondition = 1 << 10 // bytes
	maxNesting   = 32
	maxCost      = 20_000 // CEL's units: about one for each call and for ten bytes that it reads
)

// functions are all that a condition can call, operators first. Each is pure
// (J02).
var functions = []string{
	operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Conditional, operators.Equals,
	operators.NotEquals, operators.In, operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals,
	"size", "startsWith", "endsWith", "contains",
}

// condition is a compiled condition.
type condition struct {
	test           test
	direct         bool // without CEL
	caller, target bool // reads that account
}

// test is a condition over accounts that are there.
type test func(f facts) bool

// facts are what conditions read: accounts, nil for none.
type facts struct{ caller, target *core.Account }

// holds reports whether the condition is met. One that reads an account which is
// not there is not, whatever it says of it.
func (c *condition) holds(f facts) bool {
	if (c.caller && f.caller == nil) || (c.target && f.target == nil) {
		return false
	}
	return c.test(f)
}

// CheckCondition says what is wrong with the expression of a condition, and where
// in it; nil if nothing is.
func CheckCondition(when string) error {
	_, err := compile(when)
	return err
}

// compile checks an expression of type bool over the accounts caller and target.
// What is only made of memberships of lists, comparisons with text and && || !
// becomes direct access; anything else a CEL program.
func compile(when string) (*condition, error) { return compileWith(when, true) }

func compileWith(when string, access bool) (*condition, error) {
	if len(when) > maxCondition {
		return nil, fmt.Errorf("a condition may have %d bytes at most", maxCondition)
	}
	env, err := environment()
	if err != nil {
		return nil, err
	}
	parsed, issues := env.Parse(when)
	if issues.Err() != nil {
		return nil, explain(issues)
	}
	r := &reading{info: parsed.NativeRep().SourceInfo()}
	if r.walk(parsed.NativeRep().Expr()); r.err != nil {
		return nil, r.err
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, explain(issues)
	}
	if !checked.OutputType().IsExactType(cel.BoolType) {
		return nil, fmt.Errorf("a condition is true or false; this gives %s", checked.OutputType())
	}
	c := &condition{caller: r.caller, target: r.target}
	if c.test = direct(checked.NativeRep().Expr()); c.test != nil && access {
		c.direct = true
		return c, nil
	}
	c.test, err = program(env, checked)
	return c, err
}

// environment declares the fields of both accounts and a part of CEL's own
// functions, and nothing else.
func environment() (*cel.Env, error) {
	options := []cel.EnvOption{
		cel.StdLib(), cel.ClearMacros(), cel.ParserRecursionLimit(maxNesting), cel.ParserExpressionSizeLimit(maxCondition),
	}
	for _, name := range fieldNames {
		for _, root := range []string{"caller.", "target."} {
			options = append(options, cel.Variable(root+name, fields[name].of()))
		}
	}
	return cel.NewCustomEnv(options...)
}

// program plans what is more than direct access. An evaluation that fails, or
// costs too much, is a condition that is not met.
func program(env *cel.Env, checked *cel.Ast) (test, error) {
	planned, err := env.Program(checked, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxCost))
	if err != nil {
		return nil, err
	}
	return func(f facts) bool {
		out, _, err := planned.Eval(f)
		return err == nil && out == types.True
	}, nil
}

// ResolveName gives a program the fields of the accounts.
func (f facts) ResolveName(name string) (any, bool) {
	root, field, _ := strings.Cut(name, ".")
	account, known := f.of(root), fields[field]
	if account == nil {
		return nil, false
	}
	switch {
	case known.text != nil:
		return known.text(account), true
	case known.list != nil:
		return known.list(account), true
	case known.truth != nil:
		return known.truth(account), true
	}
	return nil, false
}

// Parent implements cel.Activation.
func (f facts) Parent() cel.Activation { return nil }

func (f facts) of(root string) *core.Account {
	switch root {
	case "caller":
		return f.caller
	case "target":
		return f.target
	}
	return nil
}

// field is one of text, list or truth.
type field struct {
	text  func(*core.Account) string
	list  func(*core.Account) []string
	truth func(*core.Account) bool
}

func (f field) of() *cel.Type {
	switch {
	case f.text != nil:
		return cel.StringType
	case f.list != nil:
		return cel.ListType(cel.StringType)
	}
	return cel.BoolType
}

// fields are what an account has for a condition.
var (
	fieldNames = []string{"type", "flags", "subscriptions", "currency", "category", "status", "test"}
	fields     = map[string]field{
		"type":          {text: func(a *core.Account) string { return a.Type }},
		"flags":         {list: func(a *core.Account) []string { return a.Flags }},
		"subscriptions": {list: func(a *core.Account) []string { return a.Subscriptions }},
		"currency":      {text: func(a *core.Account) string { return a.Currency }},
		"category":      {text: func(a *core.Account) string { return a.Category }},
		"status":        {text: func(a *core.Account) string { return string(a.Status) }},
		"test":          {truth: func(a *core.Account) bool { return a.Test }},
	}
)

// reading goes through a parsed condition before CEL checks it: which accounts
// it reads, and whether it keeps to the part of CEL that conditions have.
type reading struct {
	info           *ast.SourceInfo
	caller, target bool
	err            error // the first problem
}

func (r *reading) fail(e ast.Expr, format string, args ...any) {
	if r.err == nil {
		at := r.info.GetStartLocation(e.ID())
		r.err = placed(at.Line(), at.Column(), fmt.Sprintf(format, args...))
	}
}

func (r *reading) walk(e ast.Expr) {
	switch e.Kind() {
	case ast.LiteralKind:
	case ast.IdentKind, ast.SelectKind:
		r.path(e)
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			r.walk(element)
		}
	case ast.CallKind:
		call := e.AsCall()
		if !slices.Contains(functions, call.FunctionName()) {
			r.fail(e, "a condition has no %s", strings.Trim(strings.ReplaceAll(call.FunctionName(), "[_]", "[]"), "_@"))
			return
		}
		if call.IsMemberFunction() {
			r.walk(call.Target())
		}
		for _, argument := range call.Args() {
			r.walk(argument)
		}
	default:
		r.fail(e, "a condition is made of fields of caller and target, text, operators and functions")
	}
}

// path turns caller.flags into one name.
func (r *reading) path(e ast.Expr) {
	there := "caller and target have " + strings.Join(fieldNames, ", ")
	if e.Kind() != ast.SelectKind || e.AsSelect().Operand().Kind() != ast.IdentKind || e.AsSelect().IsTestOnly() {
		r.fail(e, "what is read is a field of an account; %s", there)
		return
	}
	root, name := e.AsSelect().Operand().AsIdent(), e.AsSelect().FieldName()
	if _, known := fields[name]; !known || (root != "caller" && root != "target") {
		r.fail(e.AsSelect().Operand(), "there is no %s.%s; %s", root, name, there)
		return
	}
	r.caller, r.target = r.caller || root == "caller", r.target || root == "target"
	e.SetKindCase(ast.NewExprFactory().NewIdent(e.ID(), root+"."+name))
}

var overload = regexp.MustCompile(`^found no matching overload for '_?@?([^']+?)_?' applied to '(?:(.+)\.)?\((.*)\)'$`)

// explain turns the first of CEL's issues into an error that says where it is in
// the condition.
func explain(issues *cel.Issues) error {
	found := issues.Errors()
	if len(found) == 0 {
		return issues.Err()
	}
	message := strings.TrimPrefix(found[0].Message, "Syntax error: ")
	if m := overload.FindStringSubmatch(message); m != nil {
		message = fmt.Sprintf("%s does not work on %s", m[1], strings.TrimPrefix(m[2]+", "+m[3], ", "))
	}
	if strings.Contains(message, "recursion") {
		message = fmt.Sprintf("more than %d levels deep", maxNesting)
	}
	return placed(found[0].Location.Line(), found[0].Location.Column(), message)
}

// placed adds the place in the condition; line from 1, column from 0.
func placed(line, column int, message string) error {
	if line > 1 {
		return fmt.Errorf("%s (line %d, character %d of the condition)", message, line, column+1)
	}
	if column < 0 {
		return errors.New(message)
	}
	return fmt.Errorf("%s (character %d of the condition)", message, column+1)
}
