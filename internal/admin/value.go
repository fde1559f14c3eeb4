package admin

import (
	"fmt"
	"strconv"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// Place is where something stands in a configuration file.
type Place struct {
	File         string
	Line, Column int // from 1
}

// String returns file:line:column.
func (p Place) String() string { return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column) }

// placeOf is the place of a node, without the file, which a node does not know.
func placeOf(node ast.Node) Place {
	switch n := node.(type) {
	case *ast.MappingNode: // its own token is the first colon
		if len(n.Values) > 0 {
			return placeOf(n.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(n.Key)
	}
	return placeOfToken(node.GetToken())
}

func placeOfToken(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{Line: 1, Column: 1}
	}
	return Place{Line: t.Position.Line, Column: t.Position.Column}
}

// scalar is a value of a file with its place. A zero Place.Line means that the
// file does not say.
type scalar[T any] struct {
	Value T
	At    Place
}

func (s scalar[T]) set() bool { return s.At.Line > 0 }

type (
	text      struct{ scalar[string] }
	number    struct{ scalar[int64] }
	flag      struct{ scalar[bool] }
	duration  struct{ scalar[time.Duration] }
	instant   struct{ scalar[time.Time] }
	list      struct{ scalar[[]text] }
	texts     struct{ scalar[map[string]text] }
	reference struct{ scalar[string] } // an account, by id or by number
)

func wrong(node ast.Node, want string) error {
	return Problem{placeOf(node), "this must be " + want}
}

func stringOf(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	}
	return "", false
}

func (v *text) UnmarshalYAML(node ast.Node) error {
	value, ok := stringOf(node)
	if !ok {
		return wrong(node, "text (in quotes, if it looks like a number or a truth value)")
	}
	v.Value, v.At = value, placeOf(node)
	return nil
}

func (v *reference) UnmarshalYAML(node ast.Node) error {
	if integer, ok := node.(*ast.IntegerNode); ok {
		v.Value, v.At = integer.GetToken().Value, placeOf(node)
		return nil
	}
	var t text
	err := t.UnmarshalYAML(node)
	v.scalar = t.scalar
	return err
}

func (v *number) UnmarshalYAML(node ast.Node) error {
	value, err := int64(0), error(nil)
	if _, ok := node.(*ast.IntegerNode); ok {
		value, err = strconv.ParseInt(node.GetToken().Value, 10, 64)
	}
	if _, ok := node.(*ast.IntegerNode); !ok || err != nil || value < 0 {
		return wrong(node, "a whole number, zero or more")
	}
	v.Value, v.At = value, placeOf(node)
	return nil
}

func (v *flag) UnmarshalYAML(node ast.Node) error {
	truth, ok := node.(*ast.BoolNode)
	if !ok {
		return wrong(node, "true or false")
	}
	v.Value, v.At = truth.Value, placeOf(node)
	return nil
}

func (v *duration) UnmarshalYAML(node ast.Node) error {
	value, _ := stringOf(node)
	parsed, err := time.ParseDuration(value)
	if err != nil || parsed < 0 {
		return wrong(node, "a length of time such as 15m or 720h")
	}
	v.Value, v.At = parsed, placeOf(node)
	return nil
}

func (v *instant) UnmarshalYAML(node ast.Node) error {
	value, _ := stringOf(node)
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if parsed, err := time.Parse(layout, value); err == nil {
			v.Value, v.At = parsed.UTC(), placeOf(node)
			return nil
		}
	}
	return wrong(node, "a date such as 2027-06-30 or 2027-06-30T12:00:00Z")
}

func (v *list) UnmarshalYAML(node ast.Node) error {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return wrong(node, "a list")
	}
	v.Value, v.At = make([]text, len(sequence.Values)), placeOf(node)
	for i, item := range sequence.Values {
		if err := v.Value[i].UnmarshalYAML(item); err != nil {
			return err
		}
	}
	return nil
}

func (v *texts) UnmarshalYAML(node ast.Node) error {
	if node.Type() != ast.MappingType && node.Type() != ast.MappingValueType {
		return wrong(node, "a mapping")
	}
	v.At = placeOf(node)
	return yaml.NodeToValue(node, &v.Value, yaml.Strict())
}

// item is an entry of a section.
type item[T any] struct {
	Value T
	At    Place
}

type items[T any] []item[T]

func (v *item[T]) UnmarshalYAML(node ast.Node) error {
	if node.Type() != ast.MappingType && node.Type() != ast.MappingValueType {
		return wrong(node, "a mapping")
	}
	v.At = placeOf(node)
	return yaml.NodeToValue(node, &v.Value, yaml.Strict())
}

func (v *items[T]) UnmarshalYAML(node ast.Node) error {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return wrong(node, "a list")
	}
	*v = make([]item[T], len(sequence.Values))
	for i, entry := range sequence.Values {
		if err := (*v)[i].UnmarshalYAML(entry); err != nil {
			return err
		}
	}
	return nil
}
