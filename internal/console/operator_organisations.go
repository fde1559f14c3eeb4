package console

import (
	"net/http"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
)

// opOrganisations lists the customers of the platform.
func (c *Console) opOrganisations(p *page) error {
	list, err := c.Admin.ListOrganisations(p.r.Context(), p.actor(), cursorPage(p))
	if err != nil {
		return err
	}
	table := web.Table{
		ID: "organisations", Filter: c.findForm(p, opPath("organisations"), c.text(p, "op.organisations.find")),
		Columns: []web.Column{{Label: c.text(p, "settings.name")}, {Label: c.text(p, "clients.status")}, {Label: c.text(p, "op.verified")}, {Label: c.text(p, "op.since")}},
		Empty:   web.Empty{Text: c.text(p, "op.organisations.none"), Link: web.Link{Label: c.text(p, "op.organisations.new"), Path: opPath("organisations", "new")}},
	}
	list, table.Pager = cursorPager(c, p, list, func(o *core.Organisation) string { return o.ID }, "q")
	for _, o := range list {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: o.Name, Path: opPath("organisations", o.ID), Detail: o.Code}, {Badge: c.statusBadge(p, o.Status)},
			{Badge: c.verifiedBadge(p, o.Verified)}, {Time: o.CreatedAt},
		}})
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: c.text(p, "nav.organisations"), Lead: c.text(p, "op.organisations.lead"), Blocks: []web.Block{table},
		Actions: []web.Link{{Label: c.text(p, "op.organisations.new"), Path: opPath("organisations", "new")}},
	})
}

func (c *Console) verifiedBadge(p *page, verified bool) web.Badge {
	if verified {
		return web.Badge{Kind: web.Good, Text: c.text(p, "settings.verified.yes")}
	}
	return web.Badge{Text: c.text(p, "settings.verified.no")}
}

// opOrganisation shows an organisation and its accounts.
func (c *Console) opOrganisation(p *page) error {
	o, err := c.Admin.GetOrganisation(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return err
	}
	accounts, err := c.Admin.ListAccounts(p.r.Context(), p.actor(), o.ID)
	if err != nil {
		return err
	}
	services := web.Cell{}
	for _, line := range strings.Split(showServices(o.Services), "\n") {
		if line != "" {
			services.List = append(services.List, line)
		}
	}
	facts := web.Facts{ID: "organisation", Items: []web.Fact{
		{Label: c.text(p, "overview.code"), Value: web.Cell{Text: o.Code, Code: true, Copy: true}},
		{Label: c.text(p, "op.id"), Value: web.Cell{Text: o.ID, Code: true, Copy: true}},
		{Label: c.text(p, "op.verified"), Value: web.Cell{Badge: c.verifiedBadge(p, o.Verified)}},
		{Label: c.text(p, "members.email"), Value: web.Cell{Text: o.Email}},
		{Label: c.text(p, "settings.phone"), Value: web.Cell{Text: o.Phone}},
		{Label: c.text(p, "op.services"), Value: services},
		{Label: c.text(p, "op.since"), Value: web.Cell{Time: o.CreatedAt}},
	}, Actions: []web.Action{{Label: c.text(p, "op.edit"), Path: opPath("organisations", o.ID, "edit")}, c.stopAction(p, c.organisationStop(p, o))}}
	table := web.Table{
		ID: "accounts", Title: c.text(p, "nav.accounts"), Columns: c.accountColumns(p),
		Empty: web.Empty{Text: c.text(p, "op.accounts.none"), Link: web.Link{Label: c.text(p, "op.accounts.new"), Path: opPath("organisations", o.ID, "accounts", "new")}},
	}
	accounts, table.Pager = onPage(c, p, accounts)
	for _, account := range accounts {
		table.Rows = append(table.Rows, c.accountRow(p, account))
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: o.Name, Crumbs: c.opCrumb(p, "organisations"), Badge: c.statusBadge(p, o.Status), Blocks: []web.Block{facts, table},
		Actions: []web.Link{
			{Label: c.text(p, "op.organisations.open"), Path: pathConsole + "/" + o.Code},
			{Label: c.text(p, "op.accounts.new"), Path: opPath("organisations", o.ID, "accounts", "new")},
		},
	})
}

// showServices writes services as a form has them: one a line, its scope and its URI.
func showServices(services map[string]string) string {
	var all []string
	for _, scope := range sortedKeys(services) {
		all = append(all, scope+" "+services[scope])
	}
	return lines(all)
}

// readServices reads showServices; a line that is something else has no URI.
func readServices(text string) map[string]string {
	services := map[string]string{}
	for line := range strings.Lines(text) {
		if scope, uri, _ := strings.Cut(strings.TrimSpace(line), " "); scope != "" {
			services[scope] = strings.TrimSpace(uri)
		}
	}
	return services
}

