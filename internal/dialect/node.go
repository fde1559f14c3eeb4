package dialect

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Limits of a file (J01, J04).
const (
	maxFile  = 64 << 10 // bytes
	maxNodes = 20_000   // with every alias counted as what it stands for
	maxDepth = 24
)

type nodeKind uint8

const (
	nullNode nodeKind = iota
	textNode
	numberNode
	boolNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "text", "a number", "a boolean", "a list", "a mapping"}[k]
}

// node is a YAML value with its place in the file. An alias is the node of its
// anchor, so a node can be reached by several ways and is never changed.
type node struct {
	kind   nodeKind
	line   int
	column int
	text   string
	number int64
	truth  bool
	items  []*node
	pairs  []pair
	size   int // nodes below, aliases counted as what they stand for
}

type pair struct {
	key   string
	place *node // where the key is
	value *node
}

// get returns the value of a key, or nil.
func (n *node) get(key string) *node {
	for i := range n.pairs {
		if n.pairs[i].key == key {
			return n.pairs[i].value
		}
	}
	return nil
}

// parseYAML returns the tree of the file, or nil when there are problems.
func parseYAML(source []byte, n *notes) *node {
	if len(source) > maxFile {
		n.at(1, 1, "the file is larger than %d bytes", maxFile)
		return nil
	}
	if !utf8.Valid(source) {
		n.at(1, 1, "the file is not valid UTF-8")
		return nil
	}
	if line := tooDeep(n.lines); line > 0 {
		n.at(line, 1, "too deeply nested")
		return nil
	}
	file, err := parseSafely(source)
	if err != nil {
		n.syntax(err)
		return nil
	}
	if len(file.Docs) != 1 || file.Docs[0].Body == nil {
		n.at(1, 1, "a dialect file holds exactly one YAML document")
		return nil
	}
	t := &tree{notes: n, anchors: map[string]*node{}}
	root := t.convert(file.Docs[0].Body, 0)
	if len(n.problems) > 0 {
		return nil
	}
	return root
}

// parseSafely turns a panic of the parser on hostile input into an error.
func parseSafely(source []byte) (file *ast.File, err error) {
	defer func() {
		if failure := recover(); failure != nil {
			err = fmt.Errorf("the file cannot be parsed: %v", failure)
		}
	}()
	return parser.ParseBytes(source, 0)
}

// tooDeep returns the first line whose flow or compact nesting is absurd, before
// a recursive parser sees it; 0 for none.
func tooDeep(lines []string) int {
	depth := 0
	for i, line := range lines {
		for _, c := range []byte(line) {
			switch c {
			case '[', '{':
				depth++
			case ']', '}':
				depth = max(depth-1, 0)
			}
		}
		if depth > maxDepth*4 || strings.Count(line, "- ")+strings.Count(line, "? ") > maxDepth*2 ||
			len(line)-len(strings.TrimLeft(line, " ")) > maxDepth*16 {
			return i + 1
		}
	}
	return 0
}

// syntax notes an error of the parser, with a hint where ${…} is the cause.
func (n *notes) syntax(err error) {
	var e yaml.Error
	if !errors.As(err, &e) || e.GetToken() == nil || e.GetToken().Position == nil {
		n.at(1, 1, "%v", err)
		return
	}
	place, message := e.GetToken().Position, e.GetMessage()
	if place.Line >= 1 && place.Line <= len(n.lines) && strings.Contains(n.lines[place.Line-1], "${") {
		message += `; inside { } or [ ], and where it holds ": " or " #", an expression needs quotes: "${…}"`
	}
	n.at(place.Line, place.Column, "%s", message)
}

// tree turns the parser's tree into ours.
type tree struct {
	*notes
	anchors map[string]*node
}

func (t *tree) convert(from ast.Node, depth int) *node {
	out := &node{size: 1}
	if from == nil {
		return out
	}
	if token := from.GetToken(); token != nil && token.Position != nil {
		out.line, out.column = token.Position.Line, token.Position.Column
	}
	if depth > maxDepth {
		t.at(out.line, out.column, "more than %d levels deep", maxDepth)
		return out
	}
	switch from := from.(type) {
	case *ast.AnchorNode:
		return t.anchor(from, out, depth)
	case *ast.AliasNode:
		return t.alias(from, out)
	case *ast.MappingNode:
		t.mapping(out, from.Values, depth)
	case *ast.MappingValueNode:
		t.mapping(out, []*ast.MappingValueNode{from}, depth)
	case *ast.SequenceNode:
		out.kind = listNode
		for _, item := range from.Values {
			child := t.convert(item, depth+1)
			out.items = append(out.items, child)
			t.grow(out, child)
		}
	default:
		t.scalar(out, from)
	}
	return out
}

func (t *tree) scalar(out *node, from ast.Node) {
	switch from := from.(type) {
	case *ast.StringNode:
		out.kind, out.text = textNode, from.Value
	case *ast.LiteralNode:
		out.kind, out.text = textNode, from.Value.Value
	case *ast.BoolNode:
		out.kind, out.truth = boolNode, from.Value
	case *ast.NullNode:
	case *ast.IntegerNode:
		out.kind = numberNode
		switch value := from.Value.(type) {
		case int64:
			out.number = value
		case uint64:
			if value > math.MaxInt64 {
				t.at(out.line, out.column, "the number is too large")
			}
			out.number = int64(value)
		}
	case *ast.TagNode:
		t.at(out.line, out.column, "tags are not allowed (%s)", from.Start.Value)
	default:
		t.at(out.line, out.column, "this kind of value is not allowed; put quotes around text")
	}
}

func (t *tree) mapping(out *node, values []*ast.MappingValueNode, depth int) {
	out.kind = mapNode
	seen := map[string]bool{}
	for i, entry := range values {
		place := &node{}
		if token := entry.Key.GetToken(); token != nil && token.Position != nil {
			place.line, place.column = token.Position.Line, token.Position.Column
		}
		if i == 0 && out.column > place.column || out.line > place.line {
			out.line, out.column = place.line, place.column // a block mapping's own token is its first colon
		}
		key, ok := entry.Key.(*ast.StringNode)
		if !ok {
			t.at(place.line, place.column, "a key must be plain text; put quotes around it")
			continue
		}
		if seen[key.Value] {
			t.at(place.line, place.column, "the key %q is there twice", key.Value)
		}
		seen[key.Value] = true
		child := t.convert(entry.Value, depth+1)
		out.pairs = append(out.pairs, pair{key: key.Value, place: place, value: child})
		t.grow(out, child)
	}
}

func (t *tree) anchor(from *ast.AnchorNode, out *node, depth int) *node {
	name := from.Name.GetToken().Value
	if _, ok := t.anchors[name]; ok {
		t.at(out.line, out.column, "the anchor &%s is set twice", name)
	}
	value := t.convert(from.Value, depth)
	t.anchors[name] = value // only now, so that no anchor can hold itself
	return value
}

func (t *tree) alias(from *ast.AliasNode, out *node) *node {
	name := from.Value.GetToken().Value
	value, ok := t.anchors[name]
	if !ok {
		t.at(out.line, out.column, "the alias *%s has no anchor before it", name)
		return out
	}
	return value
}

// grow adds up sizes, so that aliases of aliases cannot multiply unseen (J04).
func (t *tree) grow(out, child *node) {
	before := out.size
	out.size = min(out.size+child.size, maxNodes+1)
	if before <= maxNodes && child.size <= maxNodes && out.size > maxNodes {
		t.at(out.line, out.column, "the file grows to more than %d values by its aliases", maxNodes)
	}
}
