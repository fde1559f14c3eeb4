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

// Question asks whether somebody may do something.
type Question struct {
	Subject string // "person:EMAIL", "service_account:ORGANISATION/USERNAME", "api_key:ID" or "client:ID"
	Action  string // a permission
	Account string // id or number of the account that it is done to; empty: none
	Acting  string // of the account that a person acts for; empty: none
}

// Answer is a decision and its grounds.
type Answer struct {
	Allowed      bool
	Why          string // in a sentence
	Role         *core.Role
	Scope        core.PermissionScope
	Met, Missing []string // conditions
}

// opDecisions says why somebody may do something, or may not.
func (c *Console) opDecisions(p *page) error {
	permissions, err := c.Admin.ListPermissions(p.r.Context())
	if err != nil {
		return err
	}
	kind, who := p.asked("kind"), p.asked("who")
	q := Question{Subject: kind + ":" + who, Action: p.asked("action"), Account: p.asked("account"), Acting: p.asked("acting")}
	status, wrong, blocks := http.StatusOK, wrongs{}, []web.Block{}
	if who != "" && q.Action != "" {
		answer, err := c.Operator.Decide(p.r.Context(), q)
		if err != nil {
			if wrong, status, err = c.wrong(p, err); err != nil {
				return err
			}
		} else {
			blocks = c.answerBlocks(p, answer)
		}
	}
	subjects := web.Field{Name: "kind", Label: c.text(p, "op.decisions.kind"), Kind: web.KindSelect}
	for _, name := range []string{core.SubjectPerson, core.SubjectServiceAccount, core.SubjectAPIKey, core.SubjectClient} {
		subjects.Options = append(subjects.Options, web.Option{Value: name, Label: c.text(p, "op.subject."+name), Selected: name == kind})
	}
	action := web.Field{Name: "action", Label: c.text(p, "roles.permission"), Kind: web.KindSelect}
	for _, permission := range permissions {
		action.Options = append(action.Options, web.Option{Value: permission.Name, Label: permission.Name, Selected: permission.Name == q.Action})
	}
	form := web.Form{
		ID: "ask", Get: true, Path: opPath("decisions"), Submit: c.text(p, "op.decisions.ask"), Fields: []web.Field{
			subjects,
			{Name: "who", Label: c.text(p, "audit.who"), Required: true, Value: who, Hint: c.text(p, "op.decisions.who.hint"), MaxLength: longestAsked},
			action,
			{Name: "account", Label: c.text(p, "op.decisions.account"), Value: q.Account, Hint: c.text(p, "op.decisions.account.hint"), MaxLength: longestAsked},
			{Name: "acting", Label: c.text(p, "op.decisions.acting"), Value: q.Acting, Hint: c.text(p, "op.decisions.acting.hint"), MaxLength: longestAsked},
		},
	}
	return c.render(p, status, web.Console{
		Title: c.text(p, "op.decisions.title"), Lead: c.text(p, "op.decisions.lead"), Problems: wrong.of(form.Fields), Blocks: append(blocks, form),
	})
}

func (c *Console) answerBlocks(p *page, a *Answer) []web.Block {
	_, why, _ := strings.Cut(a.Why, ": ") // the verdict is the title
	alert := web.Alert{Kind: web.Bad, Title: c.text(p, "op.decisions.denied"), Text: why}
	if a.Allowed {
		alert.Kind, alert.Title = web.Good, c.text(p, "op.decisions.allowed")
	}
	facts := web.Facts{ID: "grounds"}
	if a.Role != nil {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "members.role"), Value: web.Cell{Text: a.Role.Name, Detail: a.Role.Code}})
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "roles.where"), Value: web.Cell{Text: c.text(p, "roles.where."+string(a.Scope))}})
	}
	for _, conditions := range []struct {
		key  string
		list []string
	}{{"met", a.Met}, {"missing", a.Missing}} {
		if len(conditions.list) > 0 {
			facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "op.decisions."+conditions.key), Value: web.Cell{List: conditions.list, Code: true}})
		}
	}
	if len(facts.Items) == 0 {
		return []web.Block{alert}
	}
	return []web.Block{alert, facts}
}

// opRoles is the table of what each role of the platform, or of an organisation, lets
// people do.
func (c *Console) opRoles(p *page) error {
	id := ""
	if code := p.asked("organisation"); code != "" {
		o, err := c.Store.OrganisationByCode(p.r.Context(), code)
		if err != nil {
			return oauth.NewError(oauth.ReasonNotFound).Because(err)
		}
		id = o.ID
	}
	roles, err := c.Admin.ListRoles(p.r.Context(), p.actor(), id)
	if err != nil {
		return err
	}
	permissions, err := c.Admin.ListPermissions(p.r.Context())
	if err != nil {
		return err
	}
	table := web.Table{ID: "roles", Empty: web.Empty{Text: c.text(p, "op.roles.none")}, Columns: []web.Column{
		{Label: c.text(p, "roles.permission")}, {Label: c.text(p, "roles.where.own")}, {Label: c.text(p, "roles.where.global")}, {Label: c.text(p, "roles.if")},
	}}
	for _, permission := range permissions {
		table.Rows = append(table.Rows, c.permissionRow(p, permission, roles))
	}
	filter := &web.Form{
		ID: "find", Get: true, Path: opPath("roles"), Submit: c.text(p, "usage.show"), Cancel: web.Link{Label: c.text(p, "people.clear"), Path: opPath("roles")},
		Fields: []web.Field{{Name: "organisation", Label: c.text(p, "op.roles.organisation"), Value: p.asked("organisation"), MaxLength: longestAsked}},
	}
	table.Filter = filter
	return c.render(p, http.StatusOK, web.Console{Title: c.text(p, "nav.roles"), Lead: c.text(p, "op.roles.lead"), Blocks: []web.Block{table}})
}

// permissionRow says which roles grant a permission, and where.
func (c *Console) permissionRow(p *page, permission *core.Permission, roles []*core.Role) web.Row {
	name := web.Cell{Text: c.permissionText(p, permission.Name)}
	if name.Text != permission.Name {
		name.Detail = permission.Name
	}
	var own, every web.Cell
	for _, role := range roles {
		switch scope, granted := role.Grants[permission.Name]; {
		case scope == core.EveryAccount:
			every.List = append(every.List, role.Name)
		case granted, role.Owner && slices.Contains(admin.Permissions(), permission.Name):
			own.List = append(own.List, role.Name)
		}
	}
	return web.Row{
		Cells: []web.Cell{name, own, every, {List: permission.RequiresAny, Code: true}},
		Actions: []web.Action{{
			Label: c.text(p, "op.roles.why"), Accessible: c.text(p, "op.roles.why.which", permission.Name), Path: opPath("decisions") + "?action=" + permission.Name,
		}},
	}
}
