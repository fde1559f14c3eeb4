package dialect

import (
	"errors"
	"net/http"
	"slices"
)

// headerLine is a response header and its value.
type headerLine struct {
	name string
	eval func(e *env) value
}

// ownHeaders are the server's own: framing, caching of secrets, cookies, CORS.
var ownHeaders = []string{"Content-Length", "Content-Type", "Content-Encoding", "Transfer-Encoding", "Connection",
	"Trailer", "Upgrade", "Date", "Etag", "Cache-Control", "Pragma", "Set-Cookie", "X-Request-Id",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Strict-Transport-Security"}

// headers compiles a header: section.
func (c *compiler) headers(n *node, s *factScope) []headerLine {
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		c.at(n.line, n.column, "expected a mapping of headers, not %s", n.kind)
		return nil
	}
	var out []headerLine
	for _, p := range n.pairs {
		name := http.CanonicalHeaderKey(p.key)
		switch {
		case !headerForm.MatchString(p.key):
			c.at(p.place.line, p.place.column, "%q is not the name of a header", p.key)
		case slices.Contains(ownHeaders, name):
			c.at(p.place.line, p.place.column, "the header %s is the server's own", name)
		}
		x, constant := c.scalar(p.value, s)
		if x.eval == nil {
			continue
		}
		if constant {
			v := x.eval(nil)
			if !headerText(string(v.appendPlain(nil))) {
				c.at(p.value.line, p.value.column, "the value cannot stand in a header")
			}
		}
		out = append(out, headerLine{name: name, eval: x.eval})
	}
	return out
}

var errHeader = errors.New("a value cannot stand in a header")

// evaluate returns the values of lines; a failure is left in e. What is empty is
// left out.
func evaluate(lines []headerLine, into http.Header, e *env) {
	for _, line := range lines {
		v := line.eval(e)
		text := string(v.appendPlain(nil))
		if !headerText(text) {
			e.failed(errHeader)
			return
		}
		if text != "" {
			into.Set(line.name, text)
		}
	}
}

// headerText reports whether text is free of control characters (H12).
func headerText(text string) bool {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] == 0x7f {
			return false
		}
	}
	return true
}
