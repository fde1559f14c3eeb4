package main

import (
	"math"
	"math/rand/v2"
)

// zipf draws ranks 1 to n, rank k with a weight of 1/k^s, by rejection-inversion
// (Hörmann and Derflinger, 1996); math/rand has it for s > 1 alone.
type zipf struct {
	n, s              float64
	first, last, near float64
	random            *rand.Rand
}

func newZipf(n, s float64, random *rand.Rand) *zipf {
	z := &zipf{n: n, s: s, random: random}
	z.first = z.area(1.5) - 1
	z.last = z.area(n + 0.5)
	z.near = 2 - z.inverse(z.area(2.5)-z.weight(2))
	return z
}

func (z *zipf) weight(x float64) float64 { return math.Pow(x, -z.s) }

// area is the integral of weight from 1 to x.
func (z *zipf) area(x float64) float64 {
	if z.s == 1 {
		return math.Log(x)
	}
	return (math.Pow(x, 1-z.s) - 1) / (1 - z.s)
}

func (z *zipf) inverse(area float64) float64 {
	if z.s == 1 {
		return math.Exp(area)
	}
	return math.Pow(1+area*(1-z.s), 1/(1-z.s))
}

func (z *zipf) draw() int {
	for {
		u := z.last + z.random.Float64()*(z.first-z.last)
		x := z.inverse(u)
		k := min(max(math.Round(x), 1), z.n)
		if k-x <= z.near || u >= z.area(k+0.5)-z.weight(k) {
			return int(k)
		}
	}
}

// over sums f(rank, count) over all ranks: one by one at first, then in bands of
// ranks that weigh about the same.
func (z *zipf) over(f func(weight, count float64)) {
	const single, growth = 1000.0, 1.01
	for from := 1.0; from <= z.n; {
		to := from
		if from > single {
			to = min(math.Floor(from*growth), z.n)
		}
		f(z.weight((from+to)/2), to-from+1)
		from = to + 1
	}
}

// total is the sum of all weights.
func (z *zipf) total() (sum float64) {
	z.over(func(weight, count float64) { sum += weight * count })
	return sum
}

// shareOfBusiest is what the busiest part of all organisations makes of all requests.
func (z *zipf) shareOfBusiest(part float64) float64 {
	limit, seen, sum := z.n*part, 0.0, 0.0
	z.over(func(weight, count float64) {
		if seen < limit {
			sum += weight * min(count, limit-seen)
		}
		seen += count
	})
	return sum / z.total()
}
