package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// PeopleRoutes are who belongs to an organisation, what they may do and what they did;
// the last of these for the platform too.
func (c *Console) PeopleRoutes() []Route {
	at := func(path string, serve func(*page) error, lists ...string) Route {
		return Route{pathConsole + "/{organisation}/" + path, c.inOrganisation(serve, lists...)}
	}
	everywhere := func(path string, serve func(*page) error) Route {
		return Route{pathOperator + "/" + path, c.asOperator(serve)}
	}
	return []Route{
		at("members", c.members), at("members/invite", c.invite), at("members/{id}", c.member),
		at("members/{id}/remove", c.removeMember), at("invitations/{id}", c.invitation),
		at("roles", c.roles), at("roles/new", c.newRole, "own"), at("roles/{id}", c.role),
		at("roles/{id}/edit", c.editRole, "own"), at("roles/{id}/delete", c.deleteRole),
		at("audit", c.audit), at("audit/{id}", c.auditRecord), at("audit.csv", c.auditFile),
		at("usage", c.usage), at("settings", c.settings),
		everywhere("audit", c.audit), everywhere("audit/{id}", c.auditRecord), everywhere("audit.csv", c.auditFile),
		everywhere("usage", c.usage),
		{admin.PathInvitation, c.invited()},
	}
}

