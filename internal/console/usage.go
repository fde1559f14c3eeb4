package console

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// usagePeriods are how many days usage is shown of; the first where nothing is asked.
var usagePeriods = []int{30, 7, 90, 365}

// seriesOfClients is how many clients have a series of their own in the plot; the
// others share one.
const seriesOfClients = 3

// usage shows token requests and refusals by client and day.
func (c *Console) usage(p *page) error {
	days, err := strconv.Atoi(p.asked("days"))
	if err != nil || !slices.Contains(usagePeriods, days) {
		days = usagePeriods[0]
	}
	counts, known, err := c.countUsage(p, days)
	if err != nil {
		return err
	}
	data := web.Console{
		Title: c.text(p, "nav.usage"), Lead: c.text(p, "usage.lead"), Blocks: []web.Block{c.usageForm(p, days, known)},
	}
	if counts.total == 0 {
		data.Blocks = append(data.Blocks, web.Table{ID: "clients", Empty: c.noUsage(p)})
		return c.render(p, http.StatusOK, data)
	}
	data.Blocks = append(data.Blocks, c.outcomePlot(p, counts))
	if len(counts.clients) > 1 {
		data.Blocks = append(data.Blocks, c.clientPlot(p, counts))
	}
	data.Blocks = append(data.Blocks, c.clientTable(p, counts), c.reasonTable(p, counts))
	return c.render(p, http.StatusOK, data)
}

// countUsage has what the page shows summed in the database, so that it is no more to
// read however many clients there are: each day, and over all days the clients with most
// requests. known are those to choose from.
func (c *Console) countUsage(p *page, days int) (n *counts, known map[string]bool, err error) {
	today := c.Now().UTC().Truncate(24 * time.Hour)
	n, known = newCounts(today.AddDate(0, 0, 1-days), days), map[string]bool{}
	span := store.UsageSpan{OrganisationID: p.organisationID(), From: n.first, To: today}
	if client := p.asked("client"); client != "" {
		most, err := c.Admin.UsageByClient(p.r.Context(), p.actor(), span, mostClients)
		if err != nil {
			return nil, nil, err
		}
		for _, u := range most {
			known[u.ClientID] = true
		}
		span.ClientID = &client
	}
	sums, err := c.Admin.UsageByDay(p.r.Context(), p.actor(), span)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range sums {
		n.addDay(u)
	}
	most, err := c.Admin.UsageByClient(p.r.Context(), p.actor(), span, mostClients)
	if err != nil {
		return nil, nil, err
	}
	for _, u := range most {
		known[u.ClientID] = true
		n.addClient(u)
	}
	return n, known, c.countDays(p, n, span)
}

// countDays adds the days of the clients that have a series of their own.
func (c *Console) countDays(p *page, n *counts, span store.UsageSpan) error {
	for _, id := range n.plotted() {
		span.ClientID = &id
		sums, err := c.Admin.UsageByDay(p.r.Context(), p.actor(), span)
		if err != nil {
			return err
		}
		for _, u := range sums {
			n.addClientDay(u)
		}
	}
	return nil
}

// counts are the token requests of a period, put together.
type counts struct {
	first             time.Time
	total             int64
	accepted, refused []float64            // by day
	clients           map[string]*requests // by client id: not all, where there are many
	reasons           map[refusal]int64
}

// requests are those of one client.
type requests struct {
	accepted, refused int64
	days              []float64
}

type refusal struct{ reason, client string }

func newCounts(first time.Time, days int) *counts {
	return &counts{
		first: first, accepted: make([]float64, days), refused: make([]float64, days), clients: map[string]*requests{}, reasons: map[refusal]int64{},
	}
}

// add counts what one client did on one day.
func (n *counts) add(u *core.Usage) {
	n.addDay(u)
	n.addClient(u)
	n.addClientDay(u)
}

// day is the place of a day in the period.
func (n *counts) day(u *core.Usage) (place int, in bool) {
	place = int(u.Day.Sub(n.first) / (24 * time.Hour))
	return place, place >= 0 && place < len(n.accepted)
}

