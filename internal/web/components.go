package web

import (
	"strings"
	"time"
)

// Console is a page of the console: where one is, a title, and blocks under each
// other. What it and its blocks say is in the reader's language already.
//
// A path is one of this server ("/…", "?…" or "#…") and keeps the language of the
// page; an https address is linked as it is. Anything else is shown as text.
type Console struct {
	Nav      []NavGroup
	Context  Context
	Person   Link   // who is signed in, to their account
	Crumbs   []Link // the pages above this one
	Title    string
	Badge    Badge // beside the title, such as the status of what is shown
	Lead     string
	Notice   string        // what was just done
	Problems []FormProblem // those of no field; the fields' own are added to them
	Actions  []Link        // what to do here; the first is the main one
	Tabs     []NavItem     // pages beside this one
	Blocks   []Block
}

// NavGroup is a part of the navigation.
type NavGroup struct {
	Label string // empty: none
	Items []NavItem
}

// NavItem is a page to go to.
type NavItem struct {
	Label, Path string
	Current     bool
}

// Context says whose console it is.
type Context struct {
	Name   string
	Kind   string // "Organisation"
	Others []Link // what one may switch to
}

// Link is a page to go to. Without a path it is text.
type Link struct{ Label, Path string }

// FormProblem is what is wrong with a page that was sent. Field is the id to link
// to (see Form.Ref); empty: none.
type FormProblem struct{ Field, Text string }

// Block is a component of a page. block names its template.
type Block interface{ block() string }

// Table is a list that is filtered, sorted and paged by the server.
type Table struct {
	ID, Title, Text string
	Columns         []Column
	Rows            []Row // the first cell of each names it
	Filter          *Form // a GET; its Submit applies it, its Cancel clears it
	Pager           Pager
	Empty           Empty // instead of no rows
}

// Column is the head of a table.
type Column struct {
	Label    string
	SortPath string // where it is sorted by this column, the other way round when it is already; empty: it cannot be
	Sorted   string // "", Ascending or Descending
	Numeric  bool
}

// How a column is sorted, as aria-sort has it.
const (
	Ascending  = "ascending"
	Descending = "descending"
)

// Row is a line of a table.
type Row struct {
	Cells   []Cell
	Actions []Action
}

// Cell is a value: a text, a time, a badge, a list, or several of them.
type Cell struct {
	Text   string // somebody's name, as a rule: its direction of writing is its own
	Path   string // where Text leads
	Code   bool   // Text and List are for machines
	Copy   bool   // Text can be copied with a button
	List   []string
	Badge  Badge // after Text
	Time   time.Time
	Detail string // smaller, below
}

// Badge is a status in a word or two.
type Badge struct{ Kind, Text string }

// Kinds of a Badge and of an Alert. None: it is neither.
const (
	Good = "good"
	Warn = "warn"
	Bad  = "bad"
)

// Action is something to do with one thing: a link, or with Post a form of one
// button.
type Action struct {
	Label      string
	Accessible string // what it does to which, beginning with Label: "Revoke the key Reporting"
	Path       string
	Post       bool
	Hidden     map[string]string // of the form
	Danger     bool
}

// Pager leads to the next rows. Text says which ones these are.
type Pager struct{ Previous, Next, Text string }

// Empty says what to do where there is nothing yet.
type Empty struct {
	Text string
	Link Link
}

// Facts are names and values.
type Facts struct {
	ID, Title, Text string
	Items           []Fact
	Actions         []Action
}

// Fact is a name and its value.
type Fact struct {
	Label string
	Value Cell
}

// Secret is shown once, with a button that copies it.
type Secret struct{ ID, Title, Text, Label, Value string }

// Alert says something that must not be missed.
type Alert struct {
	Kind        string // Good, Warn or Bad
	Title, Text string
	Links       []Link
}

// Prose is text, an example, and where to read on.
type Prose struct {
	ID, Title, Text string
	Code            string
	Links           []Link
}

// Confirm asks to type the name of what is about to be lost.
type Confirm struct {
	ID, Title, Text string
	Consequences    []string
	Name            string // to type, into the field FieldConfirm
	Path, Submit    string
	Hidden          map[string]string
	Problem         string
	Cancel          Link
}

// FieldConfirm is the field of a Confirm.
const FieldConfirm = "confirm"

// Confirmed reports whether name is what was typed.
func Confirmed(typed, name string) bool {
	given := strings.Join(strings.Fields(typed), " ")
	return given != "" && given == strings.Join(strings.Fields(name), " ")
}

func (Console) template() string { return "console" }
func (Table) block() string      { return "table" }
func (Form) block() string       { return "form" }
func (Facts) block() string      { return "facts" }
func (Secret) block() string     { return "secret" }
func (Alert) block() string      { return "alert" }
func (Prose) block() string      { return "prose" }
func (Confirm) block() string    { return "confirm" }
func (Plot) block() string       { return "plot" }

// asking is a block that something can be wrong with.
type asking interface{ problems() []FormProblem }

// problems are those of the page and of its forms, in the order of the page.
func (c Console) problems() []FormProblem {
	list := c.Problems[:len(c.Problems):len(c.Problems)]
	for _, b := range c.Blocks {
		if b, ok := b.(asking); ok {
			list = append(list, b.problems()...)
		}
	}
	return list
}

func (c Confirm) problems() []FormProblem { return c.form().problems() }

func (t Table) problems() []FormProblem {
	if t.Filter == nil {
		return nil
	}
	return t.Filter.problems()
}

// form is the confirmation as a form.
func (c Confirm) form() Form {
	return Form{
		ID: c.ID, Path: c.Path, Submit: c.Submit, Danger: true, Hidden: c.Hidden, Cancel: c.Cancel,
		Fields: []Field{{Name: FieldConfirm, Kind: KindText, Required: true, Problem: c.Problem, Autocomplete: "off"}},
	}
}
