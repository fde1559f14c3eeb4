package console

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// opClients lists the clients of every kind.
func (c *Console) opClients(p *page) error { return c.listClients(p, "clients", false) }

// opPartners lists the clients that belong to no organisation.
func (c *Console) opPartners(p *page) error { return c.listClients(p, "partners", true) }

func (c *Console) listClients(p *page, what string, partners bool) error {
	wanted := cursorPage(p)
	wanted.Unowned = partners
	list, err := c.Admin.ListClients(p.r.Context(), p.actor(), wanted)
	if err != nil {
		return err
	}
	fresh := web.Link{Label: c.text(p, "op."+what+".new"), Path: opPath(what, "new")}
	table := web.Table{
		ID: "clients", Filter: c.findForm(p, opPath(what), c.text(p, "op.clients.find")),
		Columns: []web.Column{{Label: c.text(p, "clients.name")}, {Label: c.text(p, "clients.status")}, {Label: c.text(p, "op.company")}, {Label: c.text(p, "clients.format")}, {Label: c.text(p, "clients.kind")}},
		Empty:   web.Empty{Text: c.text(p, "op."+what+".none"), Link: fresh},
	}
	list, table.Pager = cursorPager(c, p, list, func(x *core.Client) string { return x.ID }, "q")
	for _, x := range list {
		owner := web.Cell{Text: x.Company, Detail: x.Contact}
		if x.OrganisationID != "" {
			owner = web.Cell{Text: c.organisationName(p, x.OrganisationID), Path: opPath("organisations", x.OrganisationID)}
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: x.Name, Path: clientPath(x.ID), Detail: x.ID}, {Badge: c.statusBadge(p, x.Status)}, owner,
			{Text: c.dialectTitle(p, x.Dialect)}, {Text: c.text(p, "clients.kind."+x.Kind)},
		}})
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: c.text(p, "nav."+what), Lead: c.text(p, "op."+what+".lead"), Blocks: []web.Block{table}, Actions: []web.Link{fresh},
	})
}

func clientPath(id string, more ...string) string {
	return opPath(append([]string{"clients", url.PathEscape(id)}, more...)...)
}

// organisationName is the name of an organisation; its id where it is gone.
func (c *Console) organisationName(p *page, id string) string {
	if o, err := c.Store.Organisation(p.r.Context(), id); err == nil {
		return o.Name
	}
	return id
}

// clientFields ask who is behind a client, and what it may do (PE-6).
func (c *Console) clientFields(p *page, v map[string]string) []web.Field {
	grants := web.Field{Name: "grant_types", Label: c.text(p, "clients.grants"), Kind: web.KindCheckboxes, Hint: c.text(p, "op.grants.hint")}
	for _, name := range oauth.GrantTypes {
		grants.Options = append(grants.Options, web.Option{
			Value: name, Label: c.text(p, "op.grant."+name), Hint: name, Selected: slices.Contains(strings.Fields(v["grant_types"]), name),
		})
	}
	area := func(name, label string) web.Field {
		return web.Field{Name: name, Label: label, Kind: web.KindTextarea, Rows: 3, Value: v[name], Hint: c.text(p, "op."+name+".hint")}
	}
	return []web.Field{
		{Name: "company", Label: c.text(p, "op.company"), Required: true, Value: v["company"], MaxLength: 100, Autocomplete: "organization"},
		{Name: "website", Label: c.text(p, "op.website"), Kind: web.KindURL, Required: true, Value: v["website"], MaxLength: 200, Autocomplete: "off"},
		{Name: "contact", Label: c.text(p, "op.contact"), Required: true, Value: v["contact"], Hint: c.text(p, "op.contact.hint"), MaxLength: 254, Autocomplete: "off"},
		{Name: "name", Label: c.text(p, "op.client_name"), Required: true, Value: v["name"], Hint: c.text(p, "op.client_name.hint"), MaxLength: 100, Autocomplete: "off"},
		{Name: "dialect", Label: c.text(p, "clients.format"), Kind: web.KindSelect, Options: c.dialectOptions(p, v["dialect"]), Hint: c.text(p, "op.dialect.hint")},
		grants, area("scopes", c.text(p, "clients.scopes")), area("redirect_uris", c.text(p, "clients.redirects")),
		area("redirect_hosts", c.text(p, "op.redirect_hosts")), area("products", c.text(p, "clients.products")),
	}
}

