package console

import (
	"net/http"

	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// clients lists the clients that the organisation owns (SP-9).
func (c *Console) clients(p *page) error {
	list, err := c.Admin.ListClientsOf(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	table := web.Table{
		ID:      "clients",
		Columns: []web.Column{{Label: c.text(p, "clients.name")}, {Label: c.text(p, "clients.status")}, {Label: c.text(p, "clients.id")}, {Label: c.text(p, "clients.format")}},
		Empty:   web.Empty{Text: c.text(p, "clients.none")},
	}
	list, table.Pager = onPage(c, p, list)
	for _, client := range list {
		path := p.path("clients", client.ID)
		row := web.Row{Cells: []web.Cell{
			{Text: client.Name, Path: path}, {Badge: c.statusBadge(p, client.Status)}, {Text: client.ID, Code: true}, {Text: c.dialectTitle(p, client.Dialect)},
		}}
		if p.may.Clients.Change && client.Kind != core.Public {
			row.Actions = []web.Action{{Label: c.text(p, "secret.rotate"), Accessible: c.text(p, "clients.rotate.which", client.Name), Path: path + "/rotate"}}
		}
		table.Rows = append(table.Rows, row)
	}
	return c.render(p, http.StatusOK, web.Console{
		Crumbs: c.integrations(p), Title: c.text(p, "nav.clients"), Lead: c.text(p, "clients.lead"),
		Blocks: []web.Block{c.codeFacts(p), table},
	})
}

// codeFacts is the code that programs send beside their own credentials.
func (c *Console) codeFacts(p *page) web.Facts {
	return web.Facts{ID: "code", Items: []web.Fact{{
		Label: c.text(p, "overview.code"),
		Value: web.Cell{Text: p.organisation.Code, Code: true, Copy: true, Detail: c.text(p, "overview.code.text")},
	}}}
}

func (c *Console) statusBadge(p *page, status core.Status) web.Badge {
	kinds := map[core.Status]string{core.Active: web.Good, core.Suspended: web.Warn, core.Disabled: web.Bad}
	return web.Badge{Kind: kinds[status], Text: c.text(p, "status."+string(status))}
}

// dialectTitle is a dialect as people know it.
func (c *Console) dialectTitle(p *page, name string) string {
	for _, d := range c.Dialects {
		if d.Name == name {
			return d.Title
		}
	}
	if name == "" {
		return c.text(p, "keys.standard")
	}
	return name
}

// client returns the client that the path names; one of another organisation is not
// there (F01).
func (c *Console) client(p *page) (*core.Client, error) {
	client, err := c.Admin.GetClient(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err == nil && client.OrganisationID != p.organisation.ID {
		err = oauth.NewError(oauth.ReasonNotFound)
	}
	return client, err
}

func (c *Console) clientPage(p *page, client *core.Client, blocks ...web.Block) web.Console {
	return web.Console{
		Crumbs: c.integrations(p, web.Link{Label: c.text(p, "nav.clients"), Path: p.path("clients")}),
		Title:  client.Name, Badge: c.statusBadge(p, client.Status), Blocks: blocks,
	}
}

// showClient is the page of one client.
func (c *Console) showClient(p *page) error {
	client, err := c.client(p)
	if err != nil {
		return err
	}
	facts, err := c.clientFacts(p, client)
	if err != nil {
		return err
	}
	if p.may.Clients.Change && client.Kind != core.Public {
		facts.Actions = []web.Action{{Label: c.text(p, "secret.rotate"), Path: p.path("clients", client.ID, "rotate")}}
	}
	return c.render(p, http.StatusOK, c.clientPage(p, client, facts))
}

func (c *Console) clientFacts(p *page, client *core.Client) (web.Facts, error) {
	scopes := web.Cell{}
	for _, scope := range client.Scopes {
		scopes.List = append(scopes.List, c.scopes(p, oauth.Scope{scope}))
	}
	facts := web.Facts{ID: "client", Items: []web.Fact{
		{Label: c.text(p, "clients.id"), Value: web.Cell{Text: client.ID, Code: true, Copy: true}},
		{Label: c.text(p, "overview.code"), Value: web.Cell{Text: p.organisation.Code, Code: true, Copy: true}},
		{Label: c.text(p, "clients.kind"), Value: web.Cell{Text: c.text(p, "clients.kind."+client.Kind)}},
		{Label: c.text(p, "clients.format"), Value: web.Cell{Text: c.dialectTitle(p, client.Dialect)}},
		{Label: c.text(p, "clients.grants"), Value: web.Cell{List: client.GrantTypes, Code: true}},
		{Label: c.text(p, "clients.scopes"), Value: scopes},
	}}
	if len(client.Products) > 0 {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "clients.products"), Value: web.Cell{List: client.Products}})
	}
	if len(client.RedirectURIs) > 0 {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "clients.redirects"), Value: web.Cell{List: client.RedirectURIs, Code: true}})
	}
	facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "clients.made"), Value: web.Cell{Time: client.CreatedAt}})
	until, err := c.Admin.Overlap(p.r.Context(), client.ID)
	if !until.IsZero() {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "secret.old"), Value: web.Cell{Time: until}})
	}
	return facts, err
}

// rotateClient gives a client another secret.
func (c *Console) rotateClient(p *page) error {
	client, err := c.client(p)
	switch {
	case err != nil:
		return err
	case !p.may.Clients.Change || client.Kind == core.Public:
		return oauth.NewError(oauth.ReasonPermissionDenied)
	case !c.provedLately(p):
		return nil
	}
	path := p.path("clients", client.ID)
	overlap, ok := p.overlap()
	if !ok {
		form, problems := c.rotateForm(p, path+"/rotate", path)
		data, status := c.clientPage(p, client, form), http.StatusOK
		if data.Problems = problems; p.form != nil {
			status = http.StatusBadRequest
		}
		return c.render(p, status, data)
	}
	client, secret, err := c.Admin.RotateClientSecret(p.r.Context(), p.actor(), client.ID, overlap)
	if err != nil {
		return err
	}
	facts, err := c.clientFacts(p, client)
	if err != nil {
		return err
	}
	data := c.clientPage(p, client, web.Secret{
		ID: "secret", Title: c.text(p, "clients.rotated", client.Name), Text: c.text(p, "clients.rotated.text"), Label: c.text(p, "clients.secret"), Value: secret,
	}, facts)
	data.Actions = []web.Link{{Label: c.text(p, "keys.kept"), Path: path}}
	return c.render(p, http.StatusOK, data)
}
