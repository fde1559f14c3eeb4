package console

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// warnBefore is how long before the end of a key its people are warned.
const warnBefore = 14 * 24 * time.Hour

// keyLine is a key with what pages say of it.
type keyLine struct {
	*core.APIKey
	state   admin.KeyState
	account string // its name
	role    *core.Role
}

// endsSoon reports whether somebody has to see to it now.
func (c *Console) endsSoon(k *keyLine) bool {
	return k.state == admin.KeyActive && !k.ExpiresAt.IsZero() && k.ExpiresAt.Sub(c.Now()) <= warnBefore
}

func (c *Console) keyLine(p *page, key *core.APIKey) (*keyLine, error) {
	line := &keyLine{APIKey: key, account: key.AccountID}
	var err error
	if line.state, err = c.Admin.KeyState(p.r.Context(), key); err != nil {
		return nil, err
	}
	account, err := c.Admin.GetAccount(p.r.Context(), p.actor(), key.AccountID)
	if err != nil {
		return nil, err
	}
	line.account = account.Name
	if key.RoleID != "" {
		line.role, err = c.Store.Role(p.r.Context(), key.RoleID)
	}
	return line, err
}

// keys lists the API keys of the organisation (SD-2).
func (c *Console) keys(p *page) error {
	all, err := c.Admin.ListOrganisationAPIKeys(p.r.Context(), p.actor(), p.organisation.ID, "")
	if err != nil {
		return err
	}
	lines, err := c.keyLines(p, all)
	if err != nil {
		return err
	}
	data := web.Console{
		Crumbs: c.integrations(p), Title: c.text(p, "keys.title"), Lead: c.text(p, "keys.lead"),
		Blocks: append(c.endings(p, lines), c.keysTable(p, lines)),
	}
	if p.may.APIKeys.Make {
		data.Actions = []web.Link{{Label: c.text(p, "keys.new"), Path: p.path("api-keys", "new")}}
	}
	return c.render(p, http.StatusOK, data)
}

func (c *Console) keyLines(p *page, keys []*core.APIKey) ([]*keyLine, error) {
	var lines []*keyLine
	for _, key := range keys {
		line, err := c.keyLine(p, key)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// keyWarnings are the keys that end soon, for who may see them.
func (c *Console) keyWarnings(p *page) ([]web.Block, error) {
	if !p.may.APIKeys.See {
		return nil, nil
	}
	all, err := c.Admin.ListOrganisationAPIKeys(p.r.Context(), p.actor(), p.organisation.ID, "")
	if err != nil {
		return nil, err
	}
	lines, err := c.keyLines(p, all)
	return c.endings(p, lines), err
}

// integrations are the crumbs of the pages about programs.
func (c *Console) integrations(p *page, further ...web.Link) []web.Link {
	return append([]web.Link{{Label: c.text(p, "nav.settings"), Path: p.path("settings")}, {Label: c.text(p, "nav.integrations")}}, further...)
}

// endings warns of keys that end soon.
func (c *Console) endings(p *page, lines []*keyLine) []web.Block {
	var blocks []web.Block
	for _, k := range lines {
		if c.endsSoon(k) {
			blocks = append(blocks, c.ending(p, k))
		}
	}
	return blocks
}

func (c *Console) ending(p *page, k *keyLine) web.Alert {
	alert := web.Alert{
		Kind: web.Warn, Title: c.text(p, "keys.ends.title", k.Name, c.Pages.Time(p.locale, k.ExpiresAt)), Text: c.text(p, "keys.ends.text"),
	}
	if p.may.APIKeys.Make {
		alert.Links = []web.Link{{Label: c.text(p, "keys.ends.link"), Path: p.path("api-keys", "new") + "?for=" + k.Dialect}}
	}
	return alert
}

var keyOrders = map[string]func(a, b *keyLine) int{
	"name": func(a, b *keyLine) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) },
	"ends": func(a, b *keyLine) int { return a.ExpiresAt.Compare(b.ExpiresAt) },
	"used": func(a, b *keyLine) int { return a.LastUsedAt.Compare(b.LastUsedAt) },
}

