package console

import (
	"net/http"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// serviceAccounts lists the users that programs of the organisation act as (PE-7).
func (c *Console) serviceAccounts(p *page) error {
	list, err := c.Admin.ListServiceAccounts(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	data := web.Console{Crumbs: c.integrations(p), Title: c.text(p, "nav.service-accounts"), Lead: c.text(p, "services.lead")}
	table := web.Table{
		ID:      "service-accounts",
		Columns: []web.Column{{Label: c.text(p, "services.username")}, {Label: c.text(p, "services.status")}, {Label: c.text(p, "services.roles")}, {Label: c.text(p, "services.made")}},
		Empty:   web.Empty{Text: c.text(p, "services.none")},
	}
	if p.may.ServiceAccounts.Change {
		data.Actions = []web.Link{{Label: c.text(p, "services.new"), Path: p.path("service-accounts", "new")}}
		table.Empty.Link = web.Link{Label: c.text(p, "services.first"), Path: p.path("service-accounts", "new")}
	}
	list, table.Pager = onPage(c, p, list)
	for _, user := range list {
		held, err := c.rolesHeld(p, user)
		if err != nil {
			return err
		}
		path := p.path("service-accounts", user.ID)
		row := web.Row{Cells: []web.Cell{
			{Text: user.Username, Path: path, Detail: user.FullName}, {Badge: c.statusBadge(p, user.Status)}, rolesCell(held), {Time: user.CreatedAt},
		}}
		if p.may.ServiceAccounts.Change {
			row.Actions = []web.Action{{Label: c.text(p, "services.reset"), Accessible: c.text(p, "services.reset.which", user.Username), Path: path + "/reset"}}
		}
		table.Rows = append(table.Rows, row)
	}
	data.Blocks = []web.Block{c.codeFacts(p), table}
	return c.render(p, http.StatusOK, data)
}

// roleHeld is a role of a user, and where.
type roleHeld struct {
	membership  *core.Membership
	role, place string
}

func (c *Console) rolesHeld(p *page, user *core.User) ([]roleHeld, error) {
	memberships, err := c.Store.MembershipsOf(p.r.Context(), user.ID)
	if err != nil {
		return nil, err
	}
	accounts, err := c.accountNames(p)
	if err != nil {
		return nil, err
	}
	var list []roleHeld
	for _, m := range memberships {
		role, err := c.Store.Role(p.r.Context(), m.RoleID)
		if err != nil {
			return nil, err
		}
		list = append(list, roleHeld{m, role.Name, c.place(p, accounts, m.AccountID)})
	}
	return list, nil
}

// rolesTable lists the roles of a service account; members are where they are changed.
func (c *Console) rolesTable(p *page, user *core.User) (web.Table, error) {
	held, err := c.rolesHeld(p, user)
	table := web.Table{
		ID: "roles", Title: c.text(p, "services.roles"), Columns: []web.Column{{Label: c.text(p, "services.role.field")}, {Label: c.text(p, "services.where")}},
		Empty: web.Empty{Text: c.text(p, "services.powerless")},
	}
	if p.may.ServiceAccounts.Change && p.may.Members.Change {
		table.Empty.Link = web.Link{Label: c.text(p, "services.give"), Path: p.path("service-accounts", user.ID, "role")}
	}
	for _, h := range held {
		row := web.Row{Cells: []web.Cell{{Text: h.role}, {Text: h.place}}}
		if p.may.Members.Change {
			row.Actions = []web.Action{{Label: c.text(p, "people.change"), Accessible: c.text(p, "services.role.change", h.role), Path: p.path("members", h.membership.ID)}}
		}
		table.Rows = append(table.Rows, row)
	}
	return table, err
}

// serviceAccount returns the one that the path names; one of another organisation is
// not there (F01).
func (c *Console) serviceAccount(p *page) (*core.User, error) {
	user, err := c.Admin.GetServiceAccount(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err == nil && user.OrganisationID != p.organisation.ID {
		err = oauth.NewError(oauth.ReasonNotFound)
	}
	return user, err
}

func (c *Console) servicePage(p *page, user *core.User, blocks ...web.Block) web.Console {
	return web.Console{
		Crumbs: c.integrations(p, web.Link{Label: c.text(p, "nav.service-accounts"), Path: p.path("service-accounts")}),
		Title:  user.Username, Badge: c.statusBadge(p, user.Status), Blocks: blocks,
	}
}

// showServiceAccount is the page of one service account.
func (c *Console) showServiceAccount(p *page) error {
	user, err := c.serviceAccount(p)
	if err != nil {
		return err
	}
	facts, err := c.serviceFacts(p, user)
	if err != nil {
		return err
	}
	if p.may.ServiceAccounts.Change {
		facts.Actions = c.serviceActions(p, user)
	}
	roles, err := c.rolesTable(p, user)
	if err != nil {
		return err
	}
	return c.render(p, http.StatusOK, c.servicePage(p, user, facts, roles))
}

func rolesCell(held []roleHeld) web.Cell {
	var cell web.Cell
	for _, h := range held {
		cell.List = append(cell.List, h.role+" · "+h.place)
	}
	return cell
}

func (c *Console) serviceActions(p *page, user *core.User) []web.Action {
	path := p.path("service-accounts", user.ID)
	actions := []web.Action{
		{Label: c.text(p, "services.edit"), Path: path + "/edit"}, {Label: c.text(p, "services.reset"), Path: path + "/reset"},
	}
	if p.may.Members.Change {
		actions = append(actions, web.Action{Label: c.text(p, "services.give"), Path: path + "/role"})
	}
	if user.Status == core.Active {
		return append(actions, web.Action{Label: c.text(p, "services.disable"), Path: path + "/disable", Danger: true})
	}
	return append(actions, web.Action{
		Label: c.text(p, "services.enable"), Path: path + "/enable", Post: true, Hidden: map[string]string{"version": admin.Version(user)},
	})
}

func (c *Console) serviceFacts(p *page, user *core.User) (web.Facts, error) {
	facts := web.Facts{ID: "service-account", Items: []web.Fact{
		{Label: c.text(p, "services.username"), Value: web.Cell{Text: user.Username, Code: true, Copy: true}},
		{Label: c.text(p, "overview.code"), Value: web.Cell{Text: p.organisation.Code, Code: true, Copy: true}},
		{Label: c.text(p, "services.fullname"), Value: web.Cell{Text: user.FullName}},
		{Label: c.text(p, "services.email"), Value: web.Cell{Text: user.Email}},
		{Label: c.text(p, "services.phone"), Value: web.Cell{Text: user.Phone}},
		{Label: c.text(p, "services.made"), Value: web.Cell{Time: user.CreatedAt}},
	}}
	until, err := c.Admin.Overlap(p.r.Context(), user.ID)
	if !until.IsZero() {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "secret.old"), Value: web.Cell{Time: until}})
	}
	return facts, err
}
