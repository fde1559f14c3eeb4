package main

import (
	"fmt"
	"math"
	"strings"
)

// The plot is of reads a second against changes a second, both as powers of ten.
const (
	plotWidth, plotHeight = 720.0, 420.0
	left, right           = 80.0, 190.0
	top, bottom           = 30.0, 60.0
	leastChange, most     = -3.0, 2.0 // of changes a second
	leastRead, mostReads  = 0.0, 6.0
)

// Plot draws, from the closed form, how many look-ups a second reach the database
// when changes put everything out of date and when they do so to their own
// organisation.
func (r *Report) Plot() string {
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12">`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(&svg, `<rect width="%g" height="%g" fill="white"/>`+"\n", plotWidth, plotHeight)
	plotGrid(&svg)
	colours := []string{"#1b9e77", "#d95f02", "#7570b3"}
	for i, part := range []float64{100, 10, 1} {
		for _, scope := range []Scope{Whole, OfOrganisation} {
			r.plotLine(&svg, part, scope, colours[i])
		}
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

func plotGrid(svg *strings.Builder) {
	for p := leastChange; p <= most; p++ {
		x := plotX(p)
		fmt.Fprintf(svg, `<line x1="%.1f" y1="%g" x2="%.1f" y2="%g" stroke="#ddd"/>`+"\n", x, top, x, plotHeight-bottom)
		fmt.Fprintf(svg, `<text x="%.1f" y="%g" text-anchor="middle">%g</text>`+"\n", x, plotHeight-bottom+18, math.Pow(10, p))
	}
	for p := leastRead; p <= mostReads; p++ {
		y := plotY(p)
		fmt.Fprintf(svg, `<line x1="%g" y1="%.1f" x2="%g" y2="%.1f" stroke="#ddd"/>`+"\n", left, y, plotWidth-right, y)
		fmt.Fprintf(svg, `<text x="%g" y="%.1f" text-anchor="end">%s</text>`+"\n", left-8, y+4, number(math.Pow(10, p)))
	}
	fmt.Fprintf(svg, `<text x="%g" y="%g" text-anchor="middle">changes of configuration a second</text>`+"\n", (left+plotWidth-right)/2, plotHeight-18)
	fmt.Fprintf(svg, `<text x="18" y="%g" text-anchor="middle" transform="rotate(-90 18 %g)">reads a second that reach the database</text>`+"\n",
		(top+plotHeight-bottom)/2, (top+plotHeight-bottom)/2)
}

func (r *Report) plotLine(svg *strings.Builder, part float64, scope Scope, colour string) {
	in := r.in
	in.Organisations /= part
	requests := in.Organisations * in.Tokens / full * in.Peak * (1 + in.Verifications)
	var points []string
	var y float64
	for p := leastChange; p <= most; p += 0.25 {
		load := in.cacheLoad(requests, scope)
		load.Changes = math.Pow(10, p)
		y = plotY(math.Log10(max(1, requests*in.Lookups*(1-load.Hits()))))
		points = append(points, fmt.Sprintf("%.1f,%.1f", plotX(p), y))
	}
	dash, scopeName := "", "everything"
	if scope == OfOrganisation {
		dash, scopeName, y = ` stroke-dasharray="6 4"`, "its organisation", y+8
	}
	fmt.Fprintf(svg, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"%s/>`+"\n", strings.Join(points, " "), colour, dash)
	fmt.Fprintf(svg, `<text x="%g" y="%.1f" fill="%s">%s, %s</text>`+"\n", plotWidth-right+8, y, colour, size(in.Organisations)[:len(size(in.Organisations))-1], scopeName)
}

func plotX(power float64) float64 {
	return left + (power-leastChange)/(most-leastChange)*(plotWidth-left-right)
}

func plotY(power float64) float64 {
	return plotHeight - bottom - (power-leastRead)/(mostReads-leastRead)*(plotHeight-top-bottom)
}
