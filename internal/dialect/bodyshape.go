package dialect

import (
	"regexp"
	"slices"
	"strings"
)

// bodyField is a declared field of the body, in the order of the file.
type bodyField struct {
	name      string // dotted
	kind      kind
	required  bool
	oneOf     []string
	grantType bool // a value that is not in oneOf is an unknown grant type
}

// bodyShape is what a route reads of a body. tree finds the slot of a field by
// name, level by level.
type bodyShape struct {
	fields []bodyField
	tree   bodyLevel
}

type bodyLevel map[string]bodyPlace

// bodyPlace is a field, or an object with fields in it.
type bodyPlace struct {
	slot  int
	below bodyLevel // nil: a field
}

var fieldForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_:\[\]-]*(\.[A-Za-z_][A-Za-z0-9_:\[\]-]*)*$`)

const maxFields = 64

// bodyTypes are the types that a field can be declared with.
var bodyTypes = map[string]kind{"string": textKind, "integer": intKind, "boolean": boolKind, "strings": textsKind}

func (l *loader) bodyShape(n *node) bodyShape {
	shape := bodyShape{tree: bodyLevel{}}
	if n == nil {
		return shape
	}
	if n.kind != mapNode {
		l.at(n.line, n.column, "expected a mapping of fields, not %s", n.kind)
		return shape
	}
	if len(n.pairs) > maxFields {
		l.at(n.line, n.column, "more than %d fields", maxFields)
		return shape
	}
	for _, p := range n.pairs {
		if !fieldForm.MatchString(p.key) {
			l.at(p.place.line, p.place.column, "%q is not the name of a field", p.key)
			continue
		}
		if !shape.tree.place(strings.Split(p.key, "."), len(shape.fields)) {
			l.at(p.place.line, p.place.column, "%q is a field and an object at once", p.key)
		}
		shape.fields = append(shape.fields, l.bodyField(p))
	}
	return shape
}

func (l *loader) bodyField(p pair) bodyField {
	f := bodyField{name: p.key, kind: textKind}
	if !l.keys(p.value, "type", "required", "one_of") {
		return f
	}
	if of := p.value.get("type"); of != nil {
		f.kind = bodyTypes[l.oneOf(of, "string", "integer", "boolean", "strings")]
	}
	f.required = l.bool(p.value.get("required"))
	if allowed := p.value.get("one_of"); allowed != nil {
		f.oneOf = l.strings(allowed)
		if f.kind != textKind {
			l.at(allowed.line, allowed.column, "one_of goes with type: string")
		}
	}
	last := p.key[strings.LastIndexByte(p.key, '.')+1:]
	f.grantType = strings.EqualFold(strings.ReplaceAll(last, "_", ""), "granttype")
	return f
}

// place puts a field into the tree; false when the name is taken at some level.
func (t bodyLevel) place(path []string, slot int) bool {
	at, exists := t[path[0]]
	if len(path) == 1 {
		t[path[0]] = bodyPlace{slot: slot}
		return !exists
	}
	if exists && at.below == nil {
		return false
	}
	if !exists {
		at.below = bodyLevel{}
		t[path[0]] = at
	}
	return at.below.place(path[1:], slot)
}

// slot returns the index of a field by its dotted name, or -1.
func (s *bodyShape) slot(name string) int {
	return slices.IndexFunc(s.fields, func(f bodyField) bool { return f.name == name })
}
