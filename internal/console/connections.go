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

// Connections serves the partners that the companies of a person are connected to,
// and ending a connection (SD-10).
func (c *Console) Connections() http.Handler {
	return c.handle(web.PathConnections, func(p *page) error {
		if p.form["action"] == "end" {
			if err := c.Admin.EndConnection(p.r.Context(), p.actor(), p.form["consent"]); err != nil {
				return err
			}
			return c.done(p, web.PathConnections, "connection_ended")
		}
		companies, err := c.companies(p)
		if err != nil {
			return err
		}
		c.Pages.Render(p.w, p.r, web.View{Locale: p.locale, Data: web.Connections{Companies: companies, Notice: notice(p)}})
		return nil
	})
}

// companies are the organisations whose connections the person may manage, with
// those.
func (c *Console) companies(p *page) ([]web.CompanyLine, error) {
	memberships, err := c.Store.MembershipsOf(p.r.Context(), p.signedIn.User.ID)
	if err != nil {
		return nil, err
	}
	var seen []string
	var lines []web.CompanyLine
	for _, m := range memberships {
		if slices.Contains(seen, m.OrganisationID) {
			continue
		}
		seen = append(seen, m.OrganisationID)
		connections, err := c.Admin.ListConnections(p.r.Context(), p.actor(), m.OrganisationID)
		if refused := oauth.RefusalOf(err); refused != nil && (refused.Code == oauth.AccessDenied || refused.Code == oauth.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		organisation, err := c.Store.Organisation(p.r.Context(), m.OrganisationID)
		if err != nil {
			return nil, err
		}
		line := web.CompanyLine{Name: organisation.Name}
		for _, connection := range connections {
			line.Lines = append(line.Lines, c.connectionLine(p, &connection, organisation))
		}
		lines = append(lines, line)
	}
	return lines, nil
}

func (c *Console) connectionLine(p *page, connection *admin.Connection, organisation *core.Organisation) web.ConnectionLine {
	line := c.consentLine(p, connection.Consent, connection.Client)
	line.ApprovedBy = nameOf(connection.ApprovedBy)
	if connection.Account.Name != organisation.Name {
		line.Account = connection.Account.Name
	}
	return line
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
