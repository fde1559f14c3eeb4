package web

import "strings"

// Form asks for something. It is posted to Path, below which it is shown again
// where something is wrong.
type Form struct {
	ID, Title, Text string
	Path, Submit    string
	Get             bool // it changes nothing
	Danger          bool
	Hidden          map[string]string
	Fields          []Field
	Cancel          Link
}

// Field is one of a form. Its id on the page is that of Form.Ref.
type Field struct {
	Name, Label, Hint string
	Kind              string // empty: KindText
	Value             string
	Options           []Option // of KindSelect, KindCheckboxes and KindRadios
	Required          bool
	Problem           string // what is wrong with it
	Autocomplete      string // a token of HTML; empty: as the browser likes
	Min, Max          string // of KindDate (2006-01-02)
	MaxLength, Rows   int
}

// Kinds of a Field.
const (
	KindText       = "text"
	KindEmail      = "email"
	KindURL        = "url"
	KindPhone      = "tel"
	KindPassword   = "password"
	KindDate       = "date"
	KindTextarea   = "textarea"
	KindSelect     = "select"
	KindCheckboxes = "checkboxes"
	KindRadios     = "radios"
	KindSwitch     = "switch" // sends "on"; on where Value is not empty
)

// Option is one of a field.
type Option struct {
	Value, Label, Hint string
	Selected, Disabled bool
}

// Ref is the id of a field on the page.
func (f Form) Ref(name string) string {
	if f.ID == "" {
		return name
	}
	return f.ID + "-" + name
}

func (f Form) problems() []FormProblem {
	var list []FormProblem
	for _, field := range f.Fields {
		if field.Problem != "" {
			list = append(list, FormProblem{f.Ref(field.Name), field.Problem})
		}
	}
	return list
}

// placed is a field on a page.
type placed struct {
	Field
	ID       string
	Optional bool // to be said
}

// place gives the fields of a form their ids.
func place(f Form) []placed {
	list := make([]placed, len(f.Fields))
	for i, field := range f.Fields {
		if field.Kind == "" {
			field.Kind = KindText
		}
		said := !f.Get && !field.Required && field.Kind != KindSwitch && field.Kind != KindCheckboxes
		list[i] = placed{field, f.Ref(field.Name), said}
	}
	return list
}

// Type is the type of its input.
func (p placed) Type() string {
	switch p.Kind {
	case KindEmail, KindURL, KindPhone, KindPassword, KindDate:
		return p.Kind
	}
	return KindText
}

// Exact reports whether nobody may correct what is typed.
func (p placed) Exact() bool {
	switch p.Kind {
	case KindEmail, KindURL, KindPhone, KindPassword:
		return true
	}
	return false
}

// Described are the ids of what is said about it.
func (p placed) Described() string {
	var ids []string
	if p.Problem != "" {
		ids = append(ids, p.ID+"-error")
	}
	if p.Hint != "" {
		ids = append(ids, p.ID+"-hint")
	}
	return strings.Join(ids, " ")
}
