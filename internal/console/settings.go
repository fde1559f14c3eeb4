package console

import (
	"net/http"

	"claviger/internal/admin"
	"claviger/internal/web"
	"claviger/oauth"
)

// settings shows how an organisation can be reached, and changes it.
func (c *Console) settings(p *page) error {
	if p.form == nil {
		return c.showSettings(p, http.StatusOK, nil)
	}
	if !p.may.Organisation.Change {
		return oauth.NewError(oauth.ReasonPermissionDenied)
	}
	name, email, phone := p.form["name"], p.form["email"], p.form["phone"]
	_, err := c.Admin.UpdateOrganisation(p.r.Context(), p.actor(), p.organisation.ID, p.form["version"], admin.OrganisationChange{
		Name: &name, Email: &email, Phone: &phone,
	})
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.showSettings(p, status, wrong)
	}
	return c.done(p, p.path("settings"), "settings_saved")
}

func (c *Console) showSettings(p *page, status int, wrong wrongs) error {
	o := p.organisation
	verified := web.Badge{Kind: web.Good, Text: c.text(p, "settings.verified.yes")}
	if !o.Verified {
		verified = web.Badge{Text: c.text(p, "settings.verified.no")}
	}
	facts := web.Facts{ID: "organisation", Title: c.text(p, "settings.platform"), Text: c.text(p, "settings.platform.text"), Items: []web.Fact{
		{Label: c.text(p, "overview.code"), Value: web.Cell{Text: o.Code, Code: true, Copy: true}},
		{Label: c.text(p, "settings.verified"), Value: web.Cell{Badge: verified}},
		{Label: c.text(p, "settings.since"), Value: web.Cell{Time: o.CreatedAt}},
	}}
	data := web.Console{Title: c.text(p, "nav.settings"), Lead: c.text(p, "settings.lead")}
	if !p.may.Organisation.Change {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "settings.name"), Value: web.Cell{Text: o.Name}},
			web.Fact{Label: c.text(p, "members.email"), Value: web.Cell{Text: o.Email}},
			web.Fact{Label: c.text(p, "settings.phone"), Value: web.Cell{Text: o.Phone}})
		data.Blocks = []web.Block{facts}
		return c.render(p, status, data)
	}
	stored := map[string]string{"name": o.Name, "email": o.Email, "phone": o.Phone}
	form := web.Form{
		ID: "settings", Path: p.path("settings"), Submit: c.text(p, "people.save"), Hidden: map[string]string{"version": admin.Version(o)},
		Fields: c.settingsFields(p, p.values(stored)),
	}
	data.Problems = wrong.of(form.Fields)
	blocks, err := c.withNow(p, status, form, c.stored(p, c.settingsFields(p, stored)))
	if err != nil {
		return err
	}
	data.Blocks = append(blocks, facts)
	return c.render(p, status, data)
}

func (c *Console) settingsFields(p *page, v map[string]string) []web.Field {
	return []web.Field{
		{Name: "name", Label: c.text(p, "settings.name"), Required: true, Value: v["name"], MaxLength: 100, Autocomplete: "organization"},
		{Name: "email", Label: c.text(p, "members.email"), Kind: web.KindEmail, Value: v["email"], Hint: c.text(p, "settings.email.hint"), MaxLength: 254},
		{Name: "phone", Label: c.text(p, "settings.phone"), Kind: web.KindPhone, Value: v["phone"], Hint: c.text(p, "settings.phone.hint"), MaxLength: 20},
	}
}
