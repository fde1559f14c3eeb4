package main

import (
	"fmt"
	"os"
	"strings"
)

// Report is all that the simulation says.
type Report struct {
	in       Inputs
	measured *Measured
	live     Day
	expected Day
	sizes    []Size
	caches   []cacheRow
	costs    []Cost
}

// cacheRow is one line of the table of caches.
type cacheRow struct {
	Organisations, Changes, Requests, Cache float64
	Scope                                   Scope
	Hits, Closed                            float64
	Reads                                   float64 // a second, of all nodes
	Node, Engine                            float64 // processors for them
}

// cacheRequests are drawn for each line of that table.
const cacheRequests = 3_000_000

// Simulate runs everything.
func Simulate(in Inputs, m *Measured) *Report {
	r := &Report{in: in, measured: m, live: in.Live(), expected: in.Expect(), sizes: Sizes(in, m), costs: costs(in, m)}
	r.caches = r.simulateCaches()
	return r
}

// costs are those of platforms on the way to this one.
func costs(in Inputs, m *Measured) (all []Cost) {
	for _, part := range []float64{1000, 100, 10, 1} {
		smaller := in
		smaller.Organisations = in.Organisations / part
		all = append(all, CostOf(smaller, m))
	}
	return all
}

func (r *Report) simulateCaches() (rows []cacheRow) {
	for _, c := range []struct {
		part, busier, changes, room float64
		scope                       Scope
	}{
		{100, 1, 0, 1, Whole},            // as the inputs say, at a hundredth of the organisations
		{100, 1, 1, 1, Whole},            // with one change a second
		{100, 1, 1, 1, OfOrganisation},   //
		{100, 100, 1, 1, Whole},          // and a hundred times the requests
		{100, 100, 1, 1, OfOrganisation}, //
		{1, 1, 0, 1, Whole},              // all organisations
		{1, 1, 0, 1, OfOrganisation},     //
		{1, 1, 0, 40, Whole},             // with forty times the cache
		{1, 1, 0, 40, OfOrganisation},    //
	} {
		in := r.in
		in.Organisations /= c.part
		in.CacheEntries *= c.room
		requests := in.Organisations * in.Tokens / full * in.Peak * (1 + in.Verifications) * c.busier
		load := in.cacheLoad(requests, c.scope)
		if c.changes > 0 {
			load.Changes = c.changes
		}
		row := cacheRow{Organisations: in.Organisations, Changes: load.Changes, Requests: requests, Cache: in.CacheEntries, Scope: c.scope,
			Hits: load.Simulate(cacheRequests, in.Seed), Closed: load.Hits()}
		row.Reads = requests * in.Lookups * (1 - row.Hits)
		row.Node = row.Reads * r.measured.Postgres.Miss.NodeMicros / 1e6
		row.Engine = row.Reads * r.measured.Postgres.Miss.EngineMicro / 1e6
		rows = append(rows, row)
	}
	return rows
}

// Text is the report for a terminal.
func (r *Report) Text() string {
	var text strings.Builder
	for _, name := range tableNames {
		fmt.Fprintf(&text, "%s\n\n%s\n", name, r.Tables()[name])
	}
	return text.String()
}

// rewrite puts each table between its two marks in a page.
func rewrite(path string, tables map[string]string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	page, err := replaced(string(data), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, []byte(page), 0o644)
}

func replaced(page string, tables map[string]string) (string, error) {
	for name, table := range tables {
		begin, end := "<!-- simulated: "+name+" -->\n", "<!-- end: "+name+" -->\n"
		head, rest, ok := strings.Cut(page, begin)
		_, tail, closed := strings.Cut(rest, end)
		if !ok || !closed {
			return "", fmt.Errorf("the marks of %q are missing", name)
		}
		page = head + begin + table + end + tail
	}
	return page, nil
}
