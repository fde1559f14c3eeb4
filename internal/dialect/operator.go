package dialect

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// combine returns left operator right, checked.
func combine(operator string, left, right expression) (expression, error) {
	out := expression{kind: boolKind, paths: slices.Concat(left.paths, right.paths)}
	mismatch := fmt.Errorf("%s does not work on %s and %s", operator, left.kind, right.kind)
	if left.kind == anyKind || right.kind == anyKind {
		return out, mismatch
	}
	switch operator {
	case "||", "&&":
		if left.kind != boolKind || right.kind != boolKind {
			return out, mismatch
		}
		out.eval = logic(operator == "||", left.eval, right.eval)
	case "==", "!=":
		comparable := left.kind == right.kind && left.kind != textsKind && left.kind != mapKind
		if !comparable && left.kind != nullKind && right.kind != nullKind {
			return out, mismatch
		}
		want := operator == "=="
		out.eval = func(e *env) value {
			l, r := left.eval(e), right.eval(e)
			return boolValue(l.equal(&r) == want)
		}
	case "in":
		if left.kind != textKind || right.kind != textsKind {
			return out, mismatch
		}
		out.eval = strict(left.eval, right.eval, func(_ *env, l, r *value) value {
			return boolValue(slices.Contains(r.texts, l.text))
		})
	case "<", "<=", ">", ">=":
		if left.kind != right.kind || !slices.Contains([]kind{intKind, textKind, timeKind}, left.kind) {
			return out, mismatch
		}
		out.eval = strict(left.eval, right.eval, order(operator))
	default:
		if left.kind != right.kind || left.kind != intKind && (left.kind != textKind || operator != "+") {
			return out, mismatch
		}
		out.kind = left.kind
		out.eval = strict(left.eval, right.eval, arithmetic(operator))
	}
	return out, nil
}

// strict computes only when neither side is null.
func strict(left, right func(*env) value, f func(e *env, l, r *value) value) func(*env) value {
	return func(e *env) value {
		l := left(e)
		if l.kind == nullKind {
			return l
		}
		r := right(e)
		if r.kind == nullKind {
			return r
		}
		return f(e, &l, &r)
	}
}

func logic(or bool, left, right func(*env) value) func(*env) value {
	return func(e *env) value {
		if l := left(e); l.truth() == or {
			return boolValue(or)
		}
		r := right(e)
		return boolValue(r.truth())
	}
}

func order(operator string) func(*env, *value, *value) value {
	return func(_ *env, l, r *value) value {
		c := cmp.Or(cmp.Compare(l.n, r.n), cmp.Compare(l.text, r.text), l.time.Compare(r.time))
		switch operator {
		case "<":
			return boolValue(c < 0)
		case "<=":
			return boolValue(c <= 0)
		case ">":
			return boolValue(c > 0)
		}
		return boolValue(c >= 0)
	}
}

func arithmetic(operator string) func(*env, *value, *value) value {
	return func(e *env, l, r *value) value {
		if l.kind == textKind {
			return textValue(l.text + r.text)
		}
		var n int64
		ok := true
		switch operator {
		case "+":
			n = l.n + r.n
			ok = (n > l.n) == (r.n > 0)
		case "-":
			n = l.n - r.n
			ok = (n < l.n) == (r.n > 0)
		case "*":
			n, ok = multiply(l.n, r.n)
		default:
			if r.n == 0 {
				return e.failed(errDivision)
			}
			if l.n == math.MinInt64 && r.n == -1 {
				return e.failed(errOverflow)
			}
			if n = l.n / r.n; operator == "%" {
				n = l.n % r.n
			}
		}
		if !ok {
			return e.failed(errOverflow)
		}
		return intValue(n)
	}
}

func multiply(a, b int64) (int64, bool) {
	high, low := bits.Mul64(magnitude(a), magnitude(b))
	if high != 0 || low > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(low), true
	}
	return int64(low), true
}

func magnitude(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}
