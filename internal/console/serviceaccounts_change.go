package console

import (
	"net/http"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// newServiceAccount asks for what a service account is, and makes it.
func (c *Console) newServiceAccount(p *page) error {
	if !p.may.ServiceAccounts.Change {
		return oauth.NewError(oauth.ReasonPermissionDenied)
	}
	if !c.provedLately(p) {
		return nil
	}
	if p.form == nil {
		return c.askServiceAccount(p, http.StatusOK, nil)
	}
	user, password, err := c.Admin.CreateServiceAccount(p.r.Context(), p.actor(), admin.NewServiceAccount{
		OrganisationID: p.organisation.ID, Username: p.form["username"], FullName: p.form["full_name"], Email: p.form["email"],
		Phone: p.form["phone"], RoleCode: p.form["role"], AccountID: p.form["account_id"],
	})
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		if text, ok := wrong[""]; ok && status == http.StatusConflict { // the store says so, without the field
			wrong = wrongs{"username": text}
		}
		return c.askServiceAccount(p, status, wrong)
	}
	return c.serviceMade(p, user, password, "made")
}

func (c *Console) askServiceAccount(p *page, status int, wrong wrongs) error {
	roles, err := c.Admin.RolesToGive(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	accounts, err := c.Admin.ListAccounts(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	form := web.Form{
		ID: "service-account", Path: p.path("service-accounts", "new"), Submit: c.text(p, "services.make"),
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("service-accounts")},
		Fields: []web.Field{{
			Name: "username", Label: c.text(p, "services.username"), Hint: c.text(p, "services.username.hint"), Value: p.form["username"],
			Required: true, MaxLength: 100, Autocomplete: "off",
		}},
	}
	form.Fields = append(form.Fields, c.serviceRoleFields(p, roles, accounts, false)...)
	form.Fields = append(form.Fields, c.reachFields(p, p.form["full_name"], p.form["email"], p.form["phone"])...)
	return c.render(p, status, web.Console{
		Crumbs: c.integrations(p, web.Link{Label: c.text(p, "nav.service-accounts"), Path: p.path("service-accounts")}),
		Title:  c.text(p, "services.new"), Lead: c.text(p, "services.new.lead"), Problems: wrong.of(form.Fields), Blocks: []web.Block{form},
	})
}

// serviceRoleFields ask which role a service account has, and where.
func (c *Console) serviceRoleFields(p *page, roles []*core.Role, accounts []*core.Account, required bool) []web.Field {
	role := web.Field{Name: "role", Label: c.text(p, "services.role.field"), Kind: web.KindSelect, Options: roleOptions(roles, p.form["role"]), Required: required}
	if !required {
		role.Hint = c.text(p, "services.role.hint")
		role.Options = append([]web.Option{{Label: c.text(p, "keys.role.none")}}, role.Options...)
	}
	if len(accounts) < 2 {
		return []web.Field{role}
	}
	where := c.accountField(p, accounts)
	where.Label, where.Required = c.text(p, "services.where"), false
	where.Options = append([]web.Option{{Label: c.text(p, "members.everywhere")}}, where.Options...)
	return []web.Field{role, where}
}

// giveServiceRole gives a service account a role, in place of the one that it has there.
func (c *Console) giveServiceRole(p *page) error {
	user, err := c.changeableService(p)
	if err != nil || !c.provedLately(p) {
		return err
	}
	wrong, status := wrongs(nil), http.StatusOK
	if p.form != nil {
		_, err := c.Admin.AddMembership(p.r.Context(), p.actor(), admin.NewMembership{
			OrganisationID: p.organisation.ID, UserID: user.ID, RoleCode: p.form["role"], AccountID: p.form["account_id"],
		})
		if err == nil {
			return c.done(p, p.path("service-accounts", user.ID), "service_role")
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	roles, err := c.Admin.RolesToGive(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	accounts, err := c.Admin.ListAccounts(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	path := p.path("service-accounts", user.ID)
	form := web.Form{
		ID: "role", Title: c.text(p, "services.give.title"), Text: c.text(p, "services.give.text"), Path: path + "/role", Submit: c.text(p, "services.give"),
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: path}, Fields: c.serviceRoleFields(p, roles, accounts, true),
	}
	data := c.servicePage(p, user, form)
	data.Problems = wrong.of(form.Fields)
	return c.render(p, status, data)
}

// reachFields ask whom to turn to about a service account.
func (c *Console) reachFields(p *page, name, email, phone string) []web.Field {
	return []web.Field{
		{Name: "full_name", Label: c.text(p, "services.fullname"), Hint: c.text(p, "services.fullname.hint"), Value: name, MaxLength: 100, Autocomplete: "off"},
		{Name: "email", Label: c.text(p, "services.email"), Kind: web.KindEmail, Value: email, MaxLength: 254, Autocomplete: "off"},
		{Name: "phone", Label: c.text(p, "services.phone"), Kind: web.KindPhone, Value: phone, MaxLength: 20, Autocomplete: "off"},
	}
}

// changeableService is the service account of a page that changes it.
func (c *Console) changeableService(p *page) (*core.User, error) {
	user, err := c.serviceAccount(p)
	if err == nil && !p.may.ServiceAccounts.Change {
		err = oauth.NewError(oauth.ReasonPermissionDenied)
	}
	return user, err
}

// editServiceAccount changes whom to turn to.
func (c *Console) editServiceAccount(p *page) error {
	user, err := c.changeableService(p)
	if err != nil {
		return err
	}
	if p.form == nil {
		return c.askServiceEdit(p, http.StatusOK, user, user.FullName, user.Email, user.Phone, nil)
	}
	name, email, phone := p.form["full_name"], p.form["email"], p.form["phone"]
	_, err = c.Admin.UpdateServiceAccount(p.r.Context(), p.actor(), user.ID, p.form["version"], admin.ServiceAccountChange{
		FullName: &name, Email: &email, Phone: &phone,
	})
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askServiceEdit(p, status, user, name, email, phone, wrong)
	}
	return c.done(p, p.path("service-accounts", user.ID), "service_changed")
}

func (c *Console) askServiceEdit(p *page, status int, user *core.User, name, email, phone string, wrong wrongs) error {
	path := p.path("service-accounts", user.ID)
	form := web.Form{
		ID: "service-account", Path: path + "/edit", Submit: c.text(p, "people.save"), Hidden: map[string]string{"version": admin.Version(user)},
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: path}, Fields: c.reachFields(p, name, email, phone),
	}
	data := c.servicePage(p, user)
	data.Problems = wrong.of(form.Fields)
	var err error
	if data.Blocks, err = c.withNow(p, status, form, func() (web.Facts, error) { return c.serviceFacts(p, user) }); err != nil {
		return err
	}
	return c.render(p, status, data)
}

// resetServiceAccount gives a service account another password.
func (c *Console) resetServiceAccount(p *page) error {
	user, err := c.changeableService(p)
	if err != nil || !c.provedLately(p) {
		return err
	}
	path := p.path("service-accounts", user.ID)
	overlap, ok := p.overlap()
	if !ok {
		form, problems := c.rotateForm(p, path+"/reset", path)
		form.Title, form.Text, form.Submit = c.text(p, "services.reset.title"), c.text(p, "services.reset.text"), c.text(p, "services.reset")
		data, status := c.servicePage(p, user, form), http.StatusOK
		if data.Problems = problems; p.form != nil {
			status = http.StatusBadRequest
		}
		return c.render(p, status, data)
	}
	user, password, err := c.Admin.ResetPassword(p.r.Context(), p.actor(), user.ID, overlap)
	if err != nil {
		return err
	}
	return c.serviceMade(p, user, password, "reset")
}

// serviceMade shows the password of a service account, this once.
func (c *Console) serviceMade(p *page, user *core.User, password, what string) error {
	facts, err := c.serviceFacts(p, user)
	if err != nil {
		return err
	}
	data := c.servicePage(p, user, web.Secret{
		ID: "secret", Title: c.text(p, "services.done."+what, user.Username), Text: c.text(p, "services.done.text"),
		Label: c.text(p, "services.password"), Value: password,
	}, facts)
	data.Actions = []web.Link{{Label: c.text(p, "keys.kept"), Path: p.path("service-accounts", user.ID)}}
	return c.render(p, http.StatusOK, data)
}

// disableServiceAccount stops a service account, once its name is typed.
func (c *Console) disableServiceAccount(p *page) error {
	user, err := c.changeableService(p)
	if err != nil {
		return err
	}
	path := p.path("service-accounts", user.ID)
	confirm := web.Confirm{
		ID: "disable", Title: c.text(p, "services.disable.title"), Text: c.text(p, "services.disable.text"),
		Consequences: []string{c.text(p, "services.disable.at_once"), c.text(p, "services.disable.again")},
		Name:         user.Username, Path: path + "/disable", Submit: c.text(p, "services.disable"),
		Hidden: map[string]string{"version": admin.Version(user)}, Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: path},
	}
	switch {
	case p.form == nil:
		return c.render(p, http.StatusOK, c.servicePage(p, user, confirm))
	case !web.Confirmed(p.form[web.FieldConfirm], user.Username):
		confirm.Problem = c.text(p, "people.confirm")
		return c.render(p, http.StatusBadRequest, c.servicePage(p, user, confirm))
	}
	return c.setService(p, user, core.Disabled, "service_disabled", confirm)
}

// enableServiceAccount lets a service account work again.
func (c *Console) enableServiceAccount(p *page) error {
	user, err := c.changeableService(p)
	if err != nil {
		return err
	}
	if p.form == nil {
		return c.showServiceAccount(p)
	}
	if !c.provedLately(p) {
		return nil
	}
	return c.setService(p, user, core.Active, "service_enabled")
}

// setService sets the status of a service account as the person saw it; where it is
// another by now, the page tells so.
func (c *Console) setService(p *page, user *core.User, status core.Status, done string, asked ...web.Block) error {
	_, err := c.Admin.UpdateServiceAccount(p.r.Context(), p.actor(), user.ID, p.form["version"], admin.ServiceAccountChange{Status: &status})
	if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonChanged {
		facts, err := c.serviceFacts(p, user)
		if err != nil {
			return err
		}
		data := c.servicePage(p, user, append([]web.Block{facts}, asked...)...)
		data.Problems = []web.FormProblem{{Text: c.text(p, "changed")}}
		return c.render(p, refused.Status, data)
	}
	if err != nil {
		return err
	}
	return c.done(p, p.path("service-accounts", user.ID), done)
}
