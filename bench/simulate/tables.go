package main

import (
	"fmt"
	"math"
	"strings"
)

var tableNames = []string{"inputs", "rows measured", "costs measured", "day", "sizes", "coalesced", "caches", "steps", "money"}

// Tables are those of the page, by the name of their marks.
func (r *Report) Tables() map[string]string {
	return map[string]string{
		"inputs": r.inputs(), "rows measured": r.rowsMeasured(), "costs measured": r.costsMeasured(), "day": r.day(),
		"sizes": r.sizesTable(), "coalesced": r.coalesced(), "caches": r.cachesTable(), "steps": r.steps(), "money": r.money(),
	}
}

// grid writes a table: the first column is text, the others are figures.
func grid(head []string, rows [][]string) string {
	var text strings.Builder
	line := func(cells []string) { fmt.Fprintf(&text, "| %s |\n", strings.Join(cells, " | ")) }
	line(head)
	text.WriteString("| ---" + strings.Repeat(" | ---:", len(head)-1) + " |\n")
	for _, row := range rows {
		line(row)
	}
	return text.String()
}

func (r *Report) inputs() string {
	var rows [][]string
	in := r.in
	for _, f := range in.fields() {
		rows = append(rows, []string{f.meaning, number(*f.value), "`-" + f.name + "`"})
	}
	return grid([]string{"input", "value", "flag"}, rows)
}

func (r *Report) rowsMeasured() string {
	var rows [][]string
	for _, t := range tables {
		lite, pg := r.measured.SQLite.Row[t.name], r.measured.Postgres.Row[t.name]
		rows = append(rows, []string{t.name, number(lite.Table), number(lite.Index), number(pg.Table), number(pg.Index)})
	}
	return grid([]string{"bytes a row", "SQLite, table", "indexes", "PostgreSQL, table", "indexes"}, rows) +
		fmt.Sprintf("\n%s rows of each; SQLite %s, PostgreSQL %s; %s.\n", number(float64(r.measured.Rows)),
			r.measured.SQLite.Version, r.measured.Postgres.Version, r.measured.Machine)
}

func (r *Report) costsMeasured() string {
	var rows [][]string
	for _, kind := range []struct{ name, meaning string }{
		{"audit", "a token without a refresh token: its audit record"},
		{"first", "a token with the first refresh token"}, {"rotation", "a rotation"},
		{"change", "a change of a membership"},
	} {
		lite, pg := r.measured.SQLite.Write[kind.name], r.measured.Postgres.Write[kind.name]
		rows = append(rows, []string{kind.meaning, number(lite.LogBytes), number(lite.NodeMicros), number(pg.LogBytes),
			number(pg.NodeMicros), number(pg.EngineMicro)})
	}
	lite, pg := r.measured.SQLite.Miss, r.measured.Postgres.Miss
	rows = append(rows, []string{"a look-up that the cache misses", "", number(lite.NodeMicros), "", number(pg.NodeMicros), number(pg.EngineMicro)})
	lite, pg = r.measured.SQLite.Origins, r.measured.Postgres.Origins
	rows = append(rows, []string{"each client with origins, when the origin of a browser is looked up", "", number(lite.NodeMicros), "", number(pg.NodeMicros), number(pg.EngineMicro)})
	text := grid([]string{"of the store alone, 32 callers", "SQLite, bytes written", "node, us", "PostgreSQL, bytes of WAL", "node, us", "server, us"}, rows)
	var heaps []string
	for _, kind := range []string{"organisation", "account", "client", "API key", "secrets"} {
		heaps = append(heaps, fmt.Sprintf("%s %s", kind, number(r.measured.Cache[kind].Bytes)))
	}
	return text + "\nBytes of heap of a cached entry: " + strings.Join(heaps, ", ") + ".\n"
}

