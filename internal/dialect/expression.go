package dialect

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Limits of an expression. It has no loops and no variables, so that its cost is
// bounded by its length (J01).
const (
	maxExpression = 1 << 10 // bytes
	maxNesting    = 32
)

// expression is a compiled, type-checked expression. eval reads nothing but the
// env; a failure is left there and makes the whole answer fail.
type expression struct {
	kind  kind
	eval  func(e *env) value
	paths [][]string // what it reads: ["body", "app_key"]
	plain bool       // nothing but one path
}

// resolver finds what a path means where the expression stands.
type resolver func(path []string) (expression, error)

// compileExpression parses and checks source. The grammar, the precedence and
// the meaning of what it takes are CEL's, but for null: reading through what is
// not there gives null, and so does computing with it.
func compileExpression(source string, resolve resolver) (expression, error) {
	if len(source) > maxExpression {
		return expression{}, fmt.Errorf("an expression may have %d bytes at most", maxExpression)
	}
	tokens, err := lex(source)
	if err != nil {
		return expression{}, err
	}
	p := &exprParser{tokens: tokens, resolve: resolve}
	x, err := p.ternary()
	if err != nil {
		return expression{}, err
	}
	if next := p.peek(); next.kind != endToken {
		return expression{}, fmt.Errorf("unexpected %s", next)
	}
	return x, nil
}

type exprParser struct {
	tokens  []token
	at      int
	depth   int
	resolve resolver
}

func (p *exprParser) peek() token { return p.tokens[p.at] }

func (p *exprParser) next() token {
	t := p.tokens[p.at]
	if t.kind != endToken {
		p.at++
	}
	return t
}

// take consumes the operator if it is next.
func (p *exprParser) take(operator string) bool {
	if p.peek().kind != operator {
		return false
	}
	p.at++
	return true
}

func (p *exprParser) want(operator string) error {
	if !p.take(operator) {
		return fmt.Errorf("expected %q, found %s", operator, p.peek())
	}
	return nil
}

func (p *exprParser) ternary() (expression, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return expression{}, fmt.Errorf("more than %d levels deep", maxNesting)
	}
	condition, err := p.binary(0)
	if err != nil || !p.take("?") {
		return condition, err
	}
	if condition.kind != boolKind {
		return expression{}, fmt.Errorf("the condition before ? is %s, not bool", condition.kind)
	}
	yes, err := p.binary(0)
	if err != nil {
		return expression{}, err
	}
	if err := p.want(":"); err != nil {
		return expression{}, err
	}
	no, err := p.ternary()
	if err != nil {
		return expression{}, err
	}
	return choose(condition, yes, no)
}

func choose(condition, yes, no expression) (expression, error) {
	kind := yes.kind
	if kind == nullKind {
		kind = no.kind
	}
	if no.kind != kind && no.kind != nullKind {
		return expression{}, fmt.Errorf("the two sides of : are %s and %s", yes.kind, no.kind)
	}
	return expression{kind: kind, paths: slices.Concat(condition.paths, yes.paths, no.paths),
		eval: func(e *env) value {
			if v := condition.eval(e); v.truth() {
				return yes.eval(e)
			}
			return no.eval(e)
		}}, nil
}

// levels are the binary operators, loosest first.
var levels = [][]string{{"||"}, {"&&"}, {"==", "!=", "<", "<=", ">", ">=", "in"}, {"+", "-"}, {"*", "/", "%"}}

func (p *exprParser) binary(level int) (expression, error) {
	if level == len(levels) {
		return p.unary()
	}
	left, err := p.binary(level + 1)
	if err != nil {
		return expression{}, err
	}
	for {
		operator := p.peek().kind
		if operator == nameToken {
			operator = p.peek().text
		}
		if !slices.Contains(levels[level], operator) {
			return left, nil
		}
		p.next()
		right, err := p.binary(level + 1)
		if err != nil {
			return expression{}, err
		}
		if left, err = combine(operator, left, right); err != nil {
			return expression{}, err
		}
	}
}

