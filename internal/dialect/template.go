package dialect

import (
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
)

// program is a compiled template: constant bytes and what is computed between
// them.
type program []step

type step struct {
	constant []byte
	run      func(dst []byte, e *env) []byte
}

func (p program) append(dst []byte, e *env) []byte {
	for i := range p {
		dst = append(dst, p[i].constant...)
		if p[i].run != nil {
			dst = p[i].run(dst, e)
		}
	}
	return dst
}

func (p *program) constant(text string) {
	if n := len(*p); n > 0 && (*p)[n-1].run == nil {
		(*p)[n-1].constant = append((*p)[n-1].constant, text...)
		return
	}
	*p = append(*p, step{constant: []byte(text)})
}

func (p *program) dynamic(run func(dst []byte, e *env) []byte) {
	if n := len(*p); n > 0 && (*p)[n-1].run == nil {
		(*p)[n-1].run = run
		return
	}
	*p = append(*p, step{run: run})
}

// value adds the JSON of an expression.
func (p *program) value(x expression) {
	eval := x.eval
	p.dynamic(func(dst []byte, e *env) []byte {
		v := eval(e)
		return appendValue(dst, &v)
	})
}

// compiler turns nodes into programs and notes what is wrong with them.
type compiler struct {
	*notes
	nodes int      // compiled so far, aliases counted each time
	cel   *cel.Env // of all expressions of the file
}

// json adds the JSON form of a template to p.
func (c *compiler) json(p *program, n *node, s *factScope, depth int) {
	if c.nodes++; depth > maxDepth || c.nodes > maxNodes {
		if depth > maxDepth || c.nodes == maxNodes+1 {
			c.at(n.line, n.column, "the template is too large: %d levels and %d values are the most", maxDepth, maxNodes)
		}
		return
	}
	switch n.kind {
	case mapNode:
		if n.get("$each") != nil || n.get("$item") != nil {
			c.each(p, n, s, depth)
			return
		}
		p.constant("{")
		c.members(p, n, s, depth, false)
		p.constant("}")
	case listNode:
		p.constant("[")
		for i, item := range n.items {
			if i > 0 {
				p.constant(",")
			}
			c.json(p, item, s, depth+1)
		}
		p.constant("]")
	default:
		x, constant := c.scalar(n, s)
		if x.eval == nil {
			return
		}
		if constant {
			v := x.eval(nil)
			p.constant(string(appendValue(nil, &v)))
			return
		}
		p.value(x)
	}
}

// members adds the members of an object. With tail they go on an object that is
// under construction, so that a comma comes before each.
func (c *compiler) members(p *program, n *node, s *factScope, depth int, tail bool) {
	left := false // whether a member before may have been left out
	for i, member := range n.pairs {
		key, optional := strings.CutSuffix(member.key, "?")
		c.memberKey(n, member, key)
		name := string(append(appendString(nil, key), ':'))
		if optional {
			c.optional(p, name, member.value, s, tail)
			left = true
			continue
		}
		switch {
		case tail || i > 0 && !left:
			p.constant(",")
		case left:
			p.dynamic(func(dst []byte, _ *env) []byte { return appendComma(dst) })
		}
		p.constant(name)
		c.json(p, member.value, s, depth+1)
	}
}

func (c *compiler) memberKey(n *node, member pair, key string) {
	switch {
	case key == "":
		c.at(member.place.line, member.place.column, "the key is empty")
	case strings.Contains(key, "${"):
		c.at(member.place.line, member.place.column, "a key cannot be an expression")
	case strings.HasPrefix(key, "$"):
		c.at(member.place.line, member.place.column, "a key cannot begin with $; a list is written {$each: LIST, $item: TEMPLATE}")
	case key != member.key && n.get(key) != nil:
		c.at(member.place.line, member.place.column, "the key %q is there twice, once with ?", key)
	}
}

// optional adds a member that is left out when its value is empty.
func (c *compiler) optional(p *program, name string, n *node, s *factScope, tail bool) {
	x, constant := c.scalar(n, s)
	if x.eval == nil {
		return
	}
	if constant {
		c.at(n.line, n.column, "a key with ? needs an expression: a constant is never left out")
		return
	}
	eval := x.eval
	p.dynamic(func(dst []byte, e *env) []byte {
		v := eval(e)
		if v.empty() {
			return dst
		}
		if tail {
			dst = append(dst, ',')
		} else {
			dst = appendComma(dst)
		}
		dst = append(dst, name...)
		return appendValue(dst, &v)
	})
}

// appendComma separates members where it is not known before which come first.
func appendComma(dst []byte) []byte {
	if len(dst) > 0 && dst[len(dst)-1] == '{' {
		return dst
	}
	return append(dst, ',')
}

// each adds an array with one item for each row of a list.
func (c *compiler) each(p *program, n *node, s *factScope, depth int) {
	list, item := n.get("$each"), n.get("$item")
	if list == nil || item == nil || len(n.pairs) != 2 {
		c.at(n.line, n.column, "a list is written {$each: LIST, $item: TEMPLATE}")
		return
	}
	name := list.text
	if list.kind != textNode || s.lists[name] == nil {
		known := make([]string, 0, len(s.lists))
		for each := range s.lists {
			known = append(known, each)
		}
		slices.Sort(known)
		c.at(list.line, list.column, "%s has no list %q here; it has %s", s.where, name, orNone(known))
		return
	}
	var inner program
	c.json(&inner, item, s.within(name), depth+1)
	p.dynamic(func(dst []byte, e *env) []byte {
		dst = append(dst, '[')
		rows := e.facts.Lists[name]
		for i := range rows {
			if i > 0 {
				dst = append(dst, ',')
			}
			e.row = &rows[i]
			dst = inner.append(dst, e)
		}
		e.row = nil
		return append(dst, ']')
	})
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}
