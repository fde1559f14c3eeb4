package dialect

import (
	"fmt"
	"strconv"
	"strings"
)

// token kinds of an expression, beside the operators, which are their own text.
const (
	endToken    = "end of expression"
	nameToken   = "name"
	numberToken = "number"
	textToken   = "text"
)

type token struct {
	kind   string
	text   string
	number int64
}

func (t token) String() string {
	if t.kind == nameToken {
		return strconv.Quote(t.text)
	}
	if t.kind == endToken || t.kind == numberToken || t.kind == textToken {
		return t.kind
	}
	return strconv.Quote(t.kind)
}

// operators, longest first.
var operators = []string{"==", "!=", "<=", ">=", "&&", "||",
	"?", ":", "!", "<", ">", "+", "-", "*", "/", "%", "(", ")", "[", "]", ".", ","}

// lex splits the text of an expression.
func lex(source string) ([]token, error) {
	var out []token
	for i := 0; i < len(source); {
		c := source[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case isLetter(c):
			j := i + 1
			for j < len(source) && (isLetter(source[j]) || isDigit(source[j])) {
				j++
			}
			out = append(out, token{kind: nameToken, text: source[i:j]})
			i = j
		case isDigit(c):
			j := i + 1
			for j < len(source) && (isDigit(source[j]) || isLetter(source[j])) {
				j++
			}
			n, err := strconv.ParseInt(source[i:j], 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%q is not a whole number of 64 bits", source[i:j])
			}
			out = append(out, token{kind: numberToken, number: n})
			i = j
		case c == '\'' || c == '"':
			text, width, err := lexText(source[i:])
			if err != nil {
				return nil, err
			}
			out = append(out, token{kind: textToken, text: text})
			i += width
		default:
			operator := operatorAt(source[i:])
			if operator == "" {
				return nil, fmt.Errorf("unexpected character %q", []rune(source[i:])[0])
			}
			out = append(out, token{kind: operator})
			i += len(operator)
		}
	}
	return append(out, token{kind: endToken}), nil
}

func operatorAt(source string) string {
	for _, operator := range operators {
		if strings.HasPrefix(source, operator) {
			return operator
		}
	}
	return ""
}

// lexText reads a quoted string and returns how many bytes it took.
func lexText(source string) (text string, width int, err error) {
	var b strings.Builder
	quote := source[0]
	for i := 1; i < len(source); i++ {
		switch c := source[i]; c {
		case quote:
			return b.String(), i + 1, nil
		case '\\':
			i++
			if i == len(source) || !strings.ContainsRune(`\'"nt`, rune(source[i])) {
				return "", 0, fmt.Errorf(`in text, \ goes before \ ' " n or t only`)
			}
			b.WriteByte(strings.NewReplacer("n", "\n", "t", "\t").Replace(source[i : i+1])[0])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, fmt.Errorf("the text that begins with %c does not end", quote)
}

func isLetter(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
