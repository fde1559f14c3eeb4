package console

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/web"
	"claviger/oauth"
)

// Tried is a request to a route of a dialect, and its answer, without their secrets.
type Tried struct {
	Request, Reply string
	Status         int
}

// daysOfDialects is how many days the use of dialects is shown of.
const daysOfDialects = 30

// opDialects lists the dialects, and how much each is used.
func (c *Console) opDialects(p *page) error {
	used, first, err := c.usageByDialect(p)
	if err != nil {
		return err
	}
	table := web.Table{
		ID: "dialects", Empty: web.Empty{Text: c.text(p, "op.dialects.none")},
		Columns: []web.Column{{Label: c.text(p, "op.dialects.name")}, {Label: c.text(p, "op.dialects.routes"), Numeric: true}, {Label: c.text(p, "usage.requests"), Numeric: true}, {Label: c.text(p, "usage.refused"), Numeric: true}},
	}
	plot := web.Plot{
		ID: "use", Title: c.text(p, "op.dialects.use"), Text: c.text(p, "usage.days", daysOfDialects), Unit: c.text(p, "usage.unit"),
		Days: c.dayNames(p, newCounts(first, daysOfDialects)), Empty: web.Empty{Text: c.text(p, "usage.none")},
	}
	names := []string{""}
	for _, d := range c.Dialects {
		n := used[d.Name]
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: d.Title, Path: opPath("dialects", d.Name), Detail: d.Name}, {Text: strconv.Itoa(len(d.Routes))},
			{Text: strconv.FormatInt(n.total, 10)}, {Text: strconv.FormatInt(n.refusedInAll(), 10)},
		}})
		names = append(names, d.Name)
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(used[b].total, used[a].total) })
	for _, name := range names {
		if len(plot.Series) < 4 && used[name].total > 0 {
			plot.Series = append(plot.Series, web.Series{Label: c.dialectTitle(p, name), Values: used[name].perDay()})
		}
	}
	return c.render(p, http.StatusOK, web.Console{Title: c.text(p, "nav.dialects"), Lead: c.text(p, "op.dialects.lead"), Blocks: []web.Block{table, plot}})
}

// perDay are all requests of each day.
func (n *counts) perDay() []float64 {
	days := slices.Clone(n.accepted)
	for i, refused := range n.refused {
		days[i] += refused
	}
	return days
}

func (n *counts) refusedInAll() (sum int64) {
	for _, own := range n.clients {
		sum += own.refused
	}
	return sum
}

// dialectPeriod are the days that the use of dialects is shown of.
func (c *Console) dialectPeriod() (first, today time.Time) {
	today = c.Now().UTC().Truncate(24 * time.Hour)
	return today.AddDate(0, 0, 1-daysOfDialects), today
}

// usageByDialect counts the token requests of the last days by the dialect of the route
// that they came in by.
func (c *Console) usageByDialect(p *page) (map[string]*counts, time.Time, error) {
	first, today := c.dialectPeriod()
	all, err := c.Admin.UsageByDialect(p.r.Context(), p.actor(), first, today)
	if err != nil {
		return nil, first, err
	}
	used := map[string]*counts{"": newCounts(first, daysOfDialects)}
	for _, d := range c.Dialects {
		used[d.Name] = newCounts(first, daysOfDialects)
	}
	for _, u := range all {
		if n := used[u.Dialect]; n != nil { // else one that this server has no more
			n.add(u)
		}
	}
	return used, first, nil
}

// usageOf counts the token requests of the last days by the clients that send most of
// them to a dialect.
func (c *Console) usageOf(p *page, d *dialect.Dialect) (*counts, error) {
	first, today := c.dialectPeriod()
	all, err := c.Admin.UsageOfDialect(p.r.Context(), p.actor(), d.Name, first, today, mostClients)
	n := newCounts(first, daysOfDialects)
	for _, u := range all {
		n.add(u)
	}
	return n, err
}

// dialectAsked returns the dialect that the path names.
func (c *Console) dialectAsked(p *page) (*dialect.Dialect, error) {
	d := c.dialectNamed(p.r.PathValue("name"))
	if d == nil {
		return nil, oauth.NewError(oauth.ReasonNotFound)
	}
	return d, nil
}

