package admin

import (
	"maps"

	"claviger/internal/core"
)

func (a *application) permissions(d *document) {
	for _, entry := range d.Permissions {
		name := entry.Value.Name
		if !a.named(name, "name", entry.At, permissionNameProblem) {
			continue
		}
		p := a.permission(name.Value)
		created := p == nil
		if created {
			p = &core.Permission{Name: name.Value}
			a.permissionsByName[p.Name] = p
		}
		e := a.edit("permission", p.Name, created)
		assignList(e, "requires_any", entry.Value.RequiresAny, &p.RequiresAny, a.declaredCondition)
		a.newPermissions = put(e, a.newPermissions, p)
	}
}

// named checks the text that a thing is known by.
func (a *application) named(name text, field string, at Place, problem func(string) string) bool {
	if name.Value == "" {
		if name.set() {
			at = name.At
		}
		a.problem(at, "%s is missing", field)
		return false
	}
	if wrong := problem(name.Value); wrong != "" {
		a.problem(name.At, "%s %s", field, wrong)
		return false
	}
	return true
}

// put adds a row to what is written, once, if it has changed.
func put[V any](e *edit, rows []*V, row *V) []*V {
	if !e.changed() {
		return rows
	}
	for _, r := range rows {
		if r == row {
			return rows
		}
	}
	return append(rows, row)
}

func oneOf(values []string) func(string) string {
	return func(value string) string {
		for _, v := range values {
			if v == value {
				return ""
			}
		}
		return "must be one of " + showList(values)
	}
}

func (a *application) allRoles(d *document) {
	a.loadRoles()
	a.roles(d.Roles, nil)
	for _, entry := range d.Organisations {
		if o := a.organisation(entry.Value.Code.Value); o != nil {
			a.roles(entry.Value.Roles, o)
		}
	}
}

// roles reads the roles of an organisation, or those of the platform.
func (a *application) roles(entries items[roleEntry], o *core.Organisation) {
	organisationID, prefix := "", ""
	if o != nil {
		organisationID, prefix = o.ID, o.Code+"/"
	}
	for _, entry := range entries {
		code := entry.Value.Code
		if !a.named(code, "code", entry.At, codeProblem) {
			continue
		}
		role := a.rolesByCode[[2]string{organisationID, code.Value}]
		created := role == nil
		if created {
			role = &core.Role{ID: a.service.newID(core.PrefixRole), OrganisationID: organisationID, Code: code.Value}
			a.addRole(role)
		}
		e := a.edit("role", prefix+role.Code, created)
		assignNumber(e, entry.Value.Number, &role.Number)
		required(e, "name", entry.Value.Name, &role.Name, entry.At, nameProblem)
		assign(e, "owner", entry.Value.Owner.scalar, &role.Owner)
		assignList(e, "assigns", entry.Value.Assigns, &role.Assigns, codeProblem)
		a.grants(e, entry.Value.Grants, role)
		a.newRoles = put(e, a.newRoles, role)
	}
}

// grants replaces what a role grants, if the file says anything about it.
func (a *application) grants(e *edit, entry item[grantsEntry], role *core.Role) {
	if entry.At.Line == 0 {
		return
	}
	grants, names := map[string]core.PermissionScope{}, []string{}
	add := func(permissions list, scope core.PermissionScope) {
		for _, p := range permissions.Value {
			switch _, twice := grants[p.Value]; {
			case twice:
				a.problem(p.At, "%s is granted twice", show(p.Value))
			case a.permission(p.Value) == nil:
				a.problem(p.At, "there is no permission %s", show(p.Value))
			default:
				grants[p.Value] = scope
				names = append(names, p.Value)
			}
		}
	}
	add(entry.Value.Own, core.OwnAccount)
	add(entry.Value.Global, core.EveryAccount)
	e.record("grants", entry.At, maps.Equal(grants, role.Grants) && equalNames(names, role.Permissions),
		showGrants(role.Permissions, role.Grants), showGrants(names, grants))
	role.Grants, role.Permissions = grants, names
}

func equalNames(a, b []string) bool { return showList(a) == showList(b) }

// showGrants lists permissions, those on everyone's accounts with a star.
func showGrants(names []string, grants map[string]core.PermissionScope) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = name
		if grants[name] == core.EveryAccount {
			shown[i] += "*"
		}
	}
	return showList(shown)
}