// members lists who has access, and who is invited.
func (c *Console) members(p *page) error {
	all, err := c.Admin.ListOrganisationMembers(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	accounts, err := c.accountNames(p)
	if err != nil {
		return err
	}
	data := web.Console{Title: c.text(p, "nav.members"), Lead: c.text(p, "members.lead"), Blocks: []web.Block{c.membersTable(p, all, accounts)}}
	if p.may.Members.Change {
		data.Actions = []web.Link{{Label: c.text(p, "members.invite"), Path: p.path("members", "invite")}}
		invitations, err := c.Admin.ListInvitations(p.r.Context(), p.actor(), p.organisation.ID)
		if err != nil {
			return err
		}
		if len(invitations) > 0 {
			data.Blocks = append(data.Blocks, c.invitationsTable(p, invitations, accounts))
		}
	}
	return c.render(p, http.StatusOK, data)
}

// accountNames are the names of the accounts of the organisation that the person
// reaches, by id.
func (c *Console) accountNames(p *page) (map[string]string, error) {
	accounts, err := c.Admin.ListAccounts(p.r.Context(), p.actor(), p.organisation.ID)
	names := map[string]string{}
	for _, account := range accounts {
		names[account.ID] = account.Name
	}
	return names, err
}

// place is where a membership is, in words.
func (c *Console) place(p *page, accounts map[string]string, accountID string) string {
	if accountID == "" {
		return c.text(p, "members.everywhere")
	}
	return cmp.Or(accounts[accountID], accountID)
}

var memberOrders = map[string]func(a, b admin.Member) int{
	"name": func(a, b admin.Member) int {
		return strings.Compare(strings.ToLower(nameOf(a.User)), strings.ToLower(nameOf(b.User)))
	},
	"role":  func(a, b admin.Member) int { return strings.Compare(a.Role.Name, b.Role.Name) },
	"since": func(a, b admin.Member) int { return a.Membership.CreatedAt.Compare(b.Membership.CreatedAt) },
}

func (c *Console) membersTable(p *page, all []admin.Member, accounts map[string]string) web.Table {
	names := []string{"q", "sort"}
	sought := strings.ToLower(strings.TrimSpace(p.asked("q")))
	found := slices.DeleteFunc(slices.Clone(all), func(m admin.Member) bool {
		return !strings.Contains(strings.ToLower(m.User.FullName+"\n"+m.User.Email+"\n"+m.User.Username+"\n"+m.Role.Name), sought)
	})
	order := cmp.Or(p.asked("sort"), "name")
	by, down := strings.CutPrefix(order, "-")
	if compare := memberOrders[by]; compare != nil {
		slices.SortStableFunc(found, compare)
	}
	if down {
		slices.Reverse(found)
	}
	column := func(name string) web.Column {
		column := web.Column{Label: c.text(p, "members."+name), SortPath: p.with(names, map[string]string{"sort": name})}
		if by == name {
			column.Sorted = web.Ascending
			if column.SortPath = p.with(names, map[string]string{"sort": "-" + name}); down {
				column.Sorted, column.SortPath = web.Descending, p.with(names, map[string]string{"sort": name})
			}
		}
		return column
	}
	table := web.Table{
		ID: "members", Title: c.text(p, "members.have"),
		Columns: []web.Column{column("name"), {Label: c.text(p, "members.place")}, column("role"), column("since")},
		Filter: &web.Form{
			ID: "find", Get: true, Path: p.path("members"), Submit: c.text(p, "people.find"), Cancel: web.Link{Label: c.text(p, "people.clear"), Path: p.path("members")},
			Fields: []web.Field{{Name: "q", Label: c.text(p, "members.find"), Value: p.asked("q")}},
		},
		Empty: web.Empty{Text: c.text(p, "members.none"), Link: web.Link{Label: c.text(p, "members.all"), Path: p.path("members")}},
	}
	found, table.Pager = onPage(c, p, found, names...)
	for i := range found {
		table.Rows = append(table.Rows, c.memberRow(p, &found[i], accounts))
	}
	return table
}

func (c *Console) memberRow(p *page, m *admin.Member, accounts map[string]string) web.Row {
	name := nameOf(m.User)
	path := p.path("members", m.Membership.ID)
	self := m.User.ID == p.signedIn.User.ID
	who := web.Cell{Text: name, Path: path}
	if m.User.Email != name {
		who.Detail = m.User.Email
	}
	switch {
	case m.User.Kind == core.ServiceAccount:
		who.Badge = web.Badge{Text: c.text(p, "members.program")}
	case self:
		who.Badge = web.Badge{Text: c.text(p, "members.you")}
	case m.User.Status != core.Active:
		who.Badge = web.Badge{Kind: web.Bad, Text: c.text(p, "status."+string(m.User.Status))}
	}
	row := web.Row{Cells: []web.Cell{
		who, {Text: c.place(p, accounts, m.Membership.AccountID)}, {Text: m.Role.Name, Path: p.path("roles", m.Role.ID)}, {Time: m.Membership.CreatedAt},
	}}
	if p.may.Members.Change {
		row.Actions = append(row.Actions, web.Action{Label: c.text(p, "people.change"), Accessible: c.text(p, "members.change", name), Path: path})
	}
	switch {
	case self:
		row.Actions = append(row.Actions, web.Action{Label: c.text(p, "members.leave"), Path: path + "/remove", Danger: true})
	case p.may.Members.Change:
		row.Actions = append(row.Actions, web.Action{Label: c.text(p, "people.remove"), Accessible: c.text(p, "members.remove", name), Path: path + "/remove", Danger: true})
	}
	return row
}

// memberOf returns the membership that the address names: of this organisation.
func (c *Console) memberOf(p *page) (*admin.Member, error) {
	member, err := c.Admin.GetMembership(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err == nil && member.Membership.OrganisationID != p.organisation.ID {
		err = oauth.NewError(oauth.ReasonNotFound).At("id")
	}
	return member, err
}

// member shows a member, and gives them another role.
func (c *Console) member(p *page) error {
	member, err := c.memberOf(p)
	if err != nil {
		return err
	}
	if p.form == nil {
		return c.showMember(p, http.StatusOK, member, nil)
	}
	if !c.provedLately(p) {
		return nil
	}
	if _, err := c.Admin.SetMemberRole(p.r.Context(), p.actor(), member.Membership.ID, p.form["version"], p.form["role"]); err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.showMember(p, status, member, wrong)
	}
	return c.done(p, p.path("members"), "member_changed")
}

func (c *Console) showMember(p *page, status int, m *admin.Member, wrong wrongs) error {
	accounts, err := c.accountNames(p)
	if err != nil {
		return err
	}
	name := nameOf(m.User)
	facts := web.Facts{ID: "member", Items: []web.Fact{
		{Label: c.text(p, "members.email"), Value: web.Cell{Text: m.User.Email}},
		{Label: c.text(p, "members.place"), Value: web.Cell{Text: c.place(p, accounts, m.Membership.AccountID)}},
		{Label: c.text(p, "members.role"), Value: web.Cell{Text: m.Role.Name, Path: p.path("roles", m.Role.ID)}},
		{Label: c.text(p, "members.since"), Value: web.Cell{Time: m.Membership.CreatedAt}},
	}}
	data := web.Console{
		Title: name, Crumbs: []web.Link{{Label: c.text(p, "nav.members"), Path: p.path("members")}}, Blocks: []web.Block{facts},
	}
	if p.may.Audit.See {
		data.Actions = []web.Link{{Label: c.text(p, "members.did"), Path: p.path("audit") + "?who=" + m.User.ID}}
	}
	if p.may.Members.Change {
		form, rest, err := c.roleForm(p, m, wrong)
		if err != nil {
			return err
		}
		data.Problems = rest
		data.Blocks = append(data.Blocks, form)
	}
	return c.render(p, status, data)
}

// roleForm offers the roles that the person may give. What they hold now is shown even
// where it is none of these.
func (c *Console) roleForm(p *page, m *admin.Member, wrong wrongs) (web.Form, []web.FormProblem, error) {
	roles, err := c.Admin.RolesToGive(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return web.Form{}, nil, err
	}
	chosen := m.Role.Code
	if p.form != nil {
		chosen = p.form["role"]
	}
	options := roleOptions(roles, chosen)
	if !slices.ContainsFunc(roles, func(r *core.Role) bool { return r.ID == m.Role.ID }) {
		options = append([]web.Option{{Label: m.Role.Name, Disabled: true, Selected: chosen == m.Role.Code}}, options...)
	}
	fields := []web.Field{{
		Name: "role", Label: c.text(p, "members.role"), Kind: web.KindSelect, Required: true, Options: options, Hint: c.text(p, "members.role.hint"),
	}}
	rest := wrong.of(fields)
	return web.Form{
		ID: "role", Title: c.text(p, "members.role.title"), Path: p.path("members", m.Membership.ID), Submit: c.text(p, "people.save"), Fields: fields,
		Hidden: map[string]string{"version": admin.Version(m.Membership)}, Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("members")},
	}, rest, nil
}