// opDialect shows the routes of a dialect, its transcripts and who uses it.
func (c *Console) opDialect(p *page) error {
	d, err := c.dialectAsked(p)
	if err != nil {
		return err
	}
	used, err := c.usageOf(p, d)
	if err != nil {
		return err
	}
	sums, _, err := c.usageByDialect(p)
	if err != nil {
		return err
	}
	routes := web.Table{ID: "routes", Title: c.text(p, "op.dialects.routes"), Columns: []web.Column{
		{Label: c.text(p, "op.dialects.route")}, {Label: c.text(p, "op.dialects.does")}, {Label: c.text(p, "op.dialects.asks")},
	}}
	for _, r := range d.Routes {
		asks := web.Cell{Code: true}
		for _, need := range []struct {
			word string
			on   bool
		}{{"Bearer", r.Authentication.Bearer}, {cmp.Or(d.APIKeyHeader(), "API key"), r.Authentication.APIKey}, {r.Permission, r.Permission != ""}, {r.Scope, r.Scope != ""}} {
			if need.on {
				asks.List = append(asks.List, need.word)
			}
		}
		routes.Rows = append(routes.Rows, web.Row{Cells: []web.Cell{{Text: r.Method + " " + r.Path(), Code: true}, {Text: r.Operation, Detail: strings.Join(r.Grants, ", ")}, asks}})
	}
	transcripts := web.Table{
		ID: "transcripts", Title: c.text(p, "op.dialects.transcripts"), Text: c.text(p, "op.dialects.transcripts.text"),
		Columns: []web.Column{{Label: c.text(p, "op.dialects.transcript")}, {Label: c.text(p, "op.dialects.shows")}}, Empty: web.Empty{Text: c.text(p, "op.dialects.transcripts.none")},
	}
	for _, s := range c.Operator.Samples {
		if s.Dialect == d.Name {
			transcripts.Rows = append(transcripts.Rows, web.Row{Cells: []web.Cell{{Text: s.Name, Path: opPath("dialects", d.Name, "transcripts", s.Name)}, {Text: s.Text}}})
		}
	}
	blocks := []web.Block{routes, transcripts}
	if used.total > 0 {
		blocks = append(blocks, c.outcomePlot(p, sums[d.Name]))
		if len(used.clients) > 1 {
			blocks = append(blocks, c.clientPlot(p, used))
		}
		blocks = append(blocks, c.clientTable(p, used))
	}
	return c.render(p, http.StatusOK, web.Console{
		Title: d.Title, Crumbs: c.opCrumb(p, "dialects"), Blocks: blocks,
		Actions: []web.Link{{Label: c.text(p, "op.dialects.try"), Path: opPath("dialects", d.Name, "try")}},
	})
}

// dialectCrumbs are those of the pages below a dialect.
func (c *Console) dialectCrumbs(p *page, d *dialect.Dialect) []web.Link {
	return append(c.opCrumb(p, "dialects"), web.Link{Label: d.Title, Path: opPath("dialects", d.Name)})
}

// opTranscript shows what integrators send, and what they get.
func (c *Console) opTranscript(p *page) error {
	d, err := c.dialectAsked(p)
	if err != nil {
		return err
	}
	name := p.r.PathValue("sample")
	at := slices.IndexFunc(c.Operator.Samples, func(s Sample) bool { return s.Dialect == d.Name && s.Name == name })
	if at < 0 {
		return oauth.NewError(oauth.ReasonNotFound)
	}
	s := c.Operator.Samples[at]
	var blocks []web.Block
	for _, x := range s.Exchanges {
		try := opPath("dialects", d.Name, "try") + "?" + url.Values{"sample": {s.Name + "/" + x.Name}}.Encode()
		blocks = append(blocks,
			web.Prose{ID: x.Name + "-request", Title: x.Name, Code: x.Request, Links: []web.Link{{Label: c.text(p, "op.dialects.try"), Path: try}}},
			web.Prose{ID: x.Name + "-reply", Text: c.text(p, "op.dialects.reply"), Code: x.Reply})
	}
	return c.render(p, http.StatusOK, web.Console{Title: s.Name, Lead: s.Text, Crumbs: c.dialectCrumbs(p, d), Blocks: blocks})
}

// opTry sends a request to this server, as integrators do, and shows the answer.
func (c *Console) opTry(p *page) error {
	d, err := c.dialectAsked(p)
	if err != nil {
		return err
	}
	status, wrong, blocks, text := http.StatusOK, wrongs{}, []web.Block{}, c.sampleAsked(p, d)
	if p.form != nil {
		if !c.provedLately(p) {
			return nil
		}
		text = strings.ReplaceAll(p.form["request"], "\r\n", "\n")
		tried, err := c.Operator.Try(p.r.Context(), d, text)
		if err != nil {
			if wrong, status, err = c.wrong(p, err); err != nil {
				return err
			}
		} else {
			alert := web.Alert{Kind: web.Good, Text: c.text(p, "op.try.good", tried.Status)}
			if tried.Status >= http.StatusBadRequest {
				alert = web.Alert{Kind: web.Warn, Text: c.text(p, "op.try.bad", tried.Status)}
			}
			blocks = append(blocks, alert, web.Prose{ID: "sent", Title: c.text(p, "op.try.sent"), Code: tried.Request},
				web.Prose{ID: "answered", Title: c.text(p, "op.dialects.reply"), Code: tried.Reply})
			text = tried.Request
		}
	}
	form := web.Form{
		ID: "try", Title: c.text(p, "op.try.form"), Path: opPath("dialects", d.Name, "try"), Submit: c.text(p, "op.try.send"), Cancel: c.cancel(p, opPath("dialects", d.Name)),
		Fields: []web.Field{{Name: "request", Label: c.text(p, "op.try.request"), Hint: c.text(p, "op.try.request.hint"), Kind: web.KindTextarea, Rows: 12, Required: true, Value: text}},
	}
	problems := wrong.of(form.Fields)
	return c.render(p, status, web.Console{
		Title: c.text(p, "op.dialects.try"), Lead: c.text(p, "op.try.lead", d.Title), Crumbs: c.dialectCrumbs(p, d), Problems: problems, Blocks: append(blocks, form),
	})
}

