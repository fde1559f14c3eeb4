package permission

import (
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"claviger/internal/core"
)

// direct compiles what most conditions are to direct access, so that they cost
// nanoseconds: 'x' in caller.flags, target.type == 'x', target.test, and these
// under && || !. It returns nil for anything else.
func direct(e ast.Expr) test {
	if root, field, ok := fieldOf(e); ok && field.truth != nil {
		return func(f facts) bool { return field.truth(f.get(root)) }
	}
	if e.Kind() != ast.CallKind || e.AsCall().IsMemberFunction() {
		return nil
	}
	arguments := e.AsCall().Args()
	switch e.AsCall().FunctionName() {
	case operators.LogicalNot:
		if inner := direct(arguments[0]); inner != nil {
			return func(f facts) bool { return !inner(f) }
		}
	case operators.LogicalAnd, operators.LogicalOr:
		return junction(arguments, e.AsCall().FunctionName() == operators.LogicalAnd)
	case operators.In:
		return contains(arguments[1], arguments[0])
	case operators.Equals, operators.NotEquals:
		equal := compare(arguments[0], arguments[1])
		if equal == nil {
			equal = compare(arguments[1], arguments[0])
		}
		if equal != nil && e.AsCall().FunctionName() == operators.NotEquals {
			return func(f facts) bool { return !equal(f) }
		}
		return equal
	}
	return nil
}

// junction is && (all) or || of tests.
func junction(arguments []ast.Expr, all bool) test {
	tests := make([]test, len(arguments))
	for i, argument := range arguments {
		if tests[i] = direct(argument); tests[i] == nil {
			return nil
		}
	}
	return func(f facts) bool {
		for _, t := range tests {
			if t(f) != all {
				return !all
			}
		}
		return all
	}
}

func contains(list, text ast.Expr) test {
	root, field, ok := fieldOf(list)
	want, literal := textOf(text)
	if !ok || !literal || field.list == nil {
		return nil
	}
	return func(f facts) bool { return slices.Contains(field.list(f.get(root)), want) }
}

func compare(side, text ast.Expr) test {
	root, field, ok := fieldOf(side)
	want, literal := textOf(text)
	if !ok || !literal || field.text == nil {
		return nil
	}
	return func(f facts) bool { return field.text(f.get(root)) == want }
}

// get returns the account of a root that holds has found to be there.
func (f facts) get(caller bool) *core.Account {
	if caller {
		return f.caller
	}
	return f.target
}

// fieldOf returns the field that e is, of caller or else of target.
func fieldOf(e ast.Expr) (caller bool, _ field, ok bool) {
	if e.Kind() != ast.IdentKind {
		return false, field{}, false
	}
	root, name, _ := strings.Cut(e.AsIdent(), ".")
	known, ok := fields[name]
	return root == "caller", known, ok
}

func textOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}