func (r *Report) day() string {
	row := func(name string, live, expected float64) []string {
		return []string{name, number(live), number(expected), fmt.Sprintf("%.1f %%", math.Abs(live/expected-1)*100)}
	}
	return grid([]string{"a day", "simulated", "closed form", "apart"}, [][]string{
		row("token requests", r.live.Tokens, r.expected.Tokens),
		row("families of refresh tokens begun", r.live.First, r.expected.First),
		row("rotations", r.live.Rotations, r.expected.Rotations),
		row("tokens a second, busiest hour", r.live.Hour, r.expected.Hour),
		row("busiest minute", r.live.Minute, r.expected.Minute),
		row("busiest second", r.live.Second, r.expected.Second),
		row("busiest organisation in the busiest hour", r.live.BusiestOrg, r.expected.BusiestOrg),
	})
}

func (r *Report) sizesTable() string {
	var rows [][]string
	var lite, pg float64
	for _, s := range r.sizes {
		rows = append(rows, []string{s.Table, number(s.Rows), number(s.Closed), size(s.SQLite), size(s.Postgres)})
		lite, pg = lite+s.SQLite, pg+s.Postgres
	}
	rows = append(rows, []string{"all", "", "", size(lite), size(pg)})
	return grid([]string{"table", "rows, simulated", "closed form", "SQLite", "PostgreSQL"}, rows)
}

func (r *Report) coalesced() string {
	var rows [][]string
	for _, interval := range []float64{1, 10, 60, 600} {
		row := []string{number(interval)}
		for _, part := range []float64{1000, 100, 10, 1} {
			in := r.in
			in.Organisations /= part
			row = append(row, fmt.Sprintf("%s of %s", number(in.Coalesced(interval)), number(in.Expect().Hour)))
		}
		rows = append(rows, row)
	}
	head := []string{"seconds between writes"}
	for _, c := range r.costs {
		head = append(head, number(c.Organisations)+" organisations")
	}
	return grid(head, rows)
}

func (r *Report) cachesTable() string {
	scopes := map[Scope]string{Whole: "everything", OfOrganisation: "its organisation"}
	var rows [][]string
	for _, c := range r.caches {
		rows = append(rows, []string{number(c.Organisations), number(c.Requests), number(c.Cache), number(c.Changes), scopes[c.Scope],
			percent(c.Hits), percent(c.Closed), number(c.Reads), number(c.Node), number(c.Engine)})
	}
	return grid([]string{"organisations", "requests a second", "entries a node", "changes a second", "each puts out of date", "hits, simulated",
		"closed form", "reads a second", "vCPU of nodes", "vCPU of the database"}, rows)
}

func (r *Report) steps() string {
	var rows [][]string
	for _, c := range r.costs {
		rows = append(rows, []string{number(c.Organisations), number(c.TokensASecond), size(c.Bytes), size(c.BytesWithoutAudit), size(c.LogASecond) + "/s",
			number(c.Gone), number(c.Reads), number(c.NodeVCPU), number(c.EngineVCPU)})
	}
	return grid([]string{"organisations", "tokens a second, peak", "database", "without audit", "WAL, peak", "rows to delete a second", "cache misses a second, peak",
		"vCPU of nodes", "vCPU of the database"}, rows)
}

func (r *Report) money() string {
	var rows [][]string
	for _, c := range r.costs {
		rows = append(rows, []string{number(c.Organisations), number(c.Nodes), number(c.Engine), number(c.Disk), number(c.Archive), number(c.Total()),
			fmt.Sprintf("%.4f", c.Total()/c.Organisations)})
	}
	return grid([]string{"organisations", "nodes", "database", "disks", "archive of the log", "a month", "a month, an organisation"}, rows)
}

func percent(v float64) string { return fmt.Sprintf("%.1f %%", v*100) }

// number writes a figure with three digits that mean something.
func number(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 1:
		return fmt.Sprintf("%.2g", v)
	case v < 100:
		return strings.TrimSuffix(fmt.Sprintf("%.3g", v), ".0")
	}
	digits := math.Pow(10, math.Floor(math.Log10(v))-2)
	text := fmt.Sprintf("%.0f", math.Round(v/digits)*digits)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// size writes bytes.
func size(v float64) string {
	for _, unit := range []struct {
		name  string
		bytes float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if v >= unit.bytes {
			return number(v/unit.bytes) + " " + unit.name
		}
	}
	return number(v) + " B"
}
