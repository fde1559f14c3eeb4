package console

import (
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/web"
)

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// opAccounts finds an account by its id or number, or those of an organisation.
func (c *Console) opAccounts(p *page) error {
	sought := strings.TrimSpace(p.asked("q"))
	table := web.Table{
		ID: "accounts", Columns: c.accountColumns(p), Filter: c.findForm(p, opPath("accounts"), c.text(p, "op.accounts.find")),
		Empty: web.Empty{Text: c.text(p, "op.accounts.ask"), Link: web.Link{Label: c.text(p, "nav.organisations"), Path: opPath("organisations")}},
	}
	if sought != "" {
		table.Empty.Text = c.text(p, "op.accounts.nosuch")
		list, err := c.accountsSought(p, sought)
		if err != nil {
			return err
		}
		list, table.Pager = onPage(c, p, list, "q")
		for _, account := range list {
			table.Rows = append(table.Rows, c.accountRow(p, account))
		}
	}
	return c.render(p, http.StatusOK, web.Console{Title: c.text(p, "nav.accounts"), Lead: c.text(p, "op.accounts.lead"), Blocks: []web.Block{table}})
}

func (c *Console) accountsSought(p *page, sought string) ([]*core.Account, error) {
	ctx := p.r.Context()
	account, err := c.Store.Account(ctx, sought)
	if number, notNumber := strconv.ParseInt(sought, 10, 64); errors.Is(err, core.ErrNotFound) && notNumber == nil {
		account, err = c.Store.AccountByNumber(ctx, number)
	}
	if err == nil {
		return []*core.Account{account}, nil
	}
	if !errors.Is(err, core.ErrNotFound) {
		return nil, err
	}
	o, err := c.Store.OrganisationByCode(ctx, sought)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return c.Admin.ListAccounts(ctx, p.actor(), o.ID)
}

func (c *Console) accountColumns(p *page) []web.Column {
	return []web.Column{
		{Label: c.text(p, "keys.account")}, {Label: c.text(p, "clients.status")}, {Label: c.text(p, "op.currency")}, {Label: c.text(p, "op.flags")},
		{Label: c.text(p, "op.subscriptions")},
	}
}

func (c *Console) accountRow(p *page, a *core.Account) web.Row {
	return web.Row{Cells: []web.Cell{
		{Text: a.Name, Path: opPath("accounts", url.PathEscape(a.ID)), Detail: a.ID}, {Badge: c.statusBadge(p, a.Status)}, {Text: a.Currency},
		{List: a.Flags, Code: true}, {List: a.Subscriptions, Code: true},
	}}
}

