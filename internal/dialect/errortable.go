package dialect

import (
	"slices"
	"strings"

	"claviger/oauth"
)

// errorTable says how errors look: of a dialect, or of one route.
type errorTable struct {
	body   program // nil on a route that leaves the dialect's
	header []headerLine
	cases  map[string]*errorCase
	uses   map[string]bool // values that body reads
}

// errorCase is the entry of one reason or code.
type errorCase struct {
	status int // 0: the error's own
	values []expression
	header []headerLine
	body   program // nil: the table's
	uses   map[string]bool
	place  *node
	sets   map[string]bool
}

const defaultCase = "default"

// collectValues finds the names under values: in the whole file, so that a body
// can be checked against all cases that it serves.
func (l *loader) collectValues() {
	l.dialect.values, l.kinds = []string{}, nil
	tables := []*node{l.root.get("errors")}
	if routes := l.root.get("routes"); routes != nil {
		for _, route := range routes.pairs {
			tables = append(tables, route.value.get("errors"))
		}
	}
	for _, table := range tables {
		if table == nil || table.get("cases") == nil {
			continue
		}
		for _, entry := range table.get("cases").pairs {
			if values := entry.value.get("values"); values != nil {
				l.nameValues(values)
			}
		}
	}
}

func (l *loader) nameValues(values *node) {
	for _, p := range values.pairs {
		i := slices.Index(l.dialect.values, p.key)
		if i < 0 {
			l.dialect.values = append(l.dialect.values, p.key)
			l.kinds = append(l.kinds, l.guess(p.value))
			continue
		}
		if l.kinds[i] != l.guess(p.value) {
			l.kinds[i] = anyKind
		}
	}
}

// guess returns the kind of a value before it is compiled. An expression could
// be anything.
func (l *loader) guess(n *node) kind {
	switch {
	case n.kind == numberNode:
		return intKind
	case n.kind == boolNode:
		return boolKind
	case n.kind == textNode && !strings.HasPrefix(n.text, "${"):
		return textKind
	}
	return anyKind
}

func (l *loader) dialectErrors(root *node) {
	n := root.get("errors")
	if n == nil {
		l.at(root.line, root.column, "errors is missing")
		return
	}
	d := l.dialect
	d.errors = l.errorTable(n)
	if n.get("body") == nil {
		l.at(n.line, n.column, "errors needs a body")
	}
	if d.errors.cases[defaultCase] == nil {
		l.at(n.line, n.column, "errors needs the case default")
	}
	l.checkValues(d.errors.cases, d.errors.uses)
}

// errorTable compiles the errors section of the dialect or of a route.
func (l *loader) errorTable(n *node) errorTable {
	t := errorTable{cases: map[string]*errorCase{}, uses: map[string]bool{}}
	if !l.keys(n, "body", "header", "cases") {
		return t
	}
	if body := n.get("body"); body != nil {
		l.json(&t.body, body, l.errorScope(t.uses), 0)
	}
	t.header = l.headers(n.get("header"), l.errorScope(t.uses))
	cases := n.get("cases")
	if cases == nil {
		return t
	}
	if cases.kind != mapNode {
		l.at(cases.line, cases.column, "expected a mapping of reasons and codes, not %s", cases.kind)
		return t
	}
	for _, entry := range cases.pairs {
		if entry.key != defaultCase && !oauth.Known(entry.key) {
			l.at(entry.place.line, entry.place.column, "%q is neither a reason nor a code", entry.key)
		}
		t.cases[entry.key] = l.errorCase(entry)
	}
	return t
}

func (l *loader) errorScope(uses map[string]bool) *factScope {
	return &factScope{where: "an error", names: []string{"request", "error"},
		values: l.dialect.values, kinds: l.kinds, uses: uses}
}

func (l *loader) errorCase(entry pair) *errorCase {
	n := entry.value
	out := &errorCase{place: entry.place, uses: map[string]bool{}, sets: map[string]bool{}}
	if !l.keys(n, "status", "values", "header", "body") {
		return out
	}
	if status := n.get("status"); status != nil {
		if status.kind != numberNode || status.number < 400 || status.number > 599 {
			l.at(status.line, status.column, "the status of an error is between 400 and 599")
		}
		out.status = int(status.number)
	}
	out.values = l.caseValues(n.get("values"), out.sets)
	scope := l.errorScope(out.uses)
	out.header = l.headers(n.get("header"), scope)
	if body := n.get("body"); body != nil {
		l.json(&out.body, body, scope, 0)
	}
	return out
}

// caseValues compiles values:. They cannot read each other.
func (l *loader) caseValues(n *node, sets map[string]bool) []expression {
	if n == nil {
		return nil
	}
	if n.kind != mapNode {
		l.at(n.line, n.column, "expected a mapping of values, not %s", n.kind)
		return nil
	}
	out := make([]expression, len(l.dialect.values))
	for _, p := range n.pairs {
		x, _ := l.scalar(p.value, &factScope{where: "a value of an error", names: []string{"request", "error"}})
		out[slices.Index(l.dialect.values, p.key)] = x
		sets[p.key] = true
	}
	return out
}

// checkValues notes the cases that leave out a value which their body reads.
func (l *loader) checkValues(cases map[string]*errorCase, uses map[string]bool) {
	for _, c := range cases {
		needed := uses
		if c.body != nil {
			needed = c.uses
		}
		for name := range needed {
			if !c.sets[name] {
				l.at(c.place.line, c.place.column, "the body reads ${values.%s}, which this case does not set", name)
			}
		}
	}
}

// routeErrors compiles what a route changes.
func (l *loader) routeErrors(rt *Route, n *node) {
	if n == nil {
		return
	}
	rt.errors = l.errorTable(n)
	uses := rt.errors.uses
	if rt.errors.body == nil {
		uses = l.dialect.errors.uses
	} else {
		l.checkValues(l.dialect.errors.cases, uses)
	}
	l.checkValues(rt.errors.cases, uses)
}
