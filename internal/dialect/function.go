package dialect

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"claviger/internal/core"
)

// function is one signature of a pure function (J02). A method takes its
// receiver as the first argument.
type function struct {
	name   string
	method bool
	takes  []kind
	gives  kind
	apply  func(e *env, args []value) value
}

// functions are all that an expression can call. Names and meanings are CEL's
// where CEL has them.
var functions = []function{
	{"decimal", false, []kind{intKind, textKind}, textKind, func(_ *env, a []value) value {
		return textValue(decimal(a[0].n, a[1].text))
	}},
	{"upper", false, []kind{textKind}, textKind, func(_ *env, a []value) value {
		return textValue(strings.ToUpper(a[0].text))
	}},
	{"lower", false, []kind{textKind}, textKind, func(_ *env, a []value) value {
		return textValue(strings.ToLower(a[0].text))
	}},
	{"unescape", false, []kind{textKind}, textKind, func(_ *env, a []value) value {
		return textValue(unescape(a[0].text))
	}},
	{"string", false, []kind{intKind}, textKind, plainText},
	{"string", false, []kind{boolKind}, textKind, plainText},
	{"string", false, []kind{timeKind}, textKind, plainText},
	{"string", false, []kind{textKind}, textKind, plainText},
	{"int", false, []kind{timeKind}, intKind, func(_ *env, a []value) value { return intValue(a[0].time.Unix()) }},
	{"int", false, []kind{textKind}, intKind, func(e *env, a []value) value {
		n, err := strconv.ParseInt(a[0].text, 10, 64)
		if err != nil {
			return e.failed(errNumber)
		}
		return intValue(n)
	}},
	{"millis", false, []kind{timeKind}, intKind, func(_ *env, a []value) value {
		return intValue(a[0].time.UnixMilli())
	}},
	{"size", false, []kind{textKind}, intKind, func(_ *env, a []value) value {
		return intValue(int64(utf8.RuneCountInString(a[0].text)))
	}},
	{"size", false, []kind{textsKind}, intKind, func(_ *env, a []value) value {
		return intValue(int64(len(a[0].texts)))
	}},
	{"startsWith", true, []kind{textKind, textKind}, boolKind, func(_ *env, a []value) value {
		return boolValue(strings.HasPrefix(a[0].text, a[1].text))
	}},
	{"endsWith", true, []kind{textKind, textKind}, boolKind, func(_ *env, a []value) value {
		return boolValue(strings.HasSuffix(a[0].text, a[1].text))
	}},
	{"contains", true, []kind{textKind, textKind}, boolKind, func(_ *env, a []value) value {
		return boolValue(strings.Contains(a[0].text, a[1].text))
	}},
	{"trim", true, []kind{textKind}, textKind, func(_ *env, a []value) value {
		return textValue(strings.TrimSpace(a[0].text))
	}},
	{"join", true, []kind{textsKind, textKind}, textKind, func(_ *env, a []value) value {
		return textValue(strings.Join(a[0].texts, a[1].text))
	}},
}

func plainText(_ *env, a []value) value { return textValue(string(a[0].appendPlain(nil))) }

var errNumber = fmt.Errorf("the text is not a number")

// call reads the arguments up to the closing parenthesis and picks a signature.
func (p *exprParser) call(name string, receiver *expression) (expression, error) {
	var args []expression
	if receiver != nil {
		args = append(args, *receiver)
	}
	for p.peek().kind != ")" {
		x, err := p.ternary()
		if err != nil {
			return expression{}, err
		}
		args = append(args, x)
		if !p.take(",") {
			break
		}
	}
	if err := p.want(")"); err != nil {
		return expression{}, err
	}
	known := false
	for _, f := range functions {
		if f.name != name || f.method != (receiver != nil) {
			continue
		}
		known = true
		if f.accepts(args) {
			return f.on(args), nil
		}
	}
	if !known {
		return expression{}, fmt.Errorf("unknown function %s", name)
	}
	kinds := make([]string, len(args))
	for i, x := range args {
		kinds[i] = x.kind.String()
	}
	return expression{}, fmt.Errorf("%s does not take (%s)", name, strings.Join(kinds, ", "))
}

func (f *function) accepts(args []expression) bool {
	return slices.EqualFunc(f.takes, args, func(k kind, x expression) bool { return x.kind == k })
}

// on applies f; an argument that is null makes the result null.
func (f *function) on(args []expression) expression {
	out := expression{kind: f.gives}
	for _, x := range args {
		out.paths = append(out.paths, x.paths...)
	}
	apply := f.apply
	out.eval = func(e *env) value {
		values := make([]value, len(args))
		for i := range args {
			if values[i] = args[i].eval(e); values[i].kind == nullKind {
				return value{}
			}
		}
		return apply(e, values)
	}
	return out
}

// decimal writes an amount in smallest units with the digits of its currency:
// 287886 BWP is "2878.86".
func decimal(amount int64, currency string) string {
	digits := core.MinorDigits(currency)
	text := strconv.FormatUint(magnitude(amount), 10)
	if digits > 0 {
		if missing := digits + 1 - len(text); missing > 0 {
			text = strings.Repeat("0", missing) + text
		}
		text = text[:len(text)-digits] + "." + text[len(text)-digits:]
	}
	if amount < 0 {
		text = "-" + text
	}
	return text
}

// unescape undoes the form encoding of an id or secret in a Basic header (RFC
// 6749 §2.3.1). What is not validly encoded was not encoded: it stays as it is.
func unescape(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