// sampleAsked is the request of a transcript; where none is asked for, the first.
func (c *Console) sampleAsked(p *page, d *dialect.Dialect) string {
	first := ""
	for _, s := range c.Operator.Samples {
		for _, x := range s.Exchanges {
			if s.Dialect == d.Name && p.asked("sample") == s.Name+"/"+x.Name {
				return x.Request
			}
			if s.Dialect == d.Name && !strings.Contains(s.Name, "refused") && first == "" {
				first = x.Request
			}
		}
	}
	if first == "" && len(d.Routes) > 0 {
		first = d.Routes[0].Method + " " + d.Routes[0].Path() + " HTTP/1.1\n\n"
	}
	return first
}

// opKeys lists the signing keys.
func (c *Console) opKeys(p *page) error {
	list, err := c.Admin.SigningKeys(p.r.Context(), p.actor())
	if err != nil {
		return err
	}
	table := web.Table{ID: "keys", Columns: []web.Column{
		{Label: c.text(p, "op.keys.id")}, {Label: c.text(p, "op.keys.state")}, {Label: c.text(p, "op.keys.from")}, {Label: c.text(p, "op.keys.until")}, {Label: c.text(p, "op.keys.removed")},
	}}
	data := web.Console{Title: c.text(p, "nav.keys"), Lead: c.text(p, "op.keys.lead")}
	seen := map[string]bool{}
	for _, k := range slices.Backward(list) {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: k.ID, Code: true, Copy: true, Detail: k.Algorithm}, {Badge: c.signingBadge(p, k)}, {Time: k.ActiveAt}, {Time: k.RetiredAt}, {Time: k.RemovedAt},
		}})
		if !seen[k.Algorithm] {
			seen[k.Algorithm] = true
			data.Actions = append(data.Actions, web.Link{Label: c.text(p, "op.keys.rotate", k.Algorithm), Path: opPath("keys", "rotate") + "?algorithm=" + k.Algorithm})
		}
	}
	data.Blocks = []web.Block{table}
	return c.render(p, http.StatusOK, data)
}

func (c *Console) signingBadge(p *page, k core.SigningKey) web.Badge {
	now := c.Now()
	switch {
	case !k.RemovedAt.IsZero() && !now.Before(k.RemovedAt):
		return web.Badge{Text: c.text(p, "op.keys.state.removed")}
	case !k.RetiredAt.IsZero() && !now.Before(k.RetiredAt):
		return web.Badge{Text: c.text(p, "op.keys.state.retired")}
	case now.Before(k.ActiveAt):
		return web.Badge{Kind: web.Warn, Text: c.text(p, "op.keys.state.next")}
	}
	return web.Badge{Kind: web.Good, Text: c.text(p, "op.keys.state.signing")}
}

// opRotateKey makes another signing key, once its algorithm is typed.
func (c *Console) opRotateKey(p *page) error {
	algorithm := cmp.Or(p.form["algorithm"], p.asked("algorithm"))
	list, err := c.Admin.SigningKeys(p.r.Context(), p.actor())
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(k core.SigningKey) bool { return k.Algorithm == algorithm }) {
		return oauth.NewError(oauth.ReasonNotFound)
	}
	if !c.provedLately(p) {
		return nil
	}
	confirm := web.Confirm{
		ID: "rotate", Text: c.text(p, "op.keys.rotate.text"), Consequences: []string{c.text(p, "op.keys.rotate.first"), c.text(p, "op.keys.rotate.second")},
		Name: algorithm, Path: opPath("keys", "rotate"), Hidden: map[string]string{"algorithm": algorithm}, Submit: c.text(p, "op.keys.rotate.submit"),
		Cancel: c.cancel(p, opPath("keys")),
	}
	status := http.StatusOK
	if p.form != nil {
		if web.Confirmed(p.form[web.FieldConfirm], algorithm) {
			if _, err := c.Admin.RotateSigningKey(p.r.Context(), p.actor(), algorithm, false); err != nil {
				return err
			}
			return c.done(p, opPath("keys"), "key_rotated")
		}
		status, confirm.Problem = http.StatusBadRequest, c.text(p, "people.confirm")
	}
	return c.render(p, status, web.Console{Title: c.text(p, "op.keys.rotate", algorithm), Crumbs: c.opCrumb(p, "keys"), Blocks: []web.Block{confirm}})
}
