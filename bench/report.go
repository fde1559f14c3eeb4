package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// The part of docs/performance.md that belongs to the bench.
const (
	beginMark = "<!-- make bench writes from here -->"
	endMark   = "<!-- to here -->"
)

// record writes the result where it is compared with next time, and where people
// read it.
func (r *result) record() error {
	if err := r.write(resultFile); err != nil {
		return err
	}
	if err := r.plot(plotFile); err != nil {
		return err
	}
	text, err := os.ReadFile(reportFile)
	if err != nil {
		return err
	}
	changed, err := replacePart(string(text), r.report())
	if err != nil {
		return fmt.Errorf("%s: %w", reportFile, err)
	}
	return os.WriteFile(reportFile, []byte(changed), 0o644)
}

// replacePart puts part between the marks of text.
func replacePart(text, part string) (string, error) {
	before, rest, begins := strings.Cut(text, beginMark)
	_, after, ends := strings.Cut(rest, endMark)
	if !begins || !ends {
		return "", errors.New("the marks of the bench are gone")
	}
	return before + beginMark + "\n" + part + endMark + after, nil
}

// report is the result as Markdown.
func (r *result) report() string {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, "%s, commit %s, on %s, %d cores, %s, Go %s, %s", m.Date, m.Commit, m.Processor, m.Cores, m.Kernel, m.Go, m.SQLite)
	if m.PostgreSQL != "" {
		fmt.Fprintf(&b, ", PostgreSQL %s", m.PostgreSQL)
	}
	fmt.Fprintf(&b, ".\n4 KB are on the disk after %.2f ms (fdatasync). The floor at %d connections answered %.0f to %.0f a second from one load to the next:\n"+
		"so much the machine varied. In %d of %d loads its host took more than %.0f %% of the processors.\n\n",
		m.DiskCommit, manyConnection, r.Floor.Least, r.Floor.Most, r.Disturbed, r.Loads, calm*100)
	for _, connections := range []int{manyConnection, 32, 1} {
		r.reportFigures(&b, connections)
	}
	r.reportFootprint(&b)
	r.reportGrowth(&b)
	return b.String()
}

func (r *result) reportFigures(b *strings.Builder, connections int) {
	heading := fmt.Sprintf("%d connections", connections)
	if connections == 1 {
		heading = "One caller"
	}
	fmt.Fprintf(b, "**%s**\n\n", heading)
	b.WriteString("| operation | database | a second | p50 ms | p99 ms | CPU us | of the floor | of the signing floor | goal | |\n" +
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |\n")
	for _, f := range r.Figures {
		if f.Connections != connections {
			continue
		}
		o := operationNamed(f.Operation)
		goal, verdict := r.verdict(o, f)
		ratios := "| |"
		if f.Engine != "" {
			ratios = fmt.Sprintf("| %.3f | %.3f", f.OfFloor, f.OfSigning)
		}
		fmt.Fprintf(b, "| %s | %s | %.0f | %.2f | %.2f | %.0f %s | %s | %s |\n",
			o.title, engineTitles[f.Engine], f.PerSecond, f.P50, f.P99, f.CPU, ratios, goal, verdict)
	}
	b.WriteString("\n")
}

var engineTitles = map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}

// operationNamed returns an operation, or what stands for a floor.
func operationNamed(name string) operation {
	for _, o := range operations {
		if o.name == name {
			return o
		}
	}
	return operation{name: name, title: "*" + name + "*"}
}

func (r *result) reportFootprint(b *strings.Builder) {
	b.WriteString("| | measured | goal | |\n| --- | ---: | --- | --- |\n")
	for _, f := range r.Footprints {
		on := engineTitles[f.Engine]
		fmt.Fprintf(b, "| memory, idle, %s | %.0f MB | at most %d MB | %s |\n", on, f.Idle, goalIdle, atMost(f.Idle, goalIdle))
		fmt.Fprintf(b, "| memory at the end of the loads, %s | %.0f MB | | |\n", on, f.Loaded)
		fmt.Fprintf(b, "| from the start to the first answer, %s | %.0f ms | at most %d ms | %s |\n", on, f.FirstGood, goalFirstGood, atMost(f.FirstGood, goalFirstGood))
	}
	fmt.Fprintf(b, "| the program, stripped | %.1f MB | under %d MB | %s |\n\n", r.Binary, goalBinary, atMost(r.Binary, goalBinary))
}

func (r *result) reportGrowth(b *strings.Builder) {
	if len(r.Growth) == 0 {
		return
	}
	b.WriteString("| growth | database | refresh tokens | a second, 128 connections | of the floor | p50 ms, one caller | of the empty database | |\n" +
		"| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |\n")
	empty := map[string]float64{}
	for _, g := range r.Growth {
		times, verdict := "", ""
		if first := empty[g.Operation+g.Engine]; first == 0 {
			empty[g.Operation+g.Engine] = g.P50
		} else {
			times, verdict = fmt.Sprintf("%.2f", g.P50/first), atMost(g.P50/first, goalGrowth)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %.0f | %.3f | %.2f | %s | %s |\n", grownTitle(g.Operation), engineTitles[g.Engine], sizeTitle(g.Tokens),
			g.PerSecond, g.OfFloor, g.P50, times, verdict)
	}
	b.WriteString("\n![Throughput against the size of the database](performance-growth.svg)\n\n")
}

// grownTitle is shorter than the title of the operation, and says where it differs.
func grownTitle(name string) string {
	return map[string]string{
		"introspection": "introspection of a refresh token", "key_read": "an account read by X-Api-Key",
		"client_credentials": "client_credentials", "refresh": "refresh rotation",
	}[name]
}

// sizeTitle is a number of refresh tokens as people write it.
func sizeTitle(size int) string {
	switch {
	case size == 0:
		return "none"
	case size%1_000_000 == 0:
		return fmt.Sprintf("%d M", size/1_000_000)
	}
	return fmt.Sprintf("%d k", size/1000)
}
