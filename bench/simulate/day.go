package main

import (
	"math"
	"math/rand/v2"
)

const (
	hour = 3600
	full = 24 * hour // seconds of a day
)

// Day is what one day brings: requests of all kinds, in its total and at its peak.
type Day struct {
	Tokens     float64 // requests
	Hour       float64 // a second, in the busiest hour
	Minute     float64 // a second, in the busiest minute
	Second     float64 // in the busiest second
	First      float64 // of Tokens: families begun
	Rotations  float64
	BusiestOrg float64 // a second, in the busiest hour, of the busiest organisation
}

// rate is how many requests are expected in a second of the day: more by day than
// by night, and more when timers go off.
func (in Inputs) rate(second int) float64 {
	mean := in.Organisations * in.Tokens / full
	wave := 1 + (in.Peak-1)*math.Cos(2*math.Pi*(float64(second/hour)-14)/24)
	if second%hour < 60 {
		return mean * wave * (in.OnTheHour*hour/60 + 1 - in.OnTheHour)
	}
	return mean * wave * (1 - in.OnTheHour)
}

// Expect is the closed form of a day. The rest of an hour loses what its first
// minute gains, but for that minute's own part.
func (in Inputs) Expect() Day {
	mean := in.Organisations * in.Tokens / full
	minute := in.rate(14 * hour)
	z := newZipf(in.Organisations, in.Skew, nil)
	return Day{
		Tokens: mean * full, Hour: mean * in.Peak, Minute: minute,
		Second: minute + 2.3*math.Sqrt(minute), // the largest of 60 draws, about
		First:  mean * full * in.First, Rotations: mean * full * in.Rotation,
		BusiestOrg: mean * in.Peak / z.total(),
	}
}

// Live draws each second of a day.
func (in Inputs) Live() Day {
	random := rand.New(rand.NewPCG(in.Seed, 1))
	var d Day
	var inHour, inMinute float64
	for second := range full {
		if second%hour == 0 {
			inHour = 0
		}
		if second%60 == 0 {
			inMinute = 0
		}
		n := poisson(random, in.rate(second))
		inHour, inMinute = inHour+n, inMinute+n
		d.Tokens += n
		d.First += poisson(random, n*in.First)
		d.Rotations += poisson(random, n*in.Rotation)
		d.Second = max(d.Second, n)
		d.Minute, d.Hour = max(d.Minute, inMinute/60), max(d.Hour, inHour/hour)
	}
	d.BusiestOrg = in.busiest(random, d.Hour)
	return d
}

// busiest draws the organisation of each request of some seconds of the peak.
func (in Inputs) busiest(random *rand.Rand, rate float64) float64 {
	const draws = 1_000_000
	z, first := newZipf(in.Organisations, in.Skew, random), 0
	for range draws {
		if z.draw() == 1 {
			first++
		}
	}
	return rate * float64(first) / draws
}

// poisson draws how often something happens that is expected mean times.
func poisson(random *rand.Rand, mean float64) float64 {
	if mean > 100 {
		return max(0, math.Round(mean+math.Sqrt(mean)*random.NormFloat64()))
	}
	n, left := 0.0, math.Exp(-mean)
	for p := random.Float64(); p > left; p *= random.Float64() {
		n++
	}
	return n
}

// Rows lets days pass until rows come and go at the same pace, and returns how
// many are alive: those of a day stay for some days.
func Rows(random *rand.Rand, aDay, days float64) float64 {
	stay := int(math.Round(days))
	ring := make([]float64, stay)
	var alive float64
	for day := range 2 * stay {
		alive -= ring[day%stay]
		ring[day%stay] = poisson(random, aDay)
		alive += ring[day%stay]
	}
	return alive
}
