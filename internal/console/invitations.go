package console

import (
	"net/http"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

func (c *Console) invitationsTable(p *page, invitations []admin.Invited, accounts map[string]string) web.Table {
	table := web.Table{
		ID: "invitations", Title: c.text(p, "invitations.open"),
		Columns: []web.Column{
			{Label: c.text(p, "members.email")}, {Label: c.text(p, "members.place")}, {Label: c.text(p, "members.role")}, {Label: c.text(p, "invitations.until")},
		},
	}
	for _, invited := range invitations {
		i := invited.Invitation
		path := p.path("invitations", i.ID)
		table.Rows = append(table.Rows, web.Row{
			Cells: []web.Cell{
				{Text: i.Email, Path: path}, {Text: c.place(p, accounts, i.AccountID)}, {Text: invited.Role.Name}, {Time: i.ExpiresAt},
			},
			Actions: []web.Action{c.sendAgain(p, i), c.withdraw(p, i)},
		})
	}
	return table
}

func (c *Console) sendAgain(p *page, i *core.Invitation) web.Action {
	return web.Action{
		Label: c.text(p, "invitations.again"), Accessible: c.text(p, "invitations.again.to", i.Email), Post: true,
		Path: p.path("invitations", i.ID), Hidden: map[string]string{"action": "again"},
	}
}

func (c *Console) withdraw(p *page, i *core.Invitation) web.Action {
	return web.Action{
		Label: c.text(p, "invitations.withdraw"), Accessible: c.text(p, "invitations.withdraw.from", i.Email), Post: true, Danger: true,
		Path: p.path("invitations", i.ID), Hidden: map[string]string{"action": "withdraw"},
	}
}

// invitation shows an open invitation. The link in it is for whoever it was sent to.
func (c *Console) invitation(p *page) error {
	invited, err := c.Admin.GetInvitation(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err == nil && invited.Organisation.ID != p.organisation.ID {
		err = oauth.NewError(oauth.ReasonNotFound).At("id")
	}
	if err != nil {
		return err
	}
	i := invited.Invitation
	switch p.form["action"] {
	case "again":
		if !c.provedLately(p) {
			return nil
		}
		if _, err := c.Admin.SendInvitationAgain(p.r.Context(), p.actor(), i.ID, p.locale); err != nil {
			return err
		}
		return c.done(p, p.path("members"), "invitation_sent")
	case "withdraw":
		if err := c.Admin.WithdrawInvitation(p.r.Context(), p.actor(), i.ID); err != nil {
			return err
		}
		return c.done(p, p.path("members"), "invitation_withdrawn")
	}
	accounts, err := c.accountNames(p)
	if err != nil {
		return err
	}
	facts := web.Facts{ID: "invitation", Items: []web.Fact{
		{Label: c.text(p, "members.email"), Value: web.Cell{Text: i.Email}},
		{Label: c.text(p, "members.place"), Value: web.Cell{Text: c.place(p, accounts, i.AccountID)}},
		{Label: c.text(p, "members.role"), Value: web.Cell{Text: invited.Role.Name}},
		{Label: c.text(p, "invitations.by"), Value: web.Cell{Text: c.nameOfID(p, i.InvitedBy)}},
		{Label: c.text(p, "invitations.sent"), Value: web.Cell{Time: i.CreatedAt}},
		{Label: c.text(p, "invitations.until"), Value: web.Cell{Time: i.ExpiresAt}},
	}, Actions: []web.Action{c.sendAgain(p, i), c.withdraw(p, i)}}
	return c.render(p, http.StatusOK, web.Console{
		Title: i.Email, Lead: c.text(p, "invitations.lead"), Blocks: []web.Block{facts},
		Crumbs: []web.Link{{Label: c.text(p, "nav.members"), Path: p.path("members")}},
	})
}

// wholeOrganisation is what is chosen for all accounts.
const wholeOrganisation = "organisation"

// invite asks who shall be a member, and sends them a link.
func (c *Console) invite(p *page) error {
	if !p.may.Members.Change {
		return oauth.NewError(oauth.ReasonPermissionDenied)
	}
	if !c.provedLately(p) {
		return nil
	}
	if p.form == nil {
		return c.askInvitation(p, http.StatusOK, nil)
	}
	account := p.form["account_id"]
	switch account {
	case "": // never stands for all (F05)
		return c.askInvitation(p, http.StatusBadRequest, wrongs{"account_id": c.text(p, "people.wrong.missing_parameter")})
	case wholeOrganisation:
		account = ""
	}
	_, err := c.Admin.Invite(p.r.Context(), p.actor(), admin.NewInvitation{
		OrganisationID: p.organisation.ID, AccountID: account, Email: p.form["email"], RoleCode: p.form["role"], Locale: p.locale,
	})
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askInvitation(p, status, wrong)
	}
	return c.done(p, p.path("members"), "invitation_sent")
}

func (c *Console) askInvitation(p *page, status int, wrong wrongs) error {
	roles, err := c.Admin.RolesToGive(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	accounts, err := c.Admin.ListAccounts(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	choose := web.Option{Label: c.text(p, "members.role.choose"), Selected: p.form["role"] == ""} // none is given by accident
	places := []web.Option{{Value: wholeOrganisation, Label: c.text(p, "members.everywhere"), Selected: p.form["account_id"] == wholeOrganisation}}
	for _, account := range accounts {
		if account.Type != core.AccountIndividual {
			places = append(places, web.Option{Value: account.ID, Label: account.Name, Selected: p.form["account_id"] == account.ID})
		}
	}
	fields := []web.Field{
		{Name: "email", Label: c.text(p, "members.email"), Kind: web.KindEmail, Required: true, Value: p.form["email"], Autocomplete: "off", MaxLength: 254},
		{Name: "role", Label: c.text(p, "members.role"), Kind: web.KindSelect, Required: true, Hint: c.text(p, "members.role.hint"), Options: append([]web.Option{choose}, roleOptions(roles, p.form["role"])...)},
		{Name: "account_id", Label: c.text(p, "members.place"), Kind: web.KindSelect, Required: true, Options: places},
	}
	rest := wrong.of(fields)
	form := web.Form{
		ID: "invite", Path: p.path("members", "invite"), Submit: c.text(p, "invitations.send"), Fields: fields,
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("members")},
	}
	return c.render(p, status, web.Console{
		Title: c.text(p, "members.invite"), Lead: c.text(p, "invitations.invite.lead"), Problems: rest, Blocks: []web.Block{form},
		Crumbs: []web.Link{{Label: c.text(p, "nav.members"), Path: p.path("members")}},
	})
}
