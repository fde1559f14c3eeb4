package admin

import (
	"slices"

	"claviger/internal/core"
	"claviger/internal/permission"
)

// conditions reads what permissions can require. An entry with remove takes a
// condition away.
func (a *application) conditions(d *document) {
	for _, entry := range d.Conditions {
		name := entry.Value.Name
		if !a.named(name, "name", entry.At, codeProblem) {
			continue
		}
		if entry.Value.Remove.Value {
			a.removeCondition(entry)
			continue
		}
		if slices.ContainsFunc(a.removals, func(r removal) bool { return r.name == name.Value }) {
			a.problem(entry.At, "condition %s is declared, and removed", show(name.Value))
			continue
		}
		c := a.condition(name.Value)
		created := c == nil
		if created {
			c = &core.Condition{Name: name.Value}
			a.conditionsByName[c.Name] = c
		}
		e := a.edit("condition", c.Name, created)
		required(e, "when", entry.Value.When, &c.When, entry.At, conditionProblem)
		a.newConditions = put(e, a.newConditions, c)
	}
}

// conditionProblem compiles an expression as the decision will.
func conditionProblem(when string) string {
	if err := permission.CheckCondition(when); err != nil {
		return "is no condition: " + err.Error()
	}
	return ""
}

func (a *application) removeCondition(entry item[conditionEntry]) {
	name := entry.Value.Name.Value
	if entry.Value.When.set() {
		a.problem(entry.Value.When.At, "a condition that is removed has no expression")
	}
	if a.condition(name) == nil {
		return // it is not there, as the file wants it
	}
	if a.edits["condition "+name] != nil {
		a.problem(entry.At, "condition %s is declared, and removed", show(name))
		return
	}
	a.edit("condition", name, false).removed()
	delete(a.conditionsByName, name)
	entry.At.File = a.file
	a.goneConditions = append(a.goneConditions, name)
	a.removals = append(a.removals, removal{name, entry.At})
}

// removal is a condition that a file takes away, and where.
type removal struct {
	name string
	at   Place
}

// settleConditions refuses to remove what a permission requires: without it, the
// permission would be met by its other conditions alone, or by nothing.
func (a *application) settleConditions() {
	if len(a.removals) == 0 {
		return
	}
	stored, err := a.service.Store.Permissions(a.ctx)
	a.fail(err)
	for _, r := range a.removals {
		for _, p := range stored {
			if planned, ok := a.permissionsByName[p.Name]; ok {
				p = planned
			}
			if slices.Contains(p.RequiresAny, r.name) {
				a.problem(r.at, "condition %s cannot be removed: permission %s requires it", show(r.name), show(p.Name))
			}
		}
	}
}

// loadConditions reads the conditions at first use.
func (a *application) loadConditions() {
	if a.conditionsByName != nil {
		return
	}
	a.conditionsByName = map[string]*core.Condition{}
	stored, err := a.service.Store.Conditions(a.ctx)
	a.fail(err)
	for _, c := range stored {
		a.conditionsByName[c.Name] = c // not cached, so not shared
	}
}

func (a *application) condition(name string) *core.Condition {
	a.loadConditions()
	return a.conditionsByName[name]
}

// declaredCondition is the check of what a permission requires.
func (a *application) declaredCondition(name string) string {
	if a.condition(name) == nil {
		return "is not a declared condition"
	}
	return ""
}

// permissionNameProblem keeps the name of what is not in the catalogue free.
func permissionNameProblem(name string) string {
	if name == permission.ActionUse {
		return "is taken: it asks for products, scopes and services"
	}
	return codeProblem(name)
}
