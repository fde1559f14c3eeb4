package console

import (
	"net/http"
	"slices"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// roles lists what each role lets people and programs do, in words.
func (c *Console) roles(p *page) error {
	roles, err := c.Admin.ListRoles(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for _, role := range roles {
		names[role.Code] = role.Name
	}
	table := web.Table{
		ID: "roles", Columns: []web.Column{
			{Label: c.text(p, "members.role")}, {Label: c.text(p, "roles.may")}, {Label: c.text(p, "roles.gives")},
		},
		Empty: web.Empty{Text: c.text(p, "roles.none")},
	}
	slices.SortStableFunc(roles, func(a, b *core.Role) int { return strings.Compare(b.OrganisationID, a.OrganisationID) })
	roles, table.Pager = onPage(c, p, roles)
	for _, role := range roles {
		table.Rows = append(table.Rows, c.roleRow(p, role, names))
	}
	data := web.Console{Title: c.text(p, "nav.roles"), Lead: c.text(p, "roles.lead"), Blocks: []web.Block{table}}
	if p.may.Roles.Change {
		data.Actions = []web.Link{{Label: c.text(p, "roles.new"), Path: p.path("roles", "new")}}
	}
	return c.render(p, http.StatusOK, data)
}

// fewPermissions is how many permissions of a role are named in the list of roles.
const fewPermissions = 4

func (c *Console) roleRow(p *page, role *core.Role, names map[string]string) web.Row {
	path := p.path("roles", role.ID)
	name := web.Cell{Text: role.Name, Path: path, Detail: role.Code}
	if role.OrganisationID != "" {
		name.Badge = web.Badge{Text: c.text(p, "roles.yours")}
	}
	may := web.Cell{}
	if role.Owner {
		may.List = append(may.List, c.text(p, "roles.owner"))
	}
	for _, permission := range role.Permissions {
		may.List = append(may.List, c.permissionText(p, permission))
	}
	if more := len(may.List) - fewPermissions; more > 1 {
		may.List = append(may.List[:fewPermissions:fewPermissions], c.text(p, "roles.more", more))
	}
	gives := web.Cell{}
	for _, code := range role.Assigns {
		if names[code] == "" {
			names[code] = code
		}
		gives.List = append(gives.List, names[code])
	}
	row := web.Row{Cells: []web.Cell{name, may, gives}}
	if p.may.Roles.Change && role.OrganisationID != "" {
		row.Actions = c.roleActions(p, role)
	}
	return row
}

func (c *Console) roleActions(p *page, role *core.Role) []web.Action {
	path := p.path("roles", role.ID)
	return []web.Action{
		{Label: c.text(p, "people.change"), Accessible: c.text(p, "roles.change", role.Name), Path: path + "/edit"},
		{Label: c.text(p, "people.delete"), Accessible: c.text(p, "roles.delete", role.Name), Path: path + "/delete", Danger: true},
	}
}

// permissionText is what a permission allows; its name where nobody put it in words.
func (c *Console) permissionText(p *page, name string) string {
	return c.worded(p, "roles.can."+name, name)
}

// roleOf returns the role that the address names, as the organisation sees it.
func (c *Console) roleOf(p *page) (*core.Role, error) {
	role, err := c.Admin.GetRole(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err == nil && role.OrganisationID != "" && role.OrganisationID != p.organisation.ID {
		err = oauth.NewError(oauth.ReasonNotFound).At("id")
	}
	return role, err
}

// role shows everything that a role allows.
func (c *Console) role(p *page) error {
	role, err := c.roleOf(p)
	if err != nil {
		return err
	}
	from := "roles.platform"
	if role.OrganisationID != "" {
		from = "roles.own"
	}
	facts := web.Facts{ID: "role", Items: []web.Fact{
		{Label: c.text(p, "roles.code"), Value: web.Cell{Text: role.Code, Code: true}},
		{Label: c.text(p, "roles.from"), Value: web.Cell{Text: c.text(p, from)}},
		{Label: c.text(p, "roles.gives"), Value: web.Cell{List: role.Assigns, Code: true}},
	}}
	if p.may.Roles.Change && role.OrganisationID != "" {
		facts.Actions = c.roleActions(p, role)
	}
	table := web.Table{
		ID: "permissions", Title: c.text(p, "roles.may"),
		Columns: []web.Column{{Label: c.text(p, "roles.permission")}, {Label: c.text(p, "roles.where")}, {Label: c.text(p, "roles.if")}},
		Empty:   web.Empty{Text: c.text(p, "roles.nothing")},
	}
	if role.Owner {
		table.Text = c.text(p, "roles.owner") + "."
	}
	for _, name := range role.Permissions {
		cell := web.Cell{Text: c.permissionText(p, name)}
		if cell.Text != name {
			cell.Detail = name
		}
		row := []web.Cell{cell, {Text: c.text(p, "roles.where."+string(role.Grants[name]))}, {}}
		if permission, err := c.Store.Permission(p.r.Context(), name); err == nil {
			for _, condition := range permission.RequiresAny {
				row[2].List = append(row[2].List, c.worded(p, "roles.condition."+condition, condition))
			}
		}
		table.Rows = append(table.Rows, web.Row{Cells: row})
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: role.Name, Crumbs: []web.Link{{Label: c.text(p, "nav.roles"), Path: p.path("roles")}}, Blocks: []web.Block{facts, table},
	})
}

// newRole makes a role of the organisation, within what its maker may do.
func (c *Console) newRole(p *page) error {
	if !p.may.Roles.Change {
		return oauth.NewError(oauth.ReasonPermissionDenied)
	}
	if !c.provedLately(p) {
		return nil
	}
	if p.form == nil {
		return c.askRole(p, http.StatusOK, nil, nil)
	}
	_, err := c.Admin.CreateRole(p.r.Context(), p.actor(), admin.NewRole{
		OrganisationID: p.organisation.ID, Code: p.form["code"], Name: p.form["name"], Own: p.list("own"),
	})
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askRole(p, status, nil, wrong)
	}
	return c.done(p, p.path("roles"), "role_created")
}

// editRole changes a role of the organisation, for everybody who has it.
func (c *Console) editRole(p *page) error {
	role, err := c.ownRole(p)
	if err != nil || !c.provedLately(p) {
		return err
	}
	if p.form == nil {
		return c.askRole(p, http.StatusOK, role, nil)
	}
	name, own := p.form["name"], p.list("own")
	_, err = c.Admin.UpdateRole(p.r.Context(), p.actor(), role.ID, p.form["version"], admin.RoleChange{Name: &name, Own: &own})
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askRole(p, status, role, wrong)
	}
	return c.done(p, p.path("roles"), "role_changed")
}

