package admin

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Action is what applying a file does to one thing.
type Action string

// Actions.
const (
	Create    Action = "create"
	Update    Action = "change"
	Remove    Action = "remove"
	Unchanged Action = "unchanged"
)

// Change is one thing that a file speaks of and what becomes of it.
type Change struct {
	Action Action
	Kind   string   // "client"
	Name   string   // by which the file knows it
	Fields []string // "scopes: [a] -> [a b]"; secrets only as "(secret)"
}

// Plan is what applying files does, or would do.
type Plan struct{ Changes []Change }

// Changed reports whether there is anything to write.
func (p *Plan) Changed() bool {
	return p.count(Unchanged) < len(p.Changes)
}

func (p *Plan) count(action Action) int {
	n := 0
	for _, c := range p.Changes {
		if c.Action == action {
			n++
		}
	}
	return n
}

// String lists what is created, changed and removed, field by field, and ends with a line
// of totals.
func (p *Plan) String() string {
	var out strings.Builder
	for _, c := range p.Changes {
		if c.Action == Unchanged {
			continue
		}
		fmt.Fprintf(&out, "%s %s %s\n", c.Action, c.Kind, c.Name)
		for _, field := range c.Fields {
			fmt.Fprintf(&out, "    %s\n", field)
		}
	}
	return out.String() + p.summary() + "\n"
}

func (p *Plan) summary() string {
	text := fmt.Sprintf("%d created, %d changed, %d unchanged", p.count(Create), p.count(Update), p.count(Unchanged))
	if n := p.count(Remove); n > 0 {
		text += fmt.Sprintf(", %d removed", n)
	}
	return text
}

// detailLength bounds what the audit trail keeps of a plan.
const detailLength = 2000

// detail is the text of the audit record: the totals, and each thing with the
// names and values of its fields as far as there is room.
func (p *Plan) detail() string {
	text := p.summary()
	for _, c := range p.Changes {
		if c.Action == Unchanged {
			continue
		}
		part := fmt.Sprintf("; %s %s %s", c.Action, c.Kind, c.Name)
		if c.Action == Update {
			part += " (" + strings.Join(c.Fields, ", ") + ")"
		}
		if len(text)+len(part) > detailLength {
			return text + "; …"
		}
		text += part
	}
	return text
}

// show is a text as plans and the audit trail print it: quoted if anything in it
// could be mistaken for something else (H12).
func show(text string) string {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '"' || r == '\\' }
	if text == "" || strings.ContainsFunc(text, odd) {
		return strconv.QuoteToASCII(text)
	}
	return text
}

func showList(values []string) string {
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = show(v)
	}
	return "[" + strings.Join(shown, " ") + "]"
}
