package main

import (
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
	_ "gonum.org/v1/plot/vg/vgsvg" // the format of Save
)

// plot draws throughput, as a ratio to the floor, against the size of the database.
func (r *result) plot(name string) error {
	if len(r.Growth) == 0 {
		return nil
	}
	p := plot.New()
	p.Title.Text = "Throughput at 128 connections"
	p.X.Label.Text = "refresh tokens in the database"
	p.Y.Label.Text = "of the floor"
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, false
	p.Add(plotter.NewGrid())
	var sizes []int
	var lines []any
	for _, g := range r.Growth {
		if !slices.Contains(sizes, g.Tokens) {
			sizes = append(sizes, g.Tokens)
		}
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, o := range grown {
			var points plotter.XYs
			for _, g := range r.Growth {
				if g.Operation == o.name && g.Engine == engine {
					points = append(points, plotter.XY{X: float64(slices.Index(sizes, g.Tokens)), Y: g.OfFloor})
				}
			}
			if points != nil {
				lines = append(lines, grownTitle(o.name)+", "+engineTitles[engine], points)
			}
		}
	}
	if err := plotutil.AddLinePoints(p, lines...); err != nil {
		return err
	}
	titles := make([]string, len(sizes))
	for n, size := range sizes {
		titles[n] = sizeTitle(size)
	}
	p.NominalX(titles...)
	return p.Save(9*vg.Inch, 5*vg.Inch, name)
}
