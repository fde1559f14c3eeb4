package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// edit records what the files change in one thing. Several files may speak of
// the same thing, as long as they do not contradict each other.
type edit struct {
	application *application
	key         string
	change      int // index in the plan
	created     bool
	places      map[string]Place // of the fields that were said
}

// edit returns the record of a thing, which name identifies within its kind.
func (a *application) edit(kind, name string, created bool) *edit {
	key := kind + " " + name
	if e, ok := a.edits[key]; ok {
		return e
	}
	action := Unchanged
	if created {
		action = Create
	}
	e := &edit{application: a, key: key, change: len(a.plan.Changes), created: created, places: map[string]Place{}}
	a.plan.Changes = append(a.plan.Changes, Change{Action: action, Kind: kind, Name: show(name)})
	a.edits[key] = e
	return e
}

// changed reports whether the thing has to be written.
func (e *edit) changed() bool { return e.application.plan.Changes[e.change].Action != Unchanged }

// removed notes that the thing is taken away.
func (e *edit) removed() { e.application.plan.Changes[e.change].Action = Remove }

// record notes that a file sets a field.
func (e *edit) record(field string, at Place, same bool, before, after string) {
	earlier, again := e.places[field]
	if at.File == "" {
		at.File = e.application.file
	}
	e.places[field] = at
	if same {
		return
	}
	if again {
		e.application.problem(at, "%s was set to something else at %s", field, earlier)
		return
	}
	change := &e.application.plan.Changes[e.change]
	if e.created {
		change.Fields = append(change.Fields, field+": "+after)
		return
	}
	change.Action = Update
	change.Fields = append(change.Fields, field+": "+before+" -> "+after)
}

// at is the place of a field, or of the thing when no file has set the field.
func (e *edit) at(field string, fallback Place) Place {
	if at, ok := e.places[field]; ok {
		return at
	}
	return fallback
}

func assign[T comparable](e *edit, field string, v scalar[T], target *T) {
	if !v.set() {
		return
	}
	e.record(field, v.At, *target == v.Value, show(fmt.Sprint(*target)), show(fmt.Sprint(v.Value)))
	*target = v.Value
}

// assignNumber leaves a number of 0 to the store.
func assignNumber(e *edit, v number, target *int64) {
	if v.Value != 0 {
		assign(e, "number", v.scalar, target)
	}
}

// checked sets a text that must pass a check, unless it is to be cleared.
func checked[T ~string](e *edit, field string, v text, target *T, problem func(string) string) {
	if !v.set() {
		return
	}
	if v.Value != "" {
		if wrong := problem(v.Value); wrong != "" {
			e.application.problem(v.At, "%s %s", field, wrong)
			return
		}
	}
	assign(e, field, scalar[T]{T(v.Value), v.At}, target)
}

// required is checked for a text that may not be empty and must be there when
// the thing is created.
func required[T ~string](e *edit, field string, v text, target *T, at Place, problem func(string) string) {
	switch {
	case v.set() && v.Value == "":
		e.application.problem(v.At, "%s must not be empty", field)
	case !v.set() && e.created && *target == "":
		e.application.problem(at, "%s is missing", field)
	default:
		checked(e, field, v, target, problem)
	}
}

// assignList sets a list whose elements must pass a check.
func assignList(e *edit, field string, v list, target *[]string, problem func(string) string) {
	if !v.set() {
		return
	}
	values := make([]string, 0, len(v.Value))
	for _, element := range v.Value {
		if wrong := problem(element.Value); wrong != "" {
			e.application.problem(element.At, "%s %s", show(element.Value), wrong)
		}
		if slices.Contains(values, element.Value) {
			e.application.problem(element.At, "%s stands twice in the list", show(element.Value))
		}
		values = append(values, element.Value)
	}
	e.setList(field, v.At, target, values)
}

func (e *edit) setList(field string, at Place, target *[]string, values []string) {
	e.record(field, at, slices.Equal(*target, values), showList(*target), showList(values))
	*target = values
}

func assignTime(e *edit, field string, v instant, target *time.Time) {
	if v.set() {
		e.record(field, v.At, target.Equal(v.Value), showTime(*target), showTime(v.Value))
		*target = v.Value
	}
}

func showTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// noProblem is the check of lists whose elements need none but being text.
func noProblem(text string) string {
	if strings.TrimSpace(text) == "" {
		return "is empty"
	}
	return ""
}