func accepted(u *core.Usage) bool {
	return u.Outcome == core.TokenIssued || u.Outcome == core.TokenRefreshed
}

func (n *counts) addDay(u *core.Usage) {
	day, in := n.day(u)
	if !in {
		return
	}
	n.total += u.Requests
	if accepted(u) {
		n.accepted[day] += float64(u.Requests)
	} else {
		n.refused[day] += float64(u.Requests)
	}
}

func (n *counts) addClient(u *core.Usage) {
	own := n.client(u.ClientID)
	if accepted(u) {
		own.accepted += u.Requests
		return
	}
	own.refused += u.Requests
	n.reasons[refusal{cmp.Or(u.Reason, string(oauth.ReasonRefreshTokenReused)), u.ClientID}] += u.Requests
}

func (n *counts) addClientDay(u *core.Usage) {
	if day, in := n.day(u); in {
		n.client(u.ClientID).days[day] += float64(u.Requests)
	}
}

func (n *counts) client(id string) *requests {
	own := n.clients[id]
	if own == nil {
		own = &requests{days: make([]float64, len(n.accepted))}
		n.clients[id] = own
	}
	return own
}

// rest is what the clients did that are not among those counted one by one. What came
// in between two reads is not theirs.
func (n *counts) rest() (accepted, refused int64) {
	for day := range n.accepted {
		accepted += int64(n.accepted[day])
		refused += int64(n.refused[day])
	}
	for _, own := range n.clients {
		accepted -= own.accepted
		refused -= own.refused
	}
	return max(accepted, 0), max(refused, 0)
}

// ordered are the ids of the clients, those with most requests first.
func (n *counts) ordered() []string {
	return slices.SortedFunc(maps.Keys(n.clients), func(a, b string) int {
		sum := func(id string) int64 { return n.clients[id].accepted + n.clients[id].refused }
		return cmp.Or(cmp.Compare(sum(b), sum(a)), strings.Compare(a, b))
	})
}

// plotted are the clients that have a series of their own: one more where the others
// would be one alone.
func (n *counts) plotted() []string {
	ids := n.ordered()
	if len(ids) > seriesOfClients+1 {
		return ids[:seriesOfClients]
	}
	return ids
}

// clientName is the name of a client or API key, or that it was none that we know.
func (c *Console) clientName(p *page, id string) string {
	return cmp.Or(c.nameOfID(p, id), c.text(p, "usage.unknown"))
}

func (c *Console) usageForm(p *page, days int, known map[string]bool) web.Form {
	var periods []web.Option
	for _, period := range slices.Sorted(slices.Values(usagePeriods)) {
		periods = append(periods, web.Option{Value: strconv.Itoa(period), Label: c.text(p, "usage.days", period), Selected: period == days})
	}
	clients := []web.Option{{Label: c.text(p, "usage.all")}}
	for _, id := range slices.Sorted(maps.Keys(known)) {
		if id != "" {
			clients = append(clients, web.Option{Value: id, Label: c.clientName(p, id), Selected: id == p.asked("client")})
		}
	}
	return web.Form{
		ID: "find", Get: true, Path: p.side("usage"), Submit: c.text(p, "usage.show"),
		Fields: []web.Field{
			{Name: "days", Label: c.text(p, "usage.period"), Kind: web.KindSelect, Options: periods},
			{Name: "client", Label: c.text(p, "usage.client"), Kind: web.KindSelect, Options: clients},
		},
	}
}

// noUsage says what makes some.
func (c *Console) noUsage(p *page) web.Empty {
	if p.organisation == nil {
		return web.Empty{Text: c.text(p, "usage.none")}
	}
	return web.Empty{Text: c.text(p, "usage.none"), Link: web.Link{Label: c.text(p, "nav.api-keys"), Path: p.path("api-keys")}}
}

