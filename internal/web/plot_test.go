package web

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPlotSaysWhatItShows(t *testing.T) {
	plot := Plot{ID: "use", Title: "Use", Unit: "requests", Days: []string{"Mon", "Tue"}, Series: []Series{{"Granted", []float64{1200, 34567}}, {"Refused", []float64{0, 3}}}}
	page := show(t, Console{Blocks: []Block{plot}}, "/")
	expectIn(t, page, `role="img" aria-labelledby="use-title use-sums"`, `<title id="use-title">Use</title>`,
		"Granted: 35,767 requests in all, at most 34,567 on Tue.", "Refused: 3 requests in all, at most 3 on Tue.",
		"<title>Tue · Granted: 34,567</title>", `fill="url(#use-p2)"`, `<th scope="row">Tue</th><td class="number">34,567</td><td class="number">3</td>`, "no Mon · Refused")
	plot.Lines = true
	expectIn(t, show(t, Console{Blocks: []Block{plot}}, "/?ui_locales=fr"), `<polyline class="path s2"`, "34 567")
	plot.Series, plot.Empty = plot.Series[1:1], Empty{Text: "Nobody came."}
	expectIn(t, show(t, Console{Blocks: []Block{plot}}, "/"), "Nobody came.", "no <svg class=\"area\"", "no <table")
}

// TestPlotsStayInTheirFrame draws plots of anything.
func TestPlotsStayInTheirFrame(t *testing.T) {
	share := func(t *rapid.T, text string) float64 {
		var n float64
		for _, digit := range text[:len(text)-1] {
			if digit != '.' {
				n = 10*n + float64(digit-'0')
			}
		}
		return n / 1e5 // percent writes three places
	}
	rapid.Check(t, func(t *rapid.T) {
		p := Plot{Days: make([]string, rapid.IntRange(1, 120).Draw(t, "days")), Lines: rapid.Bool().Draw(t, "lines")}
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1e9), rapid.Just(math.NaN()), rapid.Just(-1.0)), 0, len(p.Days))
		for range rapid.IntRange(0, 6).Draw(t, "series") {
			p.Series = append(p.Series, Series{Values: values.Draw(t, "values")})
		}
		d := draw(p)
		for _, b := range d.Bars {
			if share(t, b.Y)+share(t, b.H) > 1.0001 || share(t, b.X)+share(t, b.W) > 1.0001 || b.Y[0] == '-' || b.X[0] == '-' {
				t.Fatalf("a bar at %+v", b)
			}
		}
		for _, l := range d.Paths {
			for _, dot := range l.Ends {
				if share(t, dot.X) > 1 || share(t, dot.Y) > 1 {
					t.Fatalf("a dot at %+v", dot)
				}
			}
		}
		if d.Ticks != nil && (len(d.Ticks) < 2 || len(d.Ticks) > 7 || d.Ticks[0].Value != 0) {
			t.Fatalf("ticks %+v", d.Ticks)
		}
		if len(d.Paths) > mostSeries || len(d.Labels) > mostLabels {
			t.Fatal("too many series or labels")
		}
	})
}
