package console

import (
	"net/http"
	"net/url"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// opPeople finds a person, and shows where they are signed in; without one, who the
// operators are.
func (c *Console) opPeople(p *page) error {
	who := strings.TrimSpace(p.asked("q"))
	find := c.findForm(p, opPath("sessions"), c.text(p, "op.people.find"))
	find.Fields[0].Hint = c.text(p, "op.people.find.hint")
	data := web.Console{Title: c.text(p, "nav.sessions"), Lead: c.text(p, "op.people.lead")}
	if who != "" {
		person, err := c.Admin.FindPerson(p.r.Context(), p.actor(), who)
		if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonNotFound {
			data.Blocks = []web.Block{web.Table{ID: "sessions", Filter: find, Empty: web.Empty{Text: c.text(p, "op.people.nosuch")}}}
			return c.render(p, http.StatusOK, data)
		}
		if err != nil {
			return err
		}
		return c.showPerson(p, person)
	}
	operators, err := c.Admin.Operators(p.r.Context(), p.actor())
	if err != nil {
		return err
	}
	table := web.Table{
		ID: "people", Title: c.text(p, "op.people.operators"), Filter: find,
		Columns: []web.Column{{Label: c.text(p, "members.name")}, {Label: c.text(p, "clients.status")}, {Label: c.text(p, "op.since")}},
	}
	for _, u := range operators {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: nameOf(u), Path: personPath(u.ID), Detail: u.Email}, {Badge: c.statusBadge(p, u.Status)}, {Time: u.CreatedAt},
		}})
	}
	data.Blocks = []web.Block{table}
	data.Actions = []web.Link{{Label: c.text(p, "op.people.invite"), Path: opPath("people", "invite")}}
	return c.render(p, http.StatusOK, data)
}

func personPath(id string) string {
	return opPath("sessions") + "?" + url.Values{"q": {id}}.Encode()
}

func (c *Console) showPerson(p *page, u *core.User) error {
	sessions, err := c.Admin.ListSessions(p.r.Context(), p.actor(), u.ID)
	if err != nil {
		return err
	}
	factors, err := c.factorsCell(p, u)
	if err != nil {
		return err
	}
	facts := web.Facts{ID: "person", Items: []web.Fact{
		{Label: c.text(p, "members.email"), Value: web.Cell{Text: u.Email}}, {Label: c.text(p, "settings.phone"), Value: web.Cell{Text: u.Phone}},
		{Label: c.text(p, "op.id"), Value: web.Cell{Text: u.ID, Code: true, Copy: true}},
		{Label: c.text(p, "op.people.factors"), Value: factors},
		{Label: c.text(p, "op.people.in"), Value: c.memberOfCell(p, u)}, {Label: c.text(p, "op.since"), Value: web.Cell{Time: u.CreatedAt}},
	}}
	if u.ID != p.signedIn.User.ID {
		facts.Actions = []web.Action{c.stopAction(p, c.personStop(p, u))}
		if len(factors.List) > 0 {
			facts.Actions = append(facts.Actions, web.Action{Label: c.text(p, "op.people.reset"), Path: opPath("people", u.ID, "factors"), Danger: true})
		}
	}
	table := web.Table{
		ID: "sessions", Title: c.text(p, "op.people.sessions"), Empty: web.Empty{Text: c.text(p, "op.people.nowhere")},
		Columns: []web.Column{{Label: c.text(p, "op.people.browser")}, {Label: c.text(p, "audit.from")}, {Label: c.text(p, "op.people.signed_in")}, {Label: c.text(p, "op.people.seen")}},
	}
	for _, s := range sessions {
		table.Rows = append(table.Rows, web.Row{
			Cells: []web.Cell{{Text: s.UserAgent, Detail: s.ID}, {Text: s.IP, Code: true}, {Time: s.AuthenticatedAt}, {Time: s.SeenAt}},
			Actions: []web.Action{{
				Label: c.text(p, "op.people.end"), Accessible: c.text(p, "op.people.end.which", s.IP), Post: true, Danger: true,
				Path: opPath("sessions", s.ID, "end"), Hidden: map[string]string{"person": u.ID},
			}},
		})
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: nameOf(u), Badge: c.statusBadge(p, u.Status), Crumbs: c.opCrumb(p, "sessions"), Blocks: []web.Block{facts, table},
		Actions: []web.Link{{Label: c.text(p, "members.did"), Path: opPath("audit") + "?who=" + u.ID}},
	})
}