func (p *exprParser) unary() (expression, error) {
	p.depth++
	defer func() { p.depth-- }()
	if p.depth > maxNesting {
		return expression{}, fmt.Errorf("more than %d levels deep", maxNesting)
	}
	switch {
	case p.take("!"):
		x, err := p.unary()
		if err != nil {
			return expression{}, err
		}
		return lift("!", boolKind, x, boolKind, func(_ *env, v *value) value { return boolValue(v.n == 0) })
	case p.take("-"):
		x, err := p.unary()
		if err != nil {
			return expression{}, err
		}
		return lift("-", intKind, x, intKind, func(e *env, v *value) value {
			if v.n == math.MinInt64 {
				return e.failed(errOverflow)
			}
			return intValue(-v.n)
		})
	}
	return p.postfix()
}

// lift applies a function of one argument; null stays null.
func lift(name string, takes kind, x expression, gives kind, f func(*env, *value) value) (expression, error) {
	if x.kind != takes {
		return expression{}, fmt.Errorf("%s takes %s, not %s", name, takes, x.kind)
	}
	return expression{kind: gives, paths: x.paths, eval: func(e *env) value {
		v := x.eval(e)
		if v.kind == nullKind {
			return v
		}
		return f(e, &v)
	}}, nil
}

// postfix reads a path, a call, a literal or parentheses, with what follows.
func (p *exprParser) postfix() (expression, error) {
	if p.peek().kind == nameToken {
		if x, ok, err := p.pathOrCall(); ok || err != nil {
			return p.methods(x, err)
		}
	}
	x, err := p.primary()
	return p.methods(x, err)
}

// pathOrCall reads name, name.name, name['name'] or name(…). The last name
// before a parenthesis is a method.
func (p *exprParser) pathOrCall() (x expression, ok bool, err error) {
	name := p.peek().text
	if name == "true" || name == "false" || name == "null" {
		return expression{}, false, nil
	}
	p.next()
	if p.take("(") {
		x, err = p.call(name, nil)
		return x, true, err
	}
	path := []string{name}
	for {
		switch {
		case p.peek().kind == "." && p.tokens[p.at+1].kind == nameToken:
			if p.tokens[p.at+2].kind == "(" {
				x, err = p.resolve(path)
				return x, true, err
			}
			path = append(path, p.tokens[p.at+1].text)
			p.at += 2
		case p.peek().kind == "[" && p.tokens[p.at+1].kind == textToken && p.tokens[p.at+2].kind == "]":
			path = append(path, p.tokens[p.at+1].text)
			p.at += 3
		default:
			x, err = p.resolve(path)
			return x, true, err
		}
	}
}

// methods reads the calls that follow a value: x.trim().
func (p *exprParser) methods(x expression, err error) (expression, error) {
	for err == nil && p.take(".") {
		name := p.next()
		if name.kind != nameToken {
			return expression{}, fmt.Errorf("expected a name after the dot, found %s", name)
		}
		if err := p.want("("); err != nil {
			return expression{}, err
		}
		x, err = p.call(name.text, &x)
	}
	return x, err
}

func (p *exprParser) primary() (expression, error) {
	t := p.next()
	switch {
	case t.kind == textToken:
		return literal(textValue(t.text)), nil
	case t.kind == numberToken:
		return literal(intValue(t.number)), nil
	case t.kind == nameToken && t.text == "null":
		return literal(value{}), nil
	case t.kind == nameToken:
		return literal(boolValue(t.text == "true")), nil
	case t.kind == "[":
		return p.list()
	case t.kind == "(":
		x, err := p.ternary()
		if err != nil {
			return expression{}, err
		}
		return x, p.want(")")
	}
	return expression{}, fmt.Errorf("unexpected %s", t)
}

func literal(v value) expression {
	return expression{kind: v.kind, eval: func(*env) value { return v }}
}

// list reads a list of text: what "in" looks through.
func (p *exprParser) list() (expression, error) {
	v := value{kind: textsKind}
	for p.peek().kind != "]" {
		t := p.next()
		if t.kind != textToken {
			return expression{}, fmt.Errorf("a list holds text in quotes, not %s", t)
		}
		v.texts = append(v.texts, t.text)
		if !p.take(",") {
			break
		}
	}
	return literal(v), p.want("]")
}

var (
	errOverflow = errors.New("the number is too large")
	errDivision = errors.New("division by zero")
)

// pathText writes a path as in an expression.
func pathText(path []string) string { return strings.Join(path, ".") }
