package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// file reads the YAML file at path. It walks the syntax tree instead of decoding
// it, because every value keeps its line and column for the problems that are
// found only later.
func (l *loader) file(path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("configuration file: %w", err))
		return
	}
	document, err := parser.ParseBytes(text, 0)
	if err != nil {
		l.syntaxError(path, err)
		return
	}
	if len(document.Docs) > 1 {
		l.problem(path, "", "must hold one YAML document")
		return
	}
	for _, doc := range document.Docs {
		l.section(path, "", doc.Body)
	}
}

// syntaxError drops the excerpt that the parser prints with its message: the
// lines around a mistake may hold a password.
func (l *loader) syntaxError(path string, err error) {
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil {
		l.problem(at(path, syntax.GetToken()), "", "%s", syntax.GetMessage())
		return
	}
	l.problem(path, "", "is not YAML")
}

func at(path string, t *token.Token) string {
	return fmt.Sprintf("%s:%d:%d", path, t.Position.Line, t.Position.Column)
}

// section reads the keys below prefix ("" or "log."). A section without keys
// is left as it is.
func (l *loader) section(path, prefix string, node ast.Node) {
	switch node := node.(type) {
	case nil, *ast.NullNode, *ast.CommentGroupNode:
	case *ast.MappingNode:
		for _, entry := range node.Values {
			l.entry(path, prefix, entry)
		}
	case *ast.MappingValueNode:
		l.entry(path, prefix, node)
	default:
		l.problem(at(path, node.GetToken()), strings.TrimSuffix(prefix, "."), "must hold keys and values")
	}
}

func (l *loader) entry(path, prefix string, entry *ast.MappingValueNode) {
	keyToken := entry.Key.GetToken()
	key := prefix + keyToken.Value
	s, known := l.find(key)
	switch {
	case strings.Contains(keyToken.Value, "."):
		l.problem(at(path, keyToken), "", "unknown key %q; keys below another one are indented under it", key)
	case known:
		l.value(path, s, entry)
	case l.isSection(key):
		l.section(path, key+".", entry.Value)
	default:
		l.problem(at(path, keyToken), "", "unknown key %q; did you mean %q?", key, nearest(key, l.keys()))
	}
}

// value reads one setting. Its source is where the value stands.
func (l *loader) value(path string, s setting, entry *ast.MappingValueNode) {
	source := at(path, entry.Value.GetToken())
	if s.key == "master_key" {
		l.problem(at(path, entry.Key.GetToken()), s.key, "can't stand in a file, because such files are copied, "+
			"committed and backed up with what the key protects: set %s, or name a file of its own with master_key_file", s.variable())
		return
	}
	if s.isList() {
		items, err := listItems(entry.Value)
		if err == nil {
			err = s.setList(items)
		}
		l.took(s, source, err)
		return
	}
	if s.isRules() {
		l.took(s, source, nil)
		l.rules(path, s.key, entry.Value)
		return
	}
	text, err := scalarText(entry.Value)
	if err == nil {
		err = s.setText(text)
	}
	l.took(s, source, err)
}

func listItems(node ast.Node) ([]string, error) {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return nil, errors.New("must be a list: [a, b]")
	}
	items := []string{}
	for _, value := range sequence.Values {
		text, err := scalarText(value)
		if err != nil {
			return nil, errors.New("must be a list of plain values")
		}
		items = append(items, text)
	}
	return items, nil
}

// scalarText returns a plain value as it is written. Anchors, aliases and tags
// are not read: nothing here needs them.
func scalarText(node ast.Node) (string, error) {
	switch node := node.(type) {
	case *ast.StringNode:
		return node.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return node.GetToken().Value, nil
	case *ast.NullNode:
		return "", errors.New("has no value; leave the key out to have the default")
	}
	return "", errors.New("must be a plain value")
}

func (l *loader) isSection(key string) bool {
	return slices.ContainsFunc(l.settings, func(s setting) bool { return strings.HasPrefix(s.key, key+".") })
}

func (l *loader) keys() []string {
	var keys []string
	for _, s := range l.settings {
		keys = append(keys, s.key)
	}
	return keys
}