// ownRole is roleOf for a role that the person may change.
func (c *Console) ownRole(p *page) (*core.Role, error) {
	role, err := c.roleOf(p)
	if err == nil && (role.OrganisationID == "" || !p.may.Roles.Change) {
		err = oauth.NewError(oauth.ReasonPermissionDenied)
	}
	return role, err
}

// askRole asks for a role; nil: for a new one.
func (c *Console) askRole(p *page, status int, role *core.Role, wrong wrongs) error {
	permissions, _, err := c.Admin.RoleParts(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	form := web.Form{
		ID: "role", Path: p.path("roles", "new"), Submit: c.text(p, "people.save"), Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("roles")},
	}
	data := web.Console{Title: c.text(p, "roles.new"), Crumbs: []web.Link{{Label: c.text(p, "nav.roles"), Path: p.path("roles")}}}
	var stored []web.Field
	if role == nil {
		form.Fields = c.roleFields(p, permissions, p.form["name"], p.list("own"))
		form.Fields = slices.Insert(form.Fields, 1, web.Field{
			Name: "code", Label: c.text(p, "roles.code"), Required: true, Value: p.form["code"], Hint: c.text(p, "roles.code.hint"), MaxLength: 64,
		})
	} else {
		data.Title, data.Lead, form.Path = role.Name, c.text(p, "roles.form.lead"), p.path("roles", role.ID, "edit")
		form.Hidden = map[string]string{"version": admin.Version(role)}
		stored = c.roleFields(p, permissions, role.Name, role.Permissions)
		if form.Fields = slices.Clone(stored); p.form != nil {
			form.Fields = c.roleFields(p, permissions, p.form["name"], p.list("own"))
		}
	}
	data.Problems = wrong.of(form.Fields)
	if data.Blocks, err = c.withNow(p, status, form, c.stored(p, stored)); err != nil {
		return err
	}
	return c.render(p, status, data)
}

// roleFields ask what a role is called, and what it allows.
func (c *Console) roleFields(p *page, permissions []*core.Permission, name string, chosen []string) []web.Field {
	own := web.Field{Name: "own", Label: c.text(p, "roles.may"), Kind: web.KindCheckboxes, Hint: c.text(p, "roles.may.hint")}
	for _, permission := range permissions {
		option := web.Option{
			Value: permission.Name, Label: c.permissionText(p, permission.Name), Selected: slices.Contains(chosen, permission.Name),
		}
		if option.Label != permission.Name {
			option.Hint = permission.Name
		}
		own.Options = append(own.Options, option)
	}
	return []web.Field{{Name: "name", Label: c.text(p, "roles.name"), Required: true, Value: name, MaxLength: 100}, own}
}

// deleteRole asks before it deletes a role of the organisation.
func (c *Console) deleteRole(p *page) error {
	role, err := c.ownRole(p)
	if err != nil {
		return err
	}
	if p.form == nil {
		return c.askDeletion(p, http.StatusOK, role, nil)
	}
	if !web.Confirmed(p.form[web.FieldConfirm], role.Name) {
		return c.askDeletion(p, http.StatusBadRequest, role, wrongs{web.FieldConfirm: c.text(p, "people.confirm")})
	}
	if err := c.Admin.DeleteRole(p.r.Context(), p.actor(), role.ID, p.form["version"]); err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askDeletion(p, status, role, wrong)
	}
	return c.done(p, p.path("roles"), "role_deleted")
}

func (c *Console) askDeletion(p *page, status int, role *core.Role, wrong wrongs) error {
	problem := wrong[web.FieldConfirm]
	delete(wrong, web.FieldConfirm)
	return c.render(p, status, web.Console{
		Title: c.text(p, "roles.delete", role.Name), Crumbs: []web.Link{{Label: c.text(p, "nav.roles"), Path: p.path("roles")}},
		Problems: wrong.of(nil), Blocks: []web.Block{web.Confirm{
			ID: "delete", Text: c.text(p, "roles.delete.text"), Name: role.Name, Path: p.path("roles", role.ID, "delete"),
			Submit: c.text(p, "people.delete"), Problem: problem, Hidden: map[string]string{"version": admin.Version(role)},
			Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("roles")},
		}},
	})
}