func (c *Console) organisationFields(p *page, v map[string]string) []web.Field {
	return []web.Field{
		{Name: "name", Label: c.text(p, "settings.name"), Required: true, Value: v["name"], MaxLength: 100, Autocomplete: "off"},
		{Name: "code", Label: c.text(p, "overview.code"), Value: v["code"], Hint: c.text(p, "op.code.hint"), MaxLength: 64, Autocomplete: "off"},
		{Name: "email", Label: c.text(p, "members.email"), Kind: web.KindEmail, Value: v["email"], MaxLength: 254, Autocomplete: "off"},
		{Name: "phone", Label: c.text(p, "settings.phone"), Kind: web.KindPhone, Value: v["phone"], Hint: c.text(p, "settings.phone.hint"), MaxLength: 20, Autocomplete: "off"},
		{Name: "services", Label: c.text(p, "op.services"), Kind: web.KindTextarea, Rows: 3, Value: v["services"], Hint: c.text(p, "op.services.hint")},
		{Name: "verified", Label: c.text(p, "op.verified"), Kind: web.KindSwitch, Value: v["verified"], Hint: c.text(p, "op.verified.hint")},
	}
}

// opNewOrganisation makes an organisation.
func (c *Console) opNewOrganisation(p *page) error {
	if !c.provedLately(p) {
		return nil
	}
	status, wrong := http.StatusOK, wrongs{}
	if p.form != nil {
		o, err := c.Admin.CreateOrganisation(p.r.Context(), p.actor(), admin.NewOrganisation{
			Code: p.form["code"], Name: p.form["name"], Email: p.form["email"], Phone: p.form["phone"], Verified: p.form["verified"] != "",
			Services: readServices(p.form["services"]),
		})
		if err == nil {
			return c.done(p, opPath("organisations", o.ID), "organisation_made")
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	form := web.Form{
		ID: "organisation", Path: opPath("organisations", "new"), Submit: c.text(p, "op.make"), Cancel: c.cancel(p, opPath("organisations")),
		Fields: c.organisationFields(p, p.values(nil)),
	}
	return c.render(p, status, web.Console{
		Title: c.text(p, "op.organisations.new"), Crumbs: c.opCrumb(p, "organisations"), Problems: wrong.of(form.Fields), Blocks: []web.Block{form},
	})
}

// opEditOrganisation changes an organisation.
func (c *Console) opEditOrganisation(p *page) error {
	o, err := c.Admin.GetOrganisation(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil || !c.provedLately(p) {
		return err
	}
	status, wrong := http.StatusOK, wrongs{}
	if p.form != nil {
		name, code, email, phone := p.form["name"], p.form["code"], p.form["email"], p.form["phone"]
		verified, services := p.form["verified"] != "", readServices(p.form["services"])
		_, err := c.Admin.UpdateOrganisation(p.r.Context(), p.actor(), o.ID, p.form["version"], admin.OrganisationChange{
			Name: &name, Code: &code, Email: &email, Phone: &phone, Verified: &verified, Services: &services,
		})
		if err == nil {
			return c.done(p, opPath("organisations", o.ID), "organisation_changed")
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	stored := map[string]string{
		"name": o.Name, "code": o.Code, "email": o.Email, "phone": o.Phone, "services": showServices(o.Services), "verified": switched(o.Verified),
	}
	form := web.Form{
		ID: "organisation", Path: opPath("organisations", o.ID, "edit"), Submit: c.text(p, "people.save"), Cancel: c.cancel(p, opPath("organisations", o.ID)),
		Hidden: map[string]string{"version": admin.Version(o)}, Fields: c.organisationFields(p, p.values(stored)),
	}
	data := web.Console{Title: o.Name, Crumbs: c.opCrumb(p, "organisations"), Problems: wrong.of(form.Fields)}
	if data.Blocks, err = c.withNow(p, status, form, c.stored(p, c.organisationFields(p, stored))); err != nil {
		return err
	}
	return c.render(p, status, data)
}

func (c *Console) organisationStop(p *page, o *core.Organisation) stopping {
	back := opPath("organisations", o.ID)
	return stopping{
		what: "organisations", name: o.Name, path: back + "/stop", back: back, version: admin.Version(o), status: o.Status, crumbs: c.opCrumb(p, "organisations"),
		done: "organisation_changed", set: func(version string, status core.Status) error {
			_, err := c.Admin.UpdateOrganisation(p.r.Context(), p.actor(), o.ID, version, admin.OrganisationChange{Status: &status})
			return err
		},
	}
}

// opStopOrganisation stops an organisation: nobody and nothing of it gets in any more.
func (c *Console) opStopOrganisation(p *page) error {
	o, err := c.Admin.GetOrganisation(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.stop(p, c.organisationStop(p, o))
}
