package main

import (
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"claviger/internal/store/storetest"
)

func near(t *testing.T, what string, got, want, part float64) {
	t.Helper()
	if math.Abs(got-want) > part*math.Abs(want) {
		t.Errorf("%s: %g, not within %g of %g", what, got, part, want)
	}
}

func TestRanksAreDrawnByTheirWeight(t *testing.T) {
	for _, skew := range []float64{0.5, 0.9, 1, 1.3} {
		const n, draws = 5000, 400_000
		z := newZipf(n, skew, rand.New(rand.NewPCG(1, 1)))
		counts := make([]float64, n+1)
		for range draws {
			counts[z.draw()]++
		}
		var upTo100 float64
		for k := 1; k <= n; k++ {
			upTo100 += map[bool]float64{true: counts[k]}[k <= 100]
		}
		total := z.total()
		near(t, "the first", counts[1]/draws, 1/total, 0.05)
		near(t, "the first hundred", upTo100/draws, z.shareOfBusiest(0.02), 0.02)
	}
}

func TestSumsInBandsAreThoseOfEachRank(t *testing.T) {
	z := newZipf(200_000, 0.9, nil)
	var sum float64
	for k := 1.0; k <= z.n; k++ {
		sum += z.weight(k)
	}
	near(t, "the sum of weights", z.total(), sum, 1e-4)
}

func TestTheSimulatedDayIsThatOfTheClosedForm(t *testing.T) {
	in := Defaults()
	in.Organisations /= 100
	live, want := in.Live(), in.Expect()
	near(t, "tokens", live.Tokens, want.Tokens, 0.01)
	near(t, "families", live.First, want.First, 0.02)
	near(t, "rotations", live.Rotations, want.Rotations, 0.02)
	near(t, "the busiest hour", live.Hour, want.Hour, 0.02)
	near(t, "the busiest minute", live.Minute, want.Minute, 0.05)
	near(t, "the busiest second", live.Second, want.Second, 0.1)
	near(t, "the busiest organisation", live.BusiestOrg, want.BusiestOrg, 0.05)
}

func TestRowsAliveAreThoseOfTheDaysTheyStay(t *testing.T) {
	near(t, "rows", Rows(rand.New(rand.NewPCG(1, 1)), 1000, 30), 30_000, 0.02)
}

func TestTheSimulatedCacheIsThatOfTheClosedForm(t *testing.T) {
	for _, load := range []CacheLoad{
		{Organisations: 10_000, Skew: 0.9, Requests: 1000, Changes: 1, Room: 1000, Scope: Whole},
		{Organisations: 10_000, Skew: 0.9, Requests: 1000, Changes: 1, Room: 1000, Scope: OfOrganisation},
		{Organisations: 10_000, Skew: 0.9, Requests: 1000, Changes: 0.5, Room: 20_000, Scope: Whole},
		{Organisations: 10_000, Skew: 0.9, Requests: 1000, Changes: 100, Room: 20_000, Scope: OfOrganisation},
		{Organisations: 1000, Skew: 0.5, Requests: 50, Changes: 10, Room: 100, Scope: Whole},
	} {
		if got, want := load.Simulate(400_000, 1), load.Hits(); math.Abs(got-want) > 0.015 {
			t.Errorf("%+v: %.3f of the requests hit, the closed form says %.3f", load, got, want)
		}
	}
}

func TestTheLeastRecentlyUsedGoesFirst(t *testing.T) {
	r := newRecent(9, 2)
	for i, step := range []struct {
		key  int
		kept bool
	}{{1, false}, {2, false}, {1, true}, {3, false}, {1, true}, {2, false}, {3, false}} {
		if _, kept := r.ask(step.key, float64(i)); kept != step.kept {
			t.Errorf("step %d: %d is kept: %v", i, step.key, kept)
		}
	}
}

// TestThePageShowsWhatTheProgramSays holds docs/scaling.md against what costs
// little to work out again; the simulated tables are only looked for.
func TestThePageShowsWhatTheProgramSays(t *testing.T) {
	m, err := readMeasured("../../" + measuredFile)
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../" + pageFile)
	if err != nil {
		t.Fatal(err)
	}
	in := Defaults()
	r := &Report{in: in, measured: m, live: in.Live(), expected: in.Expect(), sizes: Sizes(in, m), costs: costs(in, m)}
	wanted := r.Tables()
	delete(wanted, "caches")
	again, err := replaced(string(page), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if again != string(page) {
		t.Error("docs/scaling.md is not up to date: go run ./bench/simulate -write")
	}
	if plot, err := os.ReadFile("../../" + plotFile); err != nil || string(plot) != r.Plot() {
		t.Errorf("docs/scaling.svg is not up to date (%v)", err)
	}
	if _, err := replaced(string(page), map[string]string{"caches": "", "nothing": ""}); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("a page without the marks was rewritten: %v", err)
	}
}

// TestMeasuring takes everything once, so that it still runs when the store changes.
func TestMeasuring(t *testing.T) {
	m, err := measure(t.Context(), storetest.Postgres(t), 300, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, engine := range []MeasuredOnOne{m.SQLite, m.Postgres} {
		for _, table := range tables {
			if row := engine.Row[table.name]; row.Table < 50 || row.Table > 5000 || row.Index == 0 {
				t.Errorf("a row of %s takes %+v bytes", table.name, row)
			}
		}
		for kind, cost := range engine.Write {
			if cost.LogBytes < 100 || cost.NodeMicros == 0 || cost.JobsACommit < 1 {
				t.Errorf("a write of %s costs %+v", kind, cost)
			}
		}
		if engine.Version == "" || engine.Miss.NodeMicros == 0 || engine.Origins.NodeMicros == 0 || len(engine.Write) != 4 {
			t.Errorf("%+v", engine)
		}
	}
}
