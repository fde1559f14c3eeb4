package server_test

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"claviger/internal/server/servertest"
)

// scriptedVisit is an entry of "browser" in the suite's configuration: for addresses that
// match, the tasks that its browser performs there, one page after the other.
type scriptedVisit struct {
	Match string
	Tasks []struct {
		Task, Match string
		Optional    bool
		Commands    [][]any
	}
}

// scripted is the suite's browser: it does what a configuration says.
type scripted struct {
	*party
	visits  []scriptedVisit
	page    *servertest.Page
	typed   map[string]string // fields of the page, by name
	picture bool              // a page was kept as the picture that the module asks for
}

const suiteServer = "https://localhost:9443" // in the configuration

// matched is Spring's simple pattern: * is anything.
func matched(pattern, text string) bool {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*") + "$").MatchString(text)
}

// at is the address of the page, as it would be behind the configured one.
func (s *scripted) at() string {
	if s.page.Left != nil {
		return s.page.Left.String()
	}
	return suiteServer + strings.TrimPrefix(s.page.Path, suiteIssuer)
}

// run opens a path and performs the tasks for it, as the suite does: a page that
// does not match a task is an error, but for an optional one.
func (s *scripted) run(open func() *servertest.Page, path string) {
	s.t.Helper()
	i := slices.IndexFunc(s.visits, func(v scriptedVisit) bool { return matched(v.Match, suiteServer+path) })
	if i < 0 {
		s.t.Fatalf("nothing matches %s", path)
	}
	s.page, s.typed = open(), map[string]string{}
	for _, task := range s.visits[i].Tasks {
		if !matched(task.Match, s.at()) {
			if !task.Optional {
				s.t.Fatalf("%s: the page is %s\n%s", task.Task, s.at(), s.page.Body)
			}
			continue
		}
		for _, command := range task.Commands {
			s.do(task.Task, command)
		}
	}
}

func (s *scripted) do(task string, command []any) {
	s.t.Helper()
	text := func(i int) string {
		if i >= len(command) {
			return ""
		}
		value, _ := command[i].(string)
		return value
	}
	if text(2) == "submission_complete" { // is on the suite's own page, where the answer takes the browser
		if !isAnswer(s.page) {
			s.t.Fatalf("%s: %s is no answer to the client\n%s", task, s.at(), s.page.Body)
		}
		if s.page.Left == nil { // by now the form has posted itself
			s.page = s.page.Form("iss").Send()
		}
		return
	}
	form, element := s.find(text(1), text(2))
	if element == nil {
		s.t.Fatalf("%s: there is no %s %q on %s\n%s", task, text(1), text(2), s.at(), s.page.Body)
	}
	switch text(0) {
	case "text":
		s.typed[named(element, "name")] = text(3)
	case "click":
		filled := s.page.Forms[form]
		for name, value := range s.typed {
			filled.Set(name, value)
		}
		if name := named(element, "name"); name != "" {
			filled.Set(name, named(element, "value"))
		}
		s.page, s.typed = filled.Send(), map[string]string{}
	case "wait":
		if !regexp.MustCompile(text(4)).MatchString(content(element)) {
			s.t.Fatalf("%s: %q on %s, want %q", task, content(element), s.at(), text(4))
		}
		s.picture = s.picture || text(5) == "update-image-placeholder"
	default:
		s.t.Fatalf("%s: command %v", task, command)
	}
}

// find returns the first element of a page by id, class or, as "css", by its kind,
// and which of the page's forms it is in.
func (s *scripted) find(by, what string) (form int, found *html.Node) {
	s.t.Helper()
	root, err := html.Parse(strings.NewReader(s.page.Body))
	if err != nil {
		s.t.Fatal(err)
	}
	form = -1
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		if node.Data == "form" {
			form++
		}
		switch {
		case by == "id" && named(node, "id") == what,
			by == "class" && slices.Contains(strings.Fields(named(node, "class")), what),
			by == "css" && node.Data == what:
			return form, node
		}
	}
	return form, nil
}

func named(node *html.Node, name string) string {
	i := slices.IndexFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
	if i < 0 {
		return ""
	}
	return node.Attr[i].Val
}

func content(node *html.Node) string {
	var text strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
		}
	}
	return text.String()
}
