package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// keyFormat is a wire format that people may make keys for.
type keyFormat struct {
	name, title string
	withID      bool
	scopes      oauth.Scope
	token       string // where a key becomes an access token; empty: it is sent as it is
}

// formats are those of the dialects, and the standard one.
func (c *Console) formats(p *page) []keyFormat {
	var list []keyFormat
	for _, d := range c.Dialects {
		if d.APIKeys == nil {
			continue
		}
		format := keyFormat{name: d.Name, title: d.Title, withID: d.APIKeys.WithID, scopes: d.APIKeys.Scopes}
		for _, route := range d.Routes {
			if format.withID && slices.Contains(route.Grants, oauth.GrantClientCredentials) {
				format.token = route.Path()
			}
		}
		list = append(list, format)
	}
	return append(list, keyFormat{title: c.text(p, "keys.standard"), withID: true, token: "/oauth2/token"})
}

// formatNamed is a format as a key has it, offered or not.
func (c *Console) formatNamed(p *page, name string) keyFormat {
	for _, format := range c.formats(p) {
		if format.name == name {
			return format
		}
	}
	return keyFormat{name: name, title: name}
}

// formatOf is the format that was chosen; else that of the keys there are, else the
// first.
func (c *Console) formatOf(p *page) (keyFormat, error) {
	formats := c.formats(p)
	chosen, said := p.form["for"], p.form != nil
	if !said {
		said = p.r.URL.Query().Has("for")
		chosen = p.asked("for")
	}
	if !said {
		keys, err := c.Admin.ListOrganisationAPIKeys(p.r.Context(), p.actor(), p.organisation.ID, "")
		if err != nil {
			return keyFormat{}, err
		}
		chosen = formats[0].name
		if len(keys) > 0 {
			chosen = keys[len(keys)-1].Dialect
		}
	}
	at := slices.IndexFunc(formats, func(f keyFormat) bool { return f.name == chosen })
	if at < 0 {
		return keyFormat{}, oauth.NewError(oauth.ReasonInvalidValue).At("for")
	}
	return formats[at], nil
}

// newKey asks for what a key may do, and makes it.
func (c *Console) newKey(p *page) error {
	if !p.may.APIKeys.Make {
		return oauth.NewError(oauth.ReasonPermissionDenied)
	}
	if !c.provedLately(p) {
		return nil
	}
	format, err := c.formatOf(p)
	if err != nil {
		return err
	}
	if p.form == nil {
		return c.askKey(p, http.StatusOK, format, nil)
	}
	n, wrong := c.readKey(p, format)
	if len(wrong) > 0 {
		return c.askKey(p, http.StatusBadRequest, format, wrong)
	}
	key, secret, err := c.Admin.CreateAPIKey(p.r.Context(), p.actor(), n)
	if err != nil {
		wrong, status, err := c.wrong(p, err)
		if err != nil {
			return err
		}
		return c.askKey(p, status, format, wrong)
	}
	return c.keyMade(p, key, secret, "made")
}

// readKey reads the form of a new key. It offers no scopes but those of the format.
func (c *Console) readKey(p *page, format keyFormat) (admin.NewAPIKey, wrongs) {
	n := admin.NewAPIKey{
		OrganisationID: p.organisation.ID, AccountID: p.form["account_id"], Name: p.form["name"], RoleCode: p.form["role"],
		Scopes: oauth.Scope(p.list("scopes")), Dialect: format.name, WithID: format.withID,
		AllowedFrom: strings.Fields(p.form["allowed_addresses"]), AddressMode: modeOf(p),
	}
	wrong := wrongs{}
	if !n.Scopes.Within(format.scopes) {
		wrong["scopes"] = c.text(p, "keys.wrong.scopes")
	} else if len(n.Scopes) == 0 && n.RoleCode == "" {
		wrong[cmp.Or(scopesIn(format), "role")] = c.text(p, "keys.wrong.nothing")
	}
	var ok bool
	if n.ExpiresAt, ok = endOfDay(p.form["expires_at"]); !ok || (n.ExpiresAt.IsZero() && !admin.KeysEndure(format.name)) {
		wrong["expires_at"] = c.text(p, "keys.wrong.day")
	}
	return n, wrong
}

// scopesIn is the field of the scopes; empty: the format has none.
func scopesIn(format keyFormat) string {
	if len(format.scopes) > 0 {
		return "scopes"
	}
	return ""
}

func modeOf(p *page) core.AddressMode {
	if p.form["report"] != "" {
		return core.AddressReport
	}
	return core.AddressEnforce
}

// endOfDay is when a day ends, in UTC; zero for none.
func endOfDay(text string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	day, err := time.Parse(time.DateOnly, text)
	return day.AddDate(0, 0, 1), err == nil
}