// dayNames are the days of the period, as people write them.
func (c *Console) dayNames(p *page, n *counts) []string {
	var names []string
	for i := range n.accepted {
		day := n.first.AddDate(0, 0, i)
		names = append(names, c.text(p, "usage.day", day.Day(), c.Pages.Text(p.locale, "month."+strings.ToLower(day.Month().String()))))
	}
	return names
}

func (c *Console) outcomePlot(p *page, n *counts) web.Plot {
	return web.Plot{
		ID: "requests", Title: c.text(p, "usage.requests"), Text: c.text(p, "usage.requests.text"), Unit: c.text(p, "usage.unit"), Days: c.dayNames(p, n),
		Series: []web.Series{{Label: c.text(p, "usage.accepted"), Values: n.accepted}, {Label: c.text(p, "usage.refused"), Values: n.refused}},
	}
}

// clientPlot has the clients with most requests, and the others together.
func (c *Console) clientPlot(p *page, n *counts) web.Plot {
	plot := web.Plot{ID: "by-client", Title: c.text(p, "usage.by_client"), Unit: c.text(p, "usage.unit"), Days: c.dayNames(p, n)}
	others, ids := n.perDay(), n.plotted()
	for _, id := range ids {
		plot.Series = append(plot.Series, web.Series{Label: c.clientName(p, id), Values: n.clients[id].days})
		for day, value := range n.clients[id].days {
			others[day] = max(others[day]-value, 0)
		}
	}
	if len(ids) < len(n.clients) {
		plot.Series = append(plot.Series, web.Series{Label: c.text(p, "usage.others"), Values: others})
	}
	return plot
}

func (c *Console) clientTable(p *page, n *counts) web.Table {
	table := web.Table{ID: "clients", Title: c.text(p, "usage.clients"), Columns: []web.Column{
		{Label: c.text(p, "usage.client")}, {Label: c.text(p, "usage.accepted"), Numeric: true}, {Label: c.text(p, "usage.refused"), Numeric: true},
	}}
	ids, pager := onPage(c, p, n.ordered(), "days", "client")
	table.Pager = pager
	for _, id := range ids {
		own := n.clients[id]
		name := web.Cell{Text: c.clientName(p, id)}
		if id != "" {
			name.Path, name.Detail = p.with([]string{"days", "client"}, map[string]string{"client": id}), id
		}
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			name, {Text: strconv.FormatInt(own.accepted, 10)}, {Text: strconv.FormatInt(own.refused, 10)},
		}})
	}
	if accepted, refused := n.rest(); pager.Next == "" && accepted+refused > 0 {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: c.text(p, "usage.others")}, {Text: strconv.FormatInt(accepted, 10)}, {Text: strconv.FormatInt(refused, 10)},
		}})
	}
	return table
}

// mostClients is how many clients are counted one by one: those with most requests.
const mostClients = 200

// mostReasons is how many lines the reasons of refusals have.
const mostReasons = 100

// reasonTable says why requests were refused, the most frequent first.
func (c *Console) reasonTable(p *page, n *counts) web.Table {
	table := web.Table{
		ID: "reasons", Title: c.text(p, "usage.reasons"), Empty: web.Empty{Text: c.text(p, "usage.reasons.none")},
		Columns: []web.Column{{Label: c.text(p, "audit.reason")}, {Label: c.text(p, "usage.client")}, {Label: c.text(p, "usage.requests"), Numeric: true}},
	}
	reasons := slices.SortedFunc(maps.Keys(n.reasons), func(a, b refusal) int {
		return cmp.Or(cmp.Compare(n.reasons[b], n.reasons[a]), strings.Compare(a.reason, b.reason), strings.Compare(a.client, b.client))
	})
	for _, r := range reasons[:min(len(reasons), mostReasons)] {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{
			{Text: c.reasonText(p, oauth.Reason(r.reason)), Detail: r.reason}, {Text: c.clientName(p, r.client)}, {Text: strconv.FormatInt(n.reasons[r], 10)},
		}})
	}
	return table
}
