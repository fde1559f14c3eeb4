package dialect

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// Parse reads, checks and compiles one dialect file. The error holds every
// *Problem that was found; file is the name that they begin with.
func Parse(file string, source []byte) (*Dialect, error) {
	n := &notes{file: file, lines: strings.Split(string(source), "\n")}
	if len(source) > maxFile {
		n.lines = nil
	}
	root := parseYAML(source, n)
	if root == nil {
		return nil, n.err()
	}
	l := &loader{compiler: compiler{notes: n}, dialect: &Dialect{file: file}}
	l.file(root)
	if len(n.problems) > 0 {
		return nil, n.err()
	}
	return l.dialect, nil
}

// loader builds one dialect from its tree.
type loader struct {
	compiler
	dialect  *Dialect
	root     *node
	defaults *node
	kinds    []kind // kinds of the dialect's values, by index
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)

func (l *loader) file(root *node) {
	l.root = root
	if !l.keys(root, "dialect", "title", "base", "api_key_header", "acting_account_header", "access_token",
		"refresh_token", "id_token", "authorization", "api_keys", "errors", "defaults", "routes") {
		return
	}
	d := l.dialect
	d.Name, d.Title = l.required(root, "dialect"), l.string(root.get("title"))
	if d.Name != "" && !nameForm.MatchString(d.Name) {
		n := root.get("dialect")
		l.at(n.line, n.column, "a dialect's name is lower-case letters, digits, - and _")
	}
	if d.Title == "" {
		d.Title = d.Name
	}
	d.apiKeyHeader = l.header(root.get("api_key_header"))
	d.actingHeader = l.header(root.get("acting_account_header"))
	l.profile(root.get("access_token"), root.get("refresh_token"))
	l.browser(root.get("authorization"), root.get("id_token"))
	l.apiKeys(root.get("api_keys"))
	l.collectValues()
	l.dialectErrors(root)
	if l.defaults = root.get("defaults"); l.defaults != nil {
		l.keys(l.defaults, "authentication")
	}
	d.secretNames = slices.Clone(queryCredentials)
	l.routes(root)
}

// keys reports whether n is a mapping, and notes the keys that do not belong.
func (l *loader) keys(n *node, allowed ...string) bool {
	if n.kind != mapNode {
		l.at(n.line, n.column, "expected a mapping with %s, not %s", strings.Join(allowed, ", "), n.kind)
		return false
	}
	for _, p := range n.pairs {
		if !slices.Contains(allowed, p.key) {
			l.at(p.place.line, p.place.column, "unknown key %q; known here are %s", p.key, strings.Join(allowed, ", "))
		}
	}
	return true
}

// required returns the text of a key that must be there.
func (l *loader) required(n *node, key string) string {
	value := n.get(key)
	if value == nil || value.kind == textNode && value.text == "" {
		l.at(n.line, n.column, "%s is missing", key)
		return ""
	}
	return l.string(value)
}

// string returns the text of n; empty when n is nil.
func (l *loader) string(n *node) string {
	if n == nil {
		return ""
	}
	if n.kind != textNode {
		l.at(n.line, n.column, "expected text, not %s", n.kind)
		return ""
	}
	if strings.Contains(n.text, "${") {
		l.at(n.line, n.column, "an expression is not possible here")
	}
	return n.text
}

func (l *loader) bool(n *node) bool {
	if n == nil {
		return false
	}
	if n.kind != boolNode {
		l.at(n.line, n.column, "expected true or false, not %s", n.kind)
	}
	return n.truth
}

// strings returns a list of text without repetitions; each must be in allowed,
// when that is given.
func (l *loader) strings(n *node, allowed ...string) []string {
	if n == nil {
		return nil
	}
	if n.kind != listNode {
		l.at(n.line, n.column, "expected a list, not %s", n.kind)
		return nil
	}
	var out []string
	for _, item := range n.items {
		text := l.string(item)
		switch {
		case slices.Contains(out, text):
			l.at(item.line, item.column, "%q is there twice", text)
		case len(allowed) > 0 && !slices.Contains(allowed, text):
			l.at(item.line, item.column, "%q is not one of %s", text, strings.Join(allowed, ", "))
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		l.at(n.line, n.column, "the list is empty")
	}
	return out
}

// oneOf returns the text of n, which must be in allowed.
func (l *loader) oneOf(n *node, allowed ...string) string {
	text := l.string(n)
	if n != nil && n.kind == textNode && !slices.Contains(allowed, text) {
		l.at(n.line, n.column, "%q is not one of %s", text, strings.Join(allowed, ", "))
	}
	return text
}

var headerForm = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$")

// header returns the name of a request header.
func (l *loader) header(n *node) string {
	name := l.string(n)
	if n != nil && n.kind == textNode && !headerForm.MatchString(name) {
		l.at(n.line, n.column, "not the name of a header")
	}
	if strings.EqualFold(name, "Authorization") {
		l.at(n.line, n.column, "Authorization is read by its schemes; it cannot be renamed")
	}
	return http.CanonicalHeaderKey(name)
}
