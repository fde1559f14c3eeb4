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
	today := c.Now().UTC().Truncate(24 * time.Hour)
	first := today.AddDate(0, 0, 1-days)
	all, err := c.Admin.Usage(p.r.Context(), p.actor(), p.organisationID(), first, today)
	if err != nil {
		return err
	}
	counts := newCounts(first, days)
	for _, u := range all {
		counts.add(u, p.asked("client"))
	}
	data := web.Console{
		Title: c.text(p, "nav.usage"), Lead: c.text(p, "usage.lead"), Blocks: []web.Block{c.usageForm(p, days, counts)},
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

// counts are the token requests of a period, put together.
type counts struct {
	first             time.Time
	total             int64
	accepted, refused []float64            // by day
	clients           map[string]*requests // by client id
	known             map[string]bool      // ids of all clients, also of those left out
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
		first: first, accepted: make([]float64, days), refused: make([]float64, days), clients: map[string]*requests{}, known: map[string]bool{}, reasons: map[refusal]int64{},
	}
}

// add counts a row, unless another client is asked for.
func (n *counts) add(u *core.Usage, client string) {
	n.known[u.ClientID] = true
	day := int(u.Day.Sub(n.first) / (24 * time.Hour))
	if client != "" && client != u.ClientID || day < 0 || day >= len(n.accepted) {
		return
	}
	own := n.clients[u.ClientID]
	if own == nil {
		own = &requests{days: make([]float64, len(n.accepted))}
		n.clients[u.ClientID] = own
	}
	n.total += u.Requests
	own.days[day] += float64(u.Requests)
	if u.Outcome == core.TokenIssued || u.Outcome == core.TokenRefreshed {
		own.accepted += u.Requests
		n.accepted[day] += float64(u.Requests)
		return
	}
	own.refused += u.Requests
	n.refused[day] += float64(u.Requests)
	n.reasons[refusal{cmp.Or(u.Reason, string(oauth.ReasonRefreshTokenReused)), u.ClientID}] += u.Requests
}

// ordered are the ids of the clients, those with most requests first.
func (n *counts) ordered() []string {
	return slices.SortedFunc(maps.Keys(n.clients), func(a, b string) int {
		sum := func(id string) int64 { return n.clients[id].accepted + n.clients[id].refused }
		return cmp.Or(cmp.Compare(sum(b), sum(a)), strings.Compare(a, b))
	})
}

// clientName is the name of a client or API key, or that it was none that we know.
func (c *Console) clientName(p *page, id string) string {
	return cmp.Or(c.nameOfID(p, id), c.text(p, "usage.unknown"))
}

func (c *Console) usageForm(p *page, days int, n *counts) web.Form {
	var periods []web.Option
	for _, period := range slices.Sorted(slices.Values(usagePeriods)) {
		periods = append(periods, web.Option{Value: strconv.Itoa(period), Label: c.text(p, "usage.days", period), Selected: period == days})
	}
	clients := []web.Option{{Label: c.text(p, "usage.all")}}
	known := slices.Sorted(maps.Keys(n.known))
	for _, id := range known[:min(len(known), mostClients)] {
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
	others := make([]float64, len(n.accepted))
	ids := n.ordered()
	for i, id := range ids {
		if i < seriesOfClients || len(ids) == seriesOfClients+1 {
			plot.Series = append(plot.Series, web.Series{Label: c.clientName(p, id), Values: n.clients[id].days})
			continue
		}
		for day, value := range n.clients[id].days {
			others[day] += value
		}
	}
	if len(ids) > seriesOfClients+1 {
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
	return table
}

// mostClients is how many clients there are to choose from; the table leads to all.
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