func (c *Console) keysTable(p *page, lines []*keyLine) web.Table {
	names, here := []string{"q", "state", "sort"}, p.path("api-keys")
	sought, state := strings.ToLower(strings.TrimSpace(p.asked("q"))), p.asked("state")
	filtered := sought != "" || state != ""
	shown := slices.DeleteFunc(slices.Clone(lines), func(k *keyLine) bool {
		return !strings.Contains(strings.ToLower(k.Name), sought) || (state != "" && string(k.state) != state)
	})
	by, down := strings.CutPrefix(cmp.Or(p.asked("sort"), "name"), "-")
	if order := keyOrders[by]; order != nil {
		slices.SortStableFunc(shown, order)
	}
	if down {
		slices.Reverse(shown)
	}
	column := func(name string) web.Column {
		column := web.Column{Label: c.text(p, "keys."+name), SortPath: p.with(names, map[string]string{"sort": name})}
		switch {
		case by == name && down:
			column.Sorted = web.Descending
		case by == name:
			column.Sorted, column.SortPath = web.Ascending, p.with(names, map[string]string{"sort": "-" + name})
		}
		return column
	}
	table := web.Table{
		ID: "keys", Columns: []web.Column{
			column("name"), {Label: c.text(p, "keys.state")}, {Label: c.text(p, "keys.may")}, column("ends"), column("used"),
		},
		Empty: web.Empty{Text: c.text(p, "keys.none"), Link: web.Link{Label: c.text(p, "keys.first"), Path: p.path("api-keys", "new")}},
	}
	if !p.may.APIKeys.Make {
		table.Empty.Link = web.Link{}
	}
	if filtered {
		table.Empty = web.Empty{Text: c.text(p, "keys.nosuch"), Link: web.Link{Label: c.text(p, "people.clear"), Path: here}}
	}
	if len(lines) > 0 {
		table.Filter = c.keysFilter(p, here, state)
	}
	shown, table.Pager = onPage(c, p, shown, names...)
	for _, k := range shown {
		table.Rows = append(table.Rows, c.keyRow(p, k))
	}
	return table
}

func (c *Console) keysFilter(p *page, here, state string) *web.Form {
	options := []web.Option{{Label: c.text(p, "keys.state.any")}}
	for _, s := range []admin.KeyState{admin.KeyActive, admin.KeyDisabled, admin.KeyExpired, admin.KeyRevoked} {
		options = append(options, web.Option{Value: string(s), Label: c.text(p, "keys.state."+string(s)), Selected: string(s) == state})
	}
	return &web.Form{
		ID: "find", Get: true, Path: here, Submit: c.text(p, "people.find"), Cancel: web.Link{Label: c.text(p, "people.clear"), Path: here},
		Fields: []web.Field{
			{Name: "q", Label: c.text(p, "keys.name"), Value: p.asked("q")},
			{Name: "state", Label: c.text(p, "keys.state"), Kind: web.KindSelect, Options: options},
		},
	}
}

func (c *Console) keyRow(p *page, k *keyLine) web.Row {
	path := p.path("api-keys", k.ID)
	row := web.Row{Cells: []web.Cell{
		{Text: k.Name, Path: path, Detail: k.account}, {Badge: c.keyBadge(p, k)}, c.keyMay(p, k), c.keyEnds(p, k), c.keyUsed(p, k),
	}}
	if p.may.APIKeys.Change && k.state != admin.KeyRevoked {
		row.Actions = []web.Action{
			{Label: c.text(p, "keys.rotate"), Accessible: c.text(p, "keys.rotate.which", k.Name), Path: path + "/rotate"},
			{Label: c.text(p, "keys.revoke"), Accessible: c.text(p, "keys.revoke.which", k.Name), Path: path + "/revoke", Danger: true},
		}
	}
	return row
}

func (c *Console) keyBadge(p *page, k *keyLine) web.Badge {
	if c.endsSoon(k) {
		days := int(k.ExpiresAt.Sub(c.Now()) / (24 * time.Hour))
		return web.Badge{Kind: web.Warn, Text: c.text(p, "keys.soon", days)}
	}
	kinds := map[admin.KeyState]string{admin.KeyActive: web.Good, admin.KeyDisabled: web.Warn}
	return web.Badge{Kind: cmp.Or(kinds[k.state], web.Bad), Text: c.text(p, "keys.state."+string(k.state))}
}

// keyMay is what a key may do, in words.
func (c *Console) keyMay(p *page, k *keyLine) web.Cell {
	var cell web.Cell
	for _, scope := range k.Scopes {
		cell.List = append(cell.List, c.scopes(p, oauth.Scope{scope}))
	}
	if k.role != nil {
		cell.Detail = c.text(p, "keys.as", k.role.Name)
	}
	return cell
}

func (c *Console) keyEnds(p *page, k *keyLine) web.Cell {
	if k.ExpiresAt.IsZero() {
		return web.Cell{Text: c.text(p, "keys.never")}
	}
	return web.Cell{Time: k.ExpiresAt}
}

func (c *Console) keyUsed(p *page, k *keyLine) web.Cell {
	if k.LastUsedAt.IsZero() {
		return web.Cell{Text: c.text(p, "keys.unused")}
	}
	return web.Cell{Time: k.LastUsedAt, Detail: c.text(p, "keys.from", k.LastUsedFrom)}
}

