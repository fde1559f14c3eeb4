package web

import (
	"fmt"
	"math"
	"slices"
)

// Plot shows a few series by day: bars on top of each other, or lines. It is
// followed by the same as a table.
type Plot struct {
	ID, Title, Text string // ID is required where a page has several
	Unit            string // what is counted, such as "requests"
	Days            []string
	Series          []Series // at most four
	Lines           bool
	Empty           Empty // instead of a plot of nothing
}

// Series are the values of the days, in the order of Plot.Days. They are not
// negative.
type Series struct {
	Label  string
	Values []float64
}

// drawing is a plot as its template draws it. Places are shares of the width and
// the height, "12.5%", so that it has any size and its texts keep theirs.
type drawing struct {
	Plot
	Ticks  []tick
	Labels []dayLabel
	Bars   []bar
	Paths  []line
	Sums   []sum
}

type (
	tick struct {
		Y     string
		Value float64
	}
	dayLabel struct {
		X, Anchor, Text string
		Between         bool // there is no room for it on a phone
	}
	bar struct {
		Series           int
		X, Y, W, H, Text string
		Value            float64
	}
	line struct {
		Series int
		Points string // in a square of a thousand
		Ends   []dot  // every day has one where there are few
	}
	dot struct {
		X, Y, Text string
		Value      float64
	}
	sum struct {
		Series       int
		Label        string
		Total, Most  float64
		MostOn, Unit string
	}
)

const (
	mostSeries = 4
	mostDots   = 40 // days that still have a dot each
	mostLabels = 5  // days that are named below a plot
	widestBar  = 0.08
)

// draw places everything. Nothing where all values are zero.
func draw(p Plot) drawing {
	p.Series = p.Series[:min(len(p.Series), mostSeries)]
	d := drawing{Plot: p}
	top := p.highest()
	if top == 0 {
		return d
	}
	step := niceStep(top)
	ceiling := step * math.Ceil(top/step)
	for value := 0.0; value <= ceiling+step/2; value += step {
		d.Ticks = append(d.Ticks, tick{percent(1 - value/ceiling), value})
	}
	d.Labels = p.dayLabels()
	if p.Lines {
		d.Paths = p.lines(ceiling)
	} else {
		d.Bars = p.bars(ceiling)
	}
	d.Sums = p.sums()
	return d
}

// value is that of a day, and zero where there is none or it is no number.
func (s Series) value(day int) float64 {
	if day >= len(s.Values) || !(s.Values[day] > 0) || math.IsInf(s.Values[day], 0) {
		return 0
	}
	return s.Values[day]
}

// highest is the height that is needed.
func (p Plot) highest() float64 {
	most := 0.0
	for day := range p.Days {
		height := 0.0
		for _, s := range p.Series {
			if p.Lines {
				height = max(height, s.value(day))
			} else {
				height += s.value(day)
			}
		}
		most = max(most, height)
	}
	return most
}

// niceStep is 1, 2 or 5 times a power of ten, so that three to six of them reach
// most. What is counted has no half.
func niceStep(most float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(most/3)))
	for _, factor := range []float64{1, 2, 5} {
		if most/(factor*power) <= 5 {
			return max(1, factor*power)
		}
	}
	return max(1, 10*power)
}

// bars has those of a day on top of each other, the first series below.
func (p Plot) bars(ceiling float64) []bar {
	var list []bar
	slot := 1 / float64(len(p.Days))
	width := min(0.7*slot, widestBar)
	for day, name := range p.Days {
		below := 0.0
		for i, s := range p.Series {
			value := s.value(day)
			if value == 0 {
				continue
			}
			below += value
			list = append(list, bar{
				Series: i + 1, X: percent((float64(day)+0.5)*slot - width/2), Y: percent(1 - below/ceiling), W: percent(width), H: percent(value / ceiling),
				Text: name + " · " + s.Label, Value: value,
			})
		}
	}
	return list
}

func (p Plot) lines(ceiling float64) []line {
	var list []line
	slot := 1 / float64(len(p.Days))
	for i, s := range p.Series {
		l := line{Series: i + 1}
		for day, name := range p.Days {
			x, y := (float64(day)+0.5)*slot, 1-s.value(day)/ceiling
			l.Points += fmt.Sprintf("%.1f,%.1f ", 1000*x, 1000*y)
			if len(p.Days) <= mostDots {
				l.Ends = append(l.Ends, dot{percent(x), percent(y), name + " · " + s.Label, s.value(day)})
			}
		}
		list = append(list, l)
	}
	return list
}

// dayLabels names the first and the last day, and some between.
func (p Plot) dayLabels() []dayLabel {
	n := len(p.Days)
	shown := min(n, mostLabels)
	var list []dayLabel
	for i := range shown {
		day := 0
		if shown > 1 {
			day = i * (n - 1) / (shown - 1)
		}
		l := dayLabel{percent((float64(day) + 0.5) / float64(n)), "middle", p.Days[day], i%2 == 1}
		switch {
		case n <= mostLabels:
		case i == 0:
			l.X, l.Anchor = percent(0), "start"
		case i == shown-1:
			l.X, l.Anchor = percent(1), "end"
		}
		list = append(list, l)
	}
	return list
}

// sums put the series in words.
func (p Plot) sums() []sum {
	var list []sum
	for i, s := range p.Series {
		values := make([]float64, len(p.Days))
		total := 0.0
		for day := range p.Days {
			values[day] = s.value(day)
			total += values[day]
		}
		most := slices.Max(values)
		list = append(list, sum{i + 1, s.Label, total, most, p.Days[slices.Index(values, most)], p.Unit})
	}
	return list
}

func percent(share float64) string { return fmt.Sprintf("%.3f%%", 100*share) }