// opNewClient onboards a partner, or makes a client of any other kind, and shows its
// secret this once.
func (c *Console) opNewClient(p *page) error {
	if !c.provedLately(p) {
		return nil
	}
	what, partner := "clients", strings.HasPrefix(p.r.URL.Path, opPath("partners"))
	if partner {
		what = "partners"
	}
	status, wrong := http.StatusOK, wrongs{}
	if p.form != nil {
		n, err := c.readClient(p, partner)
		if err == nil {
			var client *core.Client
			var secret string
			if client, secret, err = c.Admin.CreateClient(p.r.Context(), p.actor(), n); err == nil {
				return c.clientSecret(p, client, secret, "op.clients.made")
			}
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	v := p.values(map[string]string{"kind": core.Confidential, "grant_types": oauth.GrantAuthorizationCode + " " + oauth.GrantRefreshToken})
	fields := c.clientFields(p, v)
	kinds := web.Field{Name: "kind", Label: c.text(p, "clients.kind"), Kind: web.KindRadios, Required: true}
	for _, kind := range []string{core.Confidential, core.Public} {
		kinds.Options = append(kinds.Options, web.Option{Value: kind, Label: c.text(p, "clients.kind."+kind), Hint: c.text(p, "op.kind."+kind), Selected: v["kind"] == kind})
	}
	fields = slices.Insert(fields, 4, kinds)
	if !partner {
		fields = append(fields, web.Field{
			Name: "organisation", Label: c.text(p, "op.owner"), Value: v["organisation"], Hint: c.text(p, "op.owner.hint"), MaxLength: 64, Autocomplete: "off",
		})
	}
	form := web.Form{ID: "client", Path: opPath(what, "new"), Submit: c.text(p, "op.make"), Cancel: c.cancel(p, opPath(what)), Fields: fields}
	return c.render(p, status, web.Console{
		Title: c.text(p, "op."+what+".new"), Lead: c.text(p, "op."+what+".new.lead"), Crumbs: c.opCrumb(p, what),
		Problems: wrong.of(form.Fields), Blocks: []web.Block{form},
	})
}

func (c *Console) readClient(p *page, partner bool) (admin.NewClient, error) {
	f := p.form
	n := admin.NewClient{
		Name: f["name"], Kind: f["kind"], Dialect: f["dialect"], Company: f["company"], Website: f["website"], Contact: f["contact"],
		GrantTypes: p.list("grant_types"), Scopes: p.list("scopes"), Products: p.list("products"), RedirectURIs: p.list("redirect_uris"),
		RedirectHosts: p.list("redirect_hosts"),
	}
	if n.Dialect != "" && c.dialectNamed(n.Dialect) == nil {
		return n, oauth.NewError(oauth.ReasonInvalidValue).At("dialect")
	}
	if code := f["organisation"]; code != "" && !partner {
		o, err := c.Store.OrganisationByCode(p.r.Context(), code)
		if err != nil {
			return n, oauth.NewError(oauth.ReasonInvalidValue).At("organisation").Describe(c.text(p, "op.organisations.nosuch")).Because(err)
		}
		n.OrganisationID = o.ID
	}
	return n, nil
}

// clientSecret shows the secret of a client, this once.
func (c *Console) clientSecret(p *page, client *core.Client, secret, title string) error {
	facts, err := c.opClientFacts(p, client)
	if err != nil {
		return err
	}
	facts.Actions = nil
	data := c.opClientPage(p, client, facts)
	if secret != "" {
		data.Blocks = []web.Block{web.Secret{
			ID: "secret", Title: c.text(p, title, client.Name), Text: c.text(p, title+".text"), Label: c.text(p, "clients.secret"), Value: secret,
		}, facts}
	}
	data.Actions = []web.Link{{Label: c.text(p, "keys.kept"), Path: clientPath(client.ID)}}
	return c.render(p, http.StatusOK, data)
}

func (c *Console) opClientPage(p *page, client *core.Client, blocks ...web.Block) web.Console {
	return web.Console{Title: client.Name, Badge: c.statusBadge(p, client.Status), Crumbs: c.opCrumb(p, "clients"), Blocks: blocks}
}

// opClientFacts is everything that a client is registered with.
func (c *Console) opClientFacts(p *page, x *core.Client) (web.Facts, error) {
	item := func(label string, value web.Cell) web.Fact { return web.Fact{Label: label, Value: value} }
	facts := web.Facts{ID: "client", Items: []web.Fact{
		item(c.text(p, "clients.id"), web.Cell{Text: x.ID, Code: true, Copy: true}),
		item(c.text(p, "op.company"), web.Cell{Text: x.Company}), item(c.text(p, "op.website"), web.Cell{Text: x.Website}),
		item(c.text(p, "op.contact"), web.Cell{Text: x.Contact}),
		item(c.text(p, "clients.kind"), web.Cell{Text: c.text(p, "clients.kind."+x.Kind)}),
		item(c.text(p, "clients.format"), web.Cell{Text: c.dialectTitle(p, x.Dialect)}),
		item(c.text(p, "clients.grants"), web.Cell{List: x.GrantTypes, Code: true}),
		item(c.text(p, "clients.scopes"), web.Cell{List: x.Scopes, Code: true}),
		item(c.text(p, "clients.redirects"), web.Cell{List: x.RedirectURIs, Code: true}),
		item(c.text(p, "op.redirect_hosts"), web.Cell{List: x.RedirectHosts, Code: true}),
		item(c.text(p, "clients.products"), web.Cell{List: x.Products, Code: true}),
		item(c.text(p, "clients.made"), web.Cell{Time: x.CreatedAt}),
	}}
	if x.OrganisationID != "" {
		owner := web.Cell{Text: c.organisationName(p, x.OrganisationID), Path: opPath("organisations", x.OrganisationID)}
		facts.Items = slices.Insert(facts.Items, 1, item(c.text(p, "op.owner"), owner))
	}
	until, err := c.Admin.Overlap(p.r.Context(), x.ID)
	if !until.IsZero() {
		facts.Items = append(facts.Items, item(c.text(p, "secret.old"), web.Cell{Time: until}))
	}
	facts.Actions = []web.Action{{Label: c.text(p, "op.edit"), Path: clientPath(x.ID, "edit")}}
	if x.Kind != core.Public {
		facts.Actions = append(facts.Actions, web.Action{Label: c.text(p, "secret.rotate"), Path: clientPath(x.ID, "rotate")})
	}
	facts.Actions = append(facts.Actions, c.stopAction(p, c.clientStop(p, x)))
	return facts, err
}

// opClient shows a client.
func (c *Console) opClient(p *page) error {
	client, err := c.Admin.GetClient(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return err
	}
	facts, err := c.opClientFacts(p, client)
	if err != nil {
		return err
	}
	data := c.opClientPage(p, client, facts)
	data.Actions = []web.Link{
		{Label: c.text(p, "nav.usage"), Path: opPath("usage") + "?client=" + url.QueryEscape(client.ID)},
		{Label: c.text(p, "nav.audit"), Path: opPath("audit") + "?client=" + url.QueryEscape(client.ID)},
	}
	return c.render(p, http.StatusOK, data)
}

// opEditClient changes who is behind a client, and what it may do.
func (c *Console) opEditClient(p *page) error {
	x, err := c.Admin.GetClient(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil || !c.provedLately(p) {
		return err
	}
	status, wrong := http.StatusOK, wrongs{}
	if p.form != nil {
		n, err := c.readClient(p, true)
		scopes := []string(n.Scopes)
		if err == nil {
			change := admin.ClientChange{
				Name: &n.Name, Dialect: &n.Dialect, GrantTypes: &n.GrantTypes, Scopes: &scopes, Products: &n.Products,
				RedirectURIs: &n.RedirectURIs, RedirectHosts: &n.RedirectHosts,
			}
			if x.OrganisationID == "" || n.Company != x.Company || n.Website != x.Website || n.Contact != x.Contact {
				change.Company, change.Website, change.Contact = &n.Company, &n.Website, &n.Contact
			}
			if _, err = c.Admin.UpdateClient(p.r.Context(), p.actor(), x.ID, p.form["version"], change); err == nil {
				return c.done(p, clientPath(x.ID), "client_changed")
			}
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	return c.askClientEdit(p, status, x, wrong)
}

func (c *Console) askClientEdit(p *page, status int, x *core.Client, wrong wrongs) error {
	stored := map[string]string{
		"company": x.Company, "website": x.Website, "contact": x.Contact, "name": x.Name, "dialect": x.Dialect,
		"grant_types": strings.Join(x.GrantTypes, " "), "scopes": lines(x.Scopes), "products": lines(x.Products),
		"redirect_uris": lines(x.RedirectURIs), "redirect_hosts": lines(x.RedirectHosts),
	}
	form := web.Form{
		ID: "client", Path: clientPath(x.ID, "edit"), Submit: c.text(p, "people.save"), Cancel: c.cancel(p, clientPath(x.ID)),
		Hidden: map[string]string{"version": admin.Version(x)}, Fields: c.clientFields(p, p.values(stored)),
	}
	if x.OrganisationID != "" { // its owner is known
		for i := range form.Fields[:3] {
			form.Fields[i].Required = false
		}
	}
	data := c.opClientPage(p, x)
	data.Problems = wrong.of(form.Fields)
	var err error
	if data.Blocks, err = c.withNow(p, status, form, c.stored(p, c.clientFields(p, stored))); err != nil {
		return err
	}
	return c.render(p, status, data)
}

// opRotateClient gives a client another secret.
func (c *Console) opRotateClient(p *page) error {
	client, err := c.Admin.GetClient(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil || !c.provedLately(p) {
		return err
	}
	overlap, ok := p.overlap()
	if !ok {
		form, problems := c.rotateForm(p, clientPath(client.ID, "rotate"), clientPath(client.ID))
		data, status := c.opClientPage(p, client, form), http.StatusOK
		if data.Problems = problems; p.form != nil {
			status = http.StatusBadRequest
		}
		return c.render(p, status, data)
	}
	client, secret, err := c.Admin.RotateClientSecret(p.r.Context(), p.actor(), client.ID, overlap)
	if err != nil {
		return err
	}
	return c.clientSecret(p, client, secret, "clients.rotated")
}

func (c *Console) clientStop(p *page, x *core.Client) stopping {
	return stopping{
		what: "clients", name: x.Name, path: clientPath(x.ID, "stop"), back: clientPath(x.ID), version: admin.Version(x), status: x.Status,
		crumbs: c.opCrumb(p, "clients"), done: "client_changed", set: func(version string, status core.Status) error {
			_, err := c.Admin.UpdateClient(p.r.Context(), p.actor(), x.ID, version, admin.ClientChange{Status: &status})
			return err
		},
	}
}

// opStopClient stops a client: what it was given is worth nothing from now on.
func (c *Console) opStopClient(p *page) error {
	client, err := c.Admin.GetClient(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.stop(p, c.clientStop(p, client))
}