// key returns the key that the path names; one of another organisation is not there
// (F01).
func (c *Console) key(p *page) (*keyLine, error) {
	key, err := c.Admin.GetAPIKey(p.r.Context(), p.actor(), p.r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if key.OrganisationID != p.organisation.ID {
		return nil, oauth.NewError(oauth.ReasonNotFound)
	}
	return c.keyLine(p, key)
}

// showKey is the page of one key.
func (c *Console) showKey(p *page) error {
	k, err := c.key(p)
	if err != nil {
		return err
	}
	blocks := c.endings(p, []*keyLine{k})
	facts, err := c.keyFacts(p, k)
	if err != nil {
		return err
	}
	blocks = append(blocks, facts)
	if tried := c.tryOut(p, k); tried != nil {
		blocks = append(blocks, *tried)
	}
	return c.render(p, http.StatusOK, c.keyPage(p, k, blocks...))
}

// keyPage is the frame of the pages of one key.
func (c *Console) keyPage(p *page, k *keyLine, blocks ...web.Block) web.Console {
	return web.Console{
		Crumbs: c.integrations(p, web.Link{Label: c.text(p, "nav.api-keys"), Path: p.path("api-keys")}),
		Title:  k.Name, Badge: c.keyBadge(p, k), Blocks: blocks,
	}
}

func (c *Console) keyFacts(p *page, k *keyLine) (web.Facts, error) {
	addresses := web.Cell{Text: c.text(p, "keys.anywhere")}
	if len(k.AllowedFrom) > 0 {
		addresses = web.Cell{List: k.AllowedFrom, Code: true}
		if k.AddressMode == core.AddressReport {
			addresses.Badge = web.Badge{Kind: web.Warn, Text: c.text(p, "keys.report.badge")}
		}
	}
	facts := web.Facts{ID: "key", Items: []web.Fact{
		{Label: c.text(p, "keys.id"), Value: web.Cell{Text: k.ID, Code: true, Copy: true}},
		{Label: c.text(p, "keys.account"), Value: web.Cell{Text: k.account}},
		{Label: c.text(p, "keys.format"), Value: web.Cell{Text: c.formatNamed(p, k.Dialect).title}},
		{Label: c.text(p, "keys.may"), Value: c.keyMay(p, k)},
		{Label: c.text(p, "keys.ends"), Value: c.keyEnds(p, k)},
		{Label: c.text(p, "keys.addresses"), Value: addresses},
		{Label: c.text(p, "keys.used"), Value: c.keyUsed(p, k)},
		{Label: c.text(p, "keys.made"), Value: web.Cell{Time: k.CreatedAt, Detail: c.text(p, "keys.by", c.maker(p, k.CreatedBy))}},
	}}
	until, err := c.Admin.Overlap(p.r.Context(), k.ID)
	if err != nil {
		return facts, err
	}
	if !until.IsZero() && k.state != admin.KeyRevoked {
		facts.Items = append(facts.Items, web.Fact{Label: c.text(p, "secret.old"), Value: web.Cell{Time: until}})
	}
	if p.may.APIKeys.Change && k.state != admin.KeyRevoked {
		facts.Actions = c.keyActions(p, k)
	}
	return facts, nil
}

func (c *Console) keyActions(p *page, k *keyLine) []web.Action {
	path := p.path("api-keys", k.ID)
	able := web.Action{Label: c.text(p, "keys.disable"), Path: path + "/disable", Post: true}
	if !k.Enabled {
		able = web.Action{Label: c.text(p, "keys.enable"), Path: path + "/enable", Post: true}
	}
	return []web.Action{
		{Label: c.text(p, "keys.edit"), Path: path + "/edit"}, {Label: c.text(p, "keys.rotate"), Path: path + "/rotate"}, able,
		{Label: c.text(p, "keys.revoke"), Path: path + "/revoke", Danger: true},
	}
}

// maker is who made something, as far as the person may know.
func (c *Console) maker(p *page, id string) string {
	if user, err := c.Store.User(p.r.Context(), id); err == nil {
		return nameOf(user)
	}
	return id
}

// tryOut lists from where a key was used that it will be refused from, once it does
// more than report. nil: it does already, or the person may not see it.
func (c *Console) tryOut(p *page, k *keyLine) *web.Table {
	if k.AddressMode != core.AddressReport || len(k.AllowedFrom) == 0 || !p.may.Audit.See {
		return nil
	}
	events, err := c.Admin.Events(p.r.Context(), p.actor(), store.EventFilter{
		OrganisationID: p.organisation.ID, SubjectID: k.ID, Type: core.AddressReported, Limit: rowsPerPage,
	})
	if err != nil {
		c.Log.Error("uses of a key from elsewhere not read", "error", err)
		return nil
	}
	table := &web.Table{
		ID: "elsewhere", Title: c.text(p, "keys.elsewhere"), Text: c.text(p, "keys.elsewhere.text"),
		Columns: []web.Column{{Label: c.text(p, "keys.address")}, {Label: c.text(p, "keys.at")}},
		Empty:   web.Empty{Text: c.text(p, "keys.elsewhere.none")},
	}
	for _, e := range events {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: e.IP, Code: true}, {Time: e.At}}})
	}
	return table
}
