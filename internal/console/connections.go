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

// Connections leads to the connections of the organisation of a person: the address is
// known without one.
func (c *Console) Connections() http.Handler {
	return c.handle(web.PathConnections, func(p *page) error {
		organisations, err := c.organisations(p.r.Context(), p.actor())
		if err != nil {
			return err
		}
		path := pathConsole
		if len(organisations) == 1 {
			path += "/" + organisations[0].Code + "/connections"
		}
		c.to(p, path, url.Values{})
		return nil
	})
}

// connections lists the partners that the organisation is connected to (SD-10).
func (c *Console) connections(p *page) error {
	list, err := c.Admin.ListConnections(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	table := web.Table{
		ID: "connections",
		Columns: []web.Column{
			{Label: c.text(p, "connections.partner")}, {Label: c.text(p, "connections.may")}, {Label: c.text(p, "connections.approved")},
			{Label: c.text(p, "connections.used")},
		},
		Empty: web.Empty{Text: c.text(p, "connections.none")},
	}
	list, table.Pager = onPage(c, p, list)
	for i := range list {
		table.Rows = append(table.Rows, c.connectionRow(p, &list[i]))
	}
	return c.render(p, http.StatusOK, web.Console{
		Crumbs: c.integrations(p), Title: c.text(p, "nav.connections"), Lead: c.text(p, "connections.lead"), Blocks: []web.Block{table},
	})
}

func (c *Console) connectionRow(p *page, x *admin.Connection) web.Row {
	may := web.Cell{}
	for _, scope := range x.Consent.Scopes {
		may.List = append(may.List, c.scopes(p, oauth.Scope{scope}))
	}
	used := web.Cell{Time: x.Consent.LastUsedAt}
	if x.Consent.LastUsedAt.IsZero() {
		used = web.Cell{Text: c.text(p, "connections.unused")}
	}
	partner := web.Cell{Text: x.Client.Name}
	if x.Account.Name != p.organisation.Name {
		partner.Detail = x.Account.Name
	}
	return web.Row{
		Cells: []web.Cell{partner, may, {Time: x.Consent.CreatedAt, Detail: c.text(p, "connections.by", nameOf(x.ApprovedBy))}, used},
		Actions: []web.Action{{
			Label: c.text(p, "connections.end"), Accessible: c.text(p, "connections.end.which", x.Client.Name), Danger: true,
			Path: p.path("connections", x.Consent.ID, "end"),
		}},
	}
}

// endConnection ends a connection, once the name of the partner is typed.
func (c *Console) endConnection(p *page) error {
	list, err := c.Admin.ListConnections(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(list, func(x admin.Connection) bool { return x.Consent.ID == p.r.PathValue("id") })
	if at < 0 {
		return oauth.NewError(oauth.ReasonNotFound)
	}
	x := list[at]
	confirm := web.Confirm{
		ID: "end", Text: c.text(p, "connections.end.text"),
		Consequences: []string{c.text(p, "connections.end.tokens"), c.text(p, "connections.end.again")},
		Name:         x.Client.Name, Path: p.path("connections", x.Consent.ID, "end"), Submit: c.text(p, "connections.end"),
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("connections")},
	}
	data := web.Console{
		Crumbs: c.integrations(p, web.Link{Label: c.text(p, "nav.connections"), Path: p.path("connections")}),
		Title:  c.text(p, "connections.end.title", x.Client.Name), Blocks: []web.Block{confirm},
	}
	switch {
	case p.form == nil:
		return c.render(p, http.StatusOK, data)
	case !web.Confirmed(p.form[web.FieldConfirm], x.Client.Name):
		confirm.Problem = c.text(p, "people.confirm")
		data.Blocks = []web.Block{confirm}
		return c.render(p, http.StatusBadRequest, data)
	}
	if err := c.Admin.EndConnection(p.r.Context(), p.actor(), x.Consent.ID); err != nil {
		return err
	}
	return c.done(p, p.path("connections"), "connection_ended")
}

func (c *Console) consentLine(p *page, consent *core.Consent, client *core.Client) web.ConnectionLine {
	line := web.ConnectionLine{
		ID: consent.ID, Partner: client.Name, Scopes: c.scopes(p, consent.Scopes), ApprovedAt: c.Pages.Time(p.locale, consent.CreatedAt),
	}
	if !consent.LastUsedAt.IsZero() {
		line.LastUsedAt = c.Pages.Time(p.locale, consent.LastUsedAt)
	}
	return line
}

// scopes are scopes in words.
func (c *Console) scopes(p *page, scopes oauth.Scope) string {
	var words []string
	for _, scope := range scopes {
		text, ok := c.Pages.ScopeText(p.locale, scope)
		if !ok {
			text = scope
		}
		words = append(words, text)
	}
	return strings.Join(words, " · ")
}

func nameOf(user *core.User) string {
	for _, name := range []string{user.FullName, user.Email, user.Phone, user.Username} {
		if name != "" {
			return name
		}
	}
	return user.ID
}