// memberOfCell is where somebody has a role.
func (c *Console) memberOfCell(p *page, u *core.User) web.Cell {
	cell := web.Cell{}
	memberships, err := c.Store.MembershipsOf(p.r.Context(), u.ID)
	if err != nil {
		c.Log.Error("memberships of a person not read", "error", err)
	}
	for _, m := range memberships {
		line := c.organisationName(p, m.OrganisationID)
		if role, err := c.Store.Role(p.r.Context(), m.RoleID); err == nil {
			line += ": " + role.Name
		}
		cell.List = append(cell.List, line)
	}
	if u.Operator {
		cell.Badge = web.Badge{Text: c.text(p, "kind.platform")}
	}
	return cell
}

// opEndSession signs somebody out of one browser.
func (c *Console) opEndSession(p *page) error {
	if p.form == nil {
		return oauth.NewError(oauth.ReasonNotFound)
	}
	if err := c.Admin.EndSession(p.r.Context(), p.actor(), p.r.PathValue("id")); err != nil {
		return err
	}
	c.to(p, opPath("sessions"), url.Values{"q": {p.form["person"]}, "done": {"person_session_ended"}})
	return nil
}

func (c *Console) personStop(p *page, u *core.User) stopping {
	return stopping{
		what: "people", name: nameOf(u), path: opPath("people", u.ID, "stop"), back: opPath("sessions"), version: admin.Version(u), status: u.Status,
		crumbs: c.opCrumb(p, "sessions"), done: "person_changed", set: func(version string, status core.Status) error {
			_, err := c.Admin.SetPersonStatus(p.r.Context(), p.actor(), u.ID, version, status)
			return err
		},
	}
}

// opStopPerson stops a person, and ends their sessions.
func (c *Console) opStopPerson(p *page) error {
	u, err := c.Admin.FindPerson(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.stop(p, c.personStop(p, u))
}

// factorsCell is what somebody has set up to prove who they are, beside a password.
func (c *Console) factorsCell(p *page, u *core.User) (cell web.Cell, err error) {
	factors, err := c.Factors.Of(p.r.Context(), u.ID)
	if err != nil {
		return cell, err
	}
	if factors.Passkeys > 0 {
		cell.List = append(cell.List, c.text(p, "op.people.passkeys", factors.Passkeys))
	}
	if factors.App {
		cell.List = append(cell.List, c.text(p, "op.people.app"))
	}
	if factors.RecoveryCodes > 0 {
		cell.List = append(cell.List, c.text(p, "op.people.codes", factors.RecoveryCodes))
	}
	return cell, nil
}

// opResetFactors takes the second factors of a person away, who has lost them, once
// their name is typed.
func (c *Console) opResetFactors(p *page) error {
	u, err := c.Admin.FindPerson(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil || !c.provedLately(p) {
		return err
	}
	confirm := web.Confirm{
		ID: "reset", Text: c.text(p, "op.people.reset.text"), Consequences: []string{c.text(p, "op.people.reset.factors"), c.text(p, "op.people.reset.sessions")},
		Name: nameOf(u), Path: opPath("people", u.ID, "factors"), Submit: c.text(p, "op.people.reset"), Cancel: c.cancel(p, personPath(u.ID)),
	}
	status := http.StatusOK
	if p.form != nil {
		if web.Confirmed(p.form[web.FieldConfirm], nameOf(u)) {
			if err := c.Admin.ResetFactors(p.r.Context(), p.actor(), u.ID); err != nil {
				return err
			}
			c.to(p, opPath("sessions"), url.Values{"q": {u.ID}, "done": {"factors_reset"}})
			return nil
		}
		status, confirm.Problem = http.StatusBadRequest, c.text(p, "people.confirm")
	}
	return c.render(p, status, web.Console{Title: c.text(p, "op.people.reset.title", nameOf(u)), Crumbs: c.opCrumb(p, "sessions"), Blocks: []web.Block{confirm}})
}

// opInvite makes the link of another operator, and shows it this once.
func (c *Console) opInvite(p *page) error {
	if !c.provedLately(p) {
		return nil
	}
	data := web.Console{Title: c.text(p, "op.people.invite"), Crumbs: c.opCrumb(p, "sessions")}
	if p.form == nil {
		data.Blocks = []web.Block{web.Form{
			ID: "invite", Path: opPath("people", "invite"), Text: c.text(p, "op.people.invite.text"), Submit: c.text(p, "op.people.invite.submit"), Cancel: c.cancel(p, opPath("sessions")),
		}}
		return c.render(p, http.StatusOK, data)
	}
	plain, until, err := c.Admin.InviteOperator(p.r.Context(), p.actor())
	if err != nil {
		return err
	}
	data.Blocks = []web.Block{web.Secret{
		ID: "link", Title: c.text(p, "op.people.link"), Text: c.text(p, "op.people.link.text", c.Pages.Time(p.locale, until)), Label: c.text(p, "op.people.link.value"),
		Value: admin.OperatorLink(c.Issuer, plain),
	}}
	return c.render(p, http.StatusOK, data)
}
