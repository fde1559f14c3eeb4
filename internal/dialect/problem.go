package dialect

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a dialect file, and where.
type Problem struct {
	File    string
	Line    int // from 1
	Column  int // from 1
	Message string
	excerpt string
}

// Error returns file:line:column, the message, and the line with a caret.
func (p *Problem) Error() string {
	text := fmt.Sprintf("%s:%d:%d: %s", p.File, p.Line, p.Column, p.Message)
	if p.excerpt != "" {
		text += "\n" + p.excerpt
	}
	return text
}

// notes collects the problems of one file, so that an author sees all of them.
type notes struct {
	file     string
	lines    []string
	problems []*Problem
}

const maxProblems = 20

// at notes a problem.
func (n *notes) at(line, column int, format string, args ...any) {
	if len(n.problems) >= maxProblems {
		return
	}
	line, column = max(line, 1), max(column, 1)
	p := &Problem{File: n.file, Line: line, Column: column, Message: fmt.Sprintf(format, args...)}
	if line <= len(n.lines) {
		p.excerpt = caret(n.lines[line-1], line, column)
	}
	n.problems = append(n.problems, p)
}

// caret shows one line of the source and points at a column.
func caret(text string, line, column int) string {
	const widest = 160
	if len(text) > widest {
		text = strings.ToValidUTF8(text[:widest], "")
	}
	text = strings.ReplaceAll(text, "\t", " ")
	prefix := fmt.Sprintf("%5d | ", line)
	return prefix + text + "\n" + strings.Repeat(" ", len(prefix)+min(column-1, widest)) + "^"
}

// err returns all problems in the order of the file, each once: an alias can
// bring the same one up several times.
func (n *notes) err() error {
	slices.SortStableFunc(n.problems, func(a, b *Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var all []error
	var last Problem
	for _, p := range n.problems {
		if *p != last {
			all = append(all, p)
		}
		last = *p
	}
	return errors.Join(all...)
}
