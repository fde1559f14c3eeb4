package console

import (
	"net/http"
	"net/url"

	"claviger/internal/core"
	"claviger/internal/web"
)

// start leads everybody to where they have something to do.
func (c *Console) start(p *page) error {
	path := web.PathAccount
	if p.signedIn.User.Operator {
		path = pathOperator + "/organisations"
	} else if organisations, err := c.organisations(p.r.Context(), p.actor()); err != nil {
		return err
	} else if len(organisations) > 0 {
		path = pathConsole
	}
	c.to(p, path, url.Values{})
	return nil
}

// chooseOrganisation leads to the only organisation of a person, or lists them.
func (c *Console) chooseOrganisation(p *page) error {
	organisations, err := c.organisations(p.r.Context(), p.actor())
	if err != nil {
		return err
	}
	if len(organisations) == 1 {
		c.to(p, pathConsole+"/"+organisations[0].Code, url.Values{})
		return nil
	}
	table := web.Table{
		ID: "organisations", Columns: []web.Column{{Label: c.text(p, "start.name")}, {Label: c.text(p, "start.code")}},
		Empty: web.Empty{Text: c.text(p, "start.none"), Link: web.Link{Label: c.text(p, "start.account"), Path: web.PathAccount}},
	}
	for _, organisation := range organisations {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: organisation.Name, Path: pathConsole + "/" + organisation.Code}, {Text: organisation.Code, Code: true},
		}})
	}
	return c.render(p, http.StatusOK, web.Console{Title: c.text(p, "start.title"), Lead: c.text(p, "start.lead"), Blocks: []web.Block{table}})
}

// overview is the first page of an organisation: what integrators need to know of it,
// and what needs somebody's attention.
func (c *Console) overview(p *page) error {
	o := p.organisation
	status := web.Badge{Kind: web.Good, Text: c.text(p, "status."+string(o.Status))}
	if o.Status != core.Active {
		status.Kind = web.Bad
	}
	facts := web.Facts{ID: "organisation", Title: c.text(p, "overview.facts"), Items: []web.Fact{
		{Label: c.text(p, "overview.code"), Value: web.Cell{Text: o.Code, Code: true, Copy: true, Detail: c.text(p, "overview.code.text")}},
		{Label: c.text(p, "overview.status"), Value: web.Cell{Badge: status}},
	}}
	warnings, err := c.keyWarnings(p)
	if err != nil {
		return err
	}
	return c.render(p, http.StatusOK, web.Console{Title: o.Name, Lead: c.text(p, "overview.lead"), Blocks: append(warnings, facts)})
}