// removeMember asks before it takes access away, and says what that means.
func (c *Console) removeMember(p *page) error {
	member, err := c.ownOrMember(p)
	if err != nil {
		return err
	}
	self := member.User.ID == p.signedIn.User.ID
	name := nameOf(member.User)
	if p.form == nil {
		return c.askRemoval(p, http.StatusOK, member, nil)
	}
	if !web.Confirmed(p.form[web.FieldConfirm], name) {
		return c.askRemoval(p, http.StatusBadRequest, member, wrongs{web.FieldConfirm: c.text(p, "people.confirm")})
	}
	if err := c.Admin.EndMembership(p.r.Context(), p.actor(), member.Membership.ID, p.form["version"]); err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askRemoval(p, status, member, wrong)
	}
	if self {
		return c.done(p, pathConsole, "member_left")
	}
	return c.done(p, p.path("members"), "member_removed")
}

// ownOrMember is memberOf, for one's own without a right to see the others.
func (c *Console) ownOrMember(p *page) (*admin.Member, error) {
	member, err := c.memberOf(p)
	if err == nil {
		return member, nil
	}
	own, own2 := c.Store.Membership(p.r.Context(), p.r.PathValue("id"))
	if own2 != nil || own.UserID != p.signedIn.User.ID || own.OrganisationID != p.organisation.ID {
		return nil, err
	}
	role, err := c.Store.Role(p.r.Context(), own.RoleID)
	return &admin.Member{Membership: own, User: p.signedIn.User, Role: role}, err
}

func (c *Console) askRemoval(p *page, status int, m *admin.Member, wrong wrongs) error {
	name, kind := nameOf(m.User), "remove"
	if m.User.ID == p.signedIn.User.ID {
		kind = "leave"
	}
	said := func(key string, args ...any) string { return c.text(p, "members."+kind+"."+key, args...) }
	problem := wrong[web.FieldConfirm]
	delete(wrong, web.FieldConfirm)
	confirm := web.Confirm{
		ID: "remove", Text: said("text", name, p.organisation.Name), Name: name, Path: p.path("members", m.Membership.ID, "remove"),
		Consequences: []string{said("first"), said("second")}, Submit: said("submit"), Problem: problem,
		Hidden: map[string]string{"version": admin.Version(m.Membership)}, Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("members")},
	}
	return c.render(p, status, web.Console{
		Title: said("title", name), Crumbs: []web.Link{{Label: c.text(p, "nav.members"), Path: p.path("members")}},
		Problems: wrong.of(nil), Blocks: []web.Block{confirm},
	})
}