// lastDay is the last whole day before a time: what endOfDay is the end of.
func lastDay(t time.Time) string { return t.UTC().AddDate(0, 0, -1).Format(time.DateOnly) }

// askKey shows the form of a new key.
func (c *Console) askKey(p *page, status int, format keyFormat, wrong wrongs) error {
	accounts, err := c.Admin.KeyAccounts(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	roles, err := c.Admin.RolesToGive(p.r.Context(), p.actor(), p.organisation.ID)
	if err != nil {
		return err
	}
	path := p.path("api-keys", "new")
	form := web.Form{
		ID: "key", Path: path, Submit: c.text(p, "keys.make"), Hidden: map[string]string{"for": format.name},
		Cancel: web.Link{Label: c.text(p, "people.cancel"), Path: p.path("api-keys")},
		Fields: []web.Field{{Name: "name", Label: c.text(p, "keys.name"), Hint: c.text(p, "keys.name.hint"), Value: p.form["name"], Required: true, MaxLength: 100, Autocomplete: "off"}},
	}
	if len(accounts) == 1 {
		form.Hidden["account_id"] = accounts[0].ID
	} else {
		form.Fields = append(form.Fields, c.accountField(p, accounts))
	}
	form.Fields = append(form.Fields, c.powerFields(p, format, roles)...)
	now := c.Now()
	end := web.Field{
		Name: "expires_at", Label: c.text(p, "keys.ends"), Kind: web.KindDate, Required: !admin.KeysEndure(format.name), Value: p.form["expires_at"],
		Min: now.UTC().Format(time.DateOnly), Hint: c.text(p, "keys.ends.never.hint"),
	}
	if end.Required {
		end.Max, end.Hint = lastDay(now.Add(core.APIKeyMaxAge)), c.text(p, "keys.ends.hint")
		if p.form == nil {
			end.Value = end.Max
		}
	}
	form.Fields = append(form.Fields, end)
	form.Fields = append(form.Fields, c.addressFields(p, p.form["allowed_addresses"], p.form["report"] != "")...)
	data := web.Console{
		Crumbs: c.integrations(p, web.Link{Label: c.text(p, "nav.api-keys"), Path: p.path("api-keys")}),
		Title:  c.text(p, "keys.new"), Lead: c.text(p, "keys.new.lead"), Problems: wrong.of(form.Fields), Blocks: []web.Block{form},
	}
	for _, other := range c.formats(p) {
		data.Tabs = append(data.Tabs, web.NavItem{Label: other.title, Path: path + "?for=" + other.name, Current: other.name == format.name})
	}
	return c.render(p, status, data)
}

func (c *Console) accountField(p *page, accounts []*core.Account) web.Field {
	field := web.Field{Name: "account_id", Label: c.text(p, "keys.account"), Kind: web.KindSelect, Required: true}
	for _, account := range accounts {
		field.Options = append(field.Options, web.Option{Value: account.ID, Label: account.Name, Selected: account.ID == p.form["account_id"]})
	}
	return field
}

// powerFields ask what a key may do: scopes in words, a role, or both.
func (c *Console) powerFields(p *page, format keyFormat, roles []*core.Role) []web.Field {
	var fields []web.Field
	if len(format.scopes) > 0 {
		field := web.Field{Name: "scopes", Label: c.text(p, "keys.may"), Kind: web.KindCheckboxes}
		for _, scope := range format.scopes {
			words := c.scopes(p, oauth.Scope{scope})
			option := web.Option{Value: scope, Label: words, Selected: slices.Contains(p.list("scopes"), scope)}
			if words != scope {
				option.Hint = scope
			}
			field.Options = append(field.Options, option)
		}
		fields = append(fields, field)
	}
	if len(roles) == 0 {
		return fields
	}
	role := web.Field{Name: "role", Label: c.text(p, "keys.role"), Hint: c.text(p, "keys.role.hint"), Kind: web.KindSelect, Required: len(fields) == 0}
	role.Options = append([]web.Option{{Label: c.text(p, "keys.role.none")}}, roleOptions(roles, p.form["role"])...)
	return append(fields, role)
}

// addressFields ask from where a key may be used, and whether other addresses are
// refused already.
func (c *Console) addressFields(p *page, addresses string, report bool) []web.Field {
	mode := web.Field{Name: "report", Label: c.text(p, "keys.report"), Hint: c.text(p, "keys.report.hint"), Kind: web.KindSwitch}
	if report {
		mode.Value = "on"
	}
	return []web.Field{
		{Name: "allowed_addresses", Label: c.text(p, "keys.addresses"), Hint: c.text(p, "keys.addresses.hint"), Kind: web.KindTextarea, Rows: 3, Value: addresses},
		mode,
	}
}