// opNewAccount makes an account in an organisation.
func (c *Console) opNewAccount(p *page) error {
	o, err := c.Admin.GetOrganisation(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil || !c.provedLately(p) {
		return err
	}
	status, wrong := http.StatusOK, wrongs{}
	if p.form != nil {
		account, err := c.Admin.AddAccount(p.r.Context(), p.actor(), o.ID, admin.NewAccount{
			Name: p.form["name"], Currency: p.form["currency"], Test: p.form["test"] != "",
		})
		if err == nil {
			return c.done(p, opPath("accounts", account.ID), "account_made")
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	v := p.values(nil)
	form := web.Form{
		ID: "account", Path: opPath("organisations", o.ID, "accounts", "new"), Submit: c.text(p, "op.make"), Cancel: c.cancel(p, opPath("organisations", o.ID)),
		Fields: []web.Field{
			{Name: "name", Label: c.text(p, "settings.name"), Required: true, Value: v["name"], MaxLength: 100, Autocomplete: "off"},
			c.currencyField(p, v["currency"]),
			{Name: "test", Label: c.text(p, "op.test"), Kind: web.KindSwitch, Value: v["test"], Hint: c.text(p, "op.test.hint")},
		},
	}
	return c.render(p, status, web.Console{
		Title: c.text(p, "op.accounts.new"), Problems: wrong.of(form.Fields), Blocks: []web.Block{form},
		Crumbs: append(c.opCrumb(p, "organisations"), web.Link{Label: o.Name, Path: opPath("organisations", o.ID)}),
	})
}

func (c *Console) currencyField(p *page, value string) web.Field {
	return web.Field{Name: "currency", Label: c.text(p, "op.currency"), Value: value, Hint: c.text(p, "op.currency.hint"), MaxLength: 3, Autocomplete: "off"}
}

// opAccount shows an account, and changes it.
func (c *Console) opAccount(p *page) error {
	a, err := c.Admin.GetAccount(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return err
	}
	o, err := c.Admin.GetOrganisation(p.r.Context(), p.actor(), a.OrganisationID)
	if err != nil {
		return err
	}
	status, wrong := http.StatusOK, wrongs{}
	path := opPath("accounts", url.PathEscape(a.ID))
	if p.form != nil {
		if !c.provedLately(p) {
			return nil
		}
		name, currency, category, state := p.form["name"], p.form["currency"], p.form["category"], core.Status(p.form["status"])
		flags, subscriptions := strings.Fields(p.form["flags"]), strings.Fields(p.form["subscriptions"])
		_, err := c.Admin.ChangeAccount(p.r.Context(), p.actor(), a.ID, p.form["version"], admin.AccountChange{
			Name: &name, Currency: &currency, Category: &category, Status: &state, Flags: &flags, Subscriptions: &subscriptions,
		})
		if err == nil {
			return c.done(p, path, "account_changed")
		}
		if wrong, status, err = c.wrong(p, err); err != nil {
			return err
		}
	}
	stored := map[string]string{
		"name": a.Name, "currency": a.Currency, "category": a.Category, "status": string(a.Status), "flags": lines(a.Flags), "subscriptions": lines(a.Subscriptions),
	}
	form := web.Form{
		ID: "change", Title: c.text(p, "op.edit"), Path: path, Submit: c.text(p, "people.save"), Hidden: map[string]string{"version": admin.Version(a)},
		Fields: c.accountFields(p, p.values(stored)),
	}
	problems := wrong.of(form.Fields)
	blocks, err := c.withNow(p, status, form, c.stored(p, c.accountFields(p, stored)))
	if err != nil {
		return err
	}
	facts := web.Facts{ID: "account", Items: []web.Fact{
		{Label: c.text(p, "kind.organisation"), Value: web.Cell{Text: o.Name, Path: opPath("organisations", o.ID)}},
		{Label: c.text(p, "op.id"), Value: web.Cell{Text: a.ID, Code: true, Copy: true}},
		{Label: c.text(p, "op.number"), Value: web.Cell{Text: strconv.FormatInt(a.Number, 10), Code: true}},
		{Label: c.text(p, "op.type"), Value: web.Cell{Text: c.text(p, "op.type."+a.Type)}},
		{Label: c.text(p, "op.since"), Value: web.Cell{Time: a.CreatedAt}},
	}}
	return c.render(p, status, web.Console{
		Title: a.Name, Badge: c.statusBadge(p, a.Status), Crumbs: c.opCrumb(p, "accounts"), Problems: problems, Blocks: append([]web.Block{facts}, blocks...),
	})
}

func (c *Console) accountFields(p *page, v map[string]string) []web.Field {
	return []web.Field{
		{Name: "name", Label: c.text(p, "settings.name"), Required: true, Value: v["name"], MaxLength: 100, Autocomplete: "off"},
		c.statusField(p, v["status"]), c.currencyField(p, v["currency"]),
		{Name: "category", Label: c.text(p, "op.category"), Value: v["category"], Hint: c.text(p, "op.category.hint"), MaxLength: 40, Autocomplete: "off"},
		{Name: "flags", Label: c.text(p, "op.flags"), Kind: web.KindTextarea, Rows: 2, Value: v["flags"], Hint: c.text(p, "op.flags.hint")},
		{Name: "subscriptions", Label: c.text(p, "op.subscriptions"), Kind: web.KindTextarea, Rows: 2, Value: v["subscriptions"], Hint: c.text(p, "op.subscriptions.hint")},
	}
}
