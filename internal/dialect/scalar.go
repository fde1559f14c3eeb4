package dialect

import (
	"regexp"
	"strings"
)

// forgotten matches a constant that was meant as an expression.
var forgotten = regexp.MustCompile(`^(request|token|client|organisation|account|user|role|key|membership|` +
	`service|error|values|body|path|query|header|basic)\.[A-Za-z_]`)

// scalar compiles a scalar of a template. constant reports that it reads nothing.
func (c *compiler) scalar(n *node, s *factScope) (x expression, constant bool) {
	switch n.kind {
	case nullNode:
		return literal(value{}), true
	case numberNode:
		return literal(intValue(n.number)), true
	case boolNode:
		return literal(boolValue(n.truth)), true
	case textNode:
		return c.text(n, s)
	}
	c.at(n.line, n.column, "expected text, a number, a boolean or an expression, not %s", n.kind)
	return expression{}, false
}

func (c *compiler) text(n *node, s *factScope) (x expression, constant bool) {
	parts, ok := c.split(n)
	if !ok {
		return expression{}, false
	}
	if len(parts) == 0 {
		return literal(textValue("")), true
	}
	if len(parts) == 1 && !parts[0].dynamic {
		if match := forgotten.FindString(n.text); match != "" {
			c.at(n.line, n.column, "%q looks like an expression; write ${%s}", n.text, n.text)
		}
		return literal(textValue(n.text)), true
	}
	compiled := make([]expression, len(parts))
	for i, part := range parts {
		if !part.dynamic {
			compiled[i] = literal(textValue(part.text))
			continue
		}
		x, err := c.compile(part.text, s)
		if err != nil {
			c.at(n.line, n.column, "${%s}: %v", part.text, err)
			return expression{}, false
		}
		if x.kind == mapKind && len(parts) > 1 {
			c.at(n.line, n.column, "${%s} is a map; it cannot stand in text", part.text)
		}
		compiled[i] = x
	}
	if len(parts) == 1 {
		return compiled[0], false
	}
	return interpolate(compiled), false
}

// interpolate joins parts to text; null reads as nothing.
func interpolate(parts []expression) expression {
	out := expression{kind: textKind}
	for _, part := range parts {
		out.paths = append(out.paths, part.paths...)
	}
	out.eval = func(e *env) value {
		var buffer [128]byte
		text := buffer[:0]
		for i := range parts {
			v := parts[i].eval(e)
			text = v.appendPlain(text)
		}
		return textValue(string(text))
	}
	return out
}

type textPart struct {
	text    string
	dynamic bool
}

// split cuts text at its ${…}. The end of an expression is the first } outside
// of quotes that no { came before.
func (c *compiler) split(n *node) ([]textPart, bool) {
	var parts []textPart
	for rest := n.text; rest != ""; {
		start := strings.Index(rest, "${")
		if start < 0 {
			parts = append(parts, textPart{text: rest})
			break
		}
		if start > 0 {
			parts = append(parts, textPart{text: rest[:start]})
		}
		end := closing(rest[start+2:])
		if end < 0 {
			c.at(n.line, n.column, "${ without its }")
			return nil, false
		}
		parts = append(parts, textPart{text: strings.TrimSpace(rest[start+2 : start+2+end]), dynamic: true})
		rest = rest[start+2+end+1:]
	}
	return parts, true
}

func closing(text string) int {
	var quote byte
	open := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '{':
			open++
		case c == '}' && open > 0:
			open--
		case c == '}':
			return i
		}
	}
	return -1
}
