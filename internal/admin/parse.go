package admin

import (
	"errors"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// File is a configuration file to apply.
type File struct {
	Name string // as it is to stand in messages
	Data []byte
}

// Problem is one thing that is wrong with a configuration file. Its text never
// holds a secret.
type Problem struct {
	At   Place
	Text string
}

// Error returns file:line:column: text.
func (p Problem) Error() string { return p.At.String() + ": " + p.Text }

// Problems is everything that was found wrong, in the order of the files.
type Problems []Problem

// Error returns a line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// parse reads a file. Unknown and duplicate keys, wrong types, aliases, tags and
// empty values are refused.
func parse(file File) (*document, error) {
	d := &document{}
	err := decode(file.Data, d)
	if err == nil {
		return d, nil
	}
	var problem Problem
	var invalid yaml.Error
	switch {
	case errors.As(err, &problem):
	case errors.As(err, &invalid):
		problem = Problem{placeOfToken(invalid.GetToken()), invalid.GetMessage()}
	default:
		problem = Problem{Place{Line: 1, Column: 1}, "the file could not be read as YAML"}
	}
	problem.At.File = file.Name
	return nil, Problems{problem}
}

func decode(data []byte, into *document) error {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return err
	}
	if len(file.Docs) > 1 {
		return Problem{placeOf(file.Docs[1]), "a file holds one document"}
	}
	if len(file.Docs) == 0 || file.Docs[0].Body == nil {
		return nil
	}
	var plain plainness
	if ast.Walk(&plain, file.Docs[0].Body); plain.problem != nil {
		return *plain.problem
	}
	return yaml.NodeToValue(file.Docs[0].Body, into, yaml.Strict())
}

const noValue = "a value is missing; leave the key out to keep what is stored"

// plainness finds what a configuration file does without: aliases, whose
// expansion has no bounds (J04), tags, and keys without a value, which could
// mean "leave it" as well as "clear it".
type plainness struct{ problem *Problem }

// Visit implements ast.Visitor.
func (v *plainness) Visit(node ast.Node) ast.Visitor {
	if v.problem != nil {
		return nil
	}
	switch node.Type() {
	case ast.AliasType, ast.AnchorType, ast.MergeKeyType:
		v.problem = &Problem{placeOf(node), "anchors and aliases are not taken here"}
	case ast.TagType:
		v.problem = &Problem{placeOf(node), "tags are not taken here"}
	case ast.NullType:
		v.problem = &Problem{placeOf(node), noValue}
	}
	if entry, ok := node.(*ast.MappingValueNode); ok && entry.Value.Type() == ast.NullType {
		v.problem = &Problem{placeOf(entry.Key), noValue}
	}
	return v
}
