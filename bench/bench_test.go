package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestLoadIsRead(t *testing.T) {
	out := "Running 2s test @ http://127.0.0.1:1/\n" +
		`{"us":2000000,"requests":5000,"bytes":3000000,"status":0,"wrong":0,"socket":0,"timeout":0,"p50":1500,"p99":12000}` + "\n"
	m, err := parseLoad([]byte(out))
	if err != nil {
		t.Fatal(err)
	}
	want := measure{PerSecond: 2500, P50: 1500 * time.Microsecond, P99: 12 * time.Millisecond, Bytes: 600, Requests: 5000}
	if m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
}

func TestLoadWithAnErrorFails(t *testing.T) {
	for members, want := range map[string]string{
		`"requests":5000,"status":1`:               "of 5000 answers 1 were errors",
		`"requests":5000,"wrong":2`:                "of 5000 answers 2 were errors",
		`"requests":5000,"socket":3`:               "3 failed",
		`"requests":5000,"timeout":4`:              "4 had no answer",
		`"requests":0`:                             "there were no answers",
		`"requests":5000,"status":5000,"socket":1`: "5000 were errors",
		`"requests":`:                              "in the outcome of wrk",
	} {
		_, err := parseLoad([]byte("\n{\"us\":2000000," + members + "}\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", members, err, want)
		}
	}
	if _, err := parseLoad([]byte("unable to connect\n")); err == nil {
		t.Error("no outcome is no error")
	}
}

// One answer of many is an error. The scripts see it; a success of another kind is
// seen by the one that rotates, and by the size elsewhere.
func TestAnErrorAnswerFailsTheRun(t *testing.T) {
	rotation := form("", "grant_type", "refresh_token")
	for n := range 8 {
		rotation.tokens = append(rotation.tokens, fmt.Sprint("first-", n))
	}
	turns := get("")
	turns.place, turns.values = "X-Api-Key", []value{{"", "one"}, {"", "two"}}
	for _, tt := range []struct {
		name    string
		request request
		second  int // status of the second answer
	}{
		{"plain", get(""), http.StatusOK},
		{"plain", get(""), http.StatusTooManyRequests},
		{"by chance", turns, http.StatusOK},
		{"by chance", turns, http.StatusUnauthorized},
		{"rotation", rotation, http.StatusOK},
		{"rotation", rotation, http.StatusBadRequest},
		{"rotation", rotation, http.StatusAccepted},
	} {
		t.Run(fmt.Sprint(tt.name, " ", tt.second), func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				n := count.Add(1)
				if n == 2 {
					w.WriteHeader(tt.second)
				}
				_, _ = fmt.Fprintf(w, `{"refresh_token":"token-%d"}`, n)
			}))
			defer server.Close()
			_, err := runLoad(t.Context(), t.TempDir(), server.URL, tt.request, load{2, time.Second})
			if (tt.second != http.StatusOK) != (err != nil) {
				t.Error(err)
			}
		})
	}
}

func TestProcessIsRead(t *testing.T) {
	memory, err := parseMemory([]byte("Name:\tx\nVmHWM:\t   90000 kB\nVmRSS:\t   40960 kB\n"))
	if err != nil || memory != 40<<20 {
		t.Error(memory, err)
	}
	if _, err := parseMemory([]byte("Name:\tx\n")); err == nil {
		t.Error("no VmRSS is no error")
	}
	took, err := parseProcessorTime("12 (a b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 0 0 20 0")
	if err != nil || took != 2*time.Second {
		t.Error(took, err)
	}
}

func TestMedianIsOfEachMember(t *testing.T) {
	got := medians([]figure{{PerSecond: 1, OfFloor: 0.9}, {PerSecond: 5, OfFloor: 0.1}, {PerSecond: 3, OfFloor: 0.5}})
	if got.PerSecond != 3 || got.OfFloor != 0.5 {
		t.Errorf("%+v", got)
	}
	if m := median([]float64{4, 1}); m != 2.5 {
		t.Error(m)
	}
}

func TestTheFloorSaysHowMuchTheMachineVaried(t *testing.T) {
	b := &bench{samples: map[string][]figure{}}
	for _, f := range []figure{
		{Operation: theFloor, Connections: 128, PerSecond: 5}, {Operation: theFloor, Connections: 128, PerSecond: 3},
		{Operation: theFloor, Connections: 128, PerSecond: 4}, {Operation: theFloor, Connections: 1, PerSecond: 1},
	} {
		b.add(f)
	}
	if got := b.floorSpan(); got != (span{3, 5}) {
		t.Error(got)
	}
}

func TestWhatTheHostDisturbedIsMeasuredAgain(t *testing.T) {
	for name, of := range map[string]struct {
		again     bool
		patience  time.Duration
		stolen    []float64
		kept      float64
		disturbed int
	}{
		"calm":           {true, time.Hour, []float64{0.05, 0}, 0.05, 0},
		"calm again":     {true, time.Hour, []float64{0.5, 0.14, 0}, 0.14, 0},
		"no patience":    {true, 0, []float64{0.5, 0}, 0.5, 1},
		"patience ended": {true, time.Nanosecond, []float64{0.4, 0.5, 0}, 0.4, 1},
		"only once":      {false, time.Hour, []float64{0.5, 0}, 0.5, 1},
	} {
		b, tries := &bench{options: options{patience: of.patience}, pause: time.Millisecond}, 0
		f, err := b.steadily(of.again, func() (figure, error) {
			tries++
			return figure{Stolen: of.stolen[tries-1]}, nil
		})
		if err != nil || f.Stolen != of.kept || b.loaded != 1 || b.disturbed != of.disturbed {
			t.Errorf("%s: %+v %d %v", name, f, b.disturbed, err)
		}
	}
}

func TestAFallByAThirdIsReported(t *testing.T) {
	before := &result{Figures: []figure{
		{Operation: "a", Engine: "sqlite", Connections: 128, OfFloor: 0.3},
		{Operation: "a", Engine: "sqlite", Connections: 1, OfFloor: 0.3},
		{Operation: theFloor, Connections: 128},
	}}
	for ratio, want := range map[float64]int{0.3: 0, 0.21: 0, 0.2: 1, 0.1: 1, 0.6: 0} {
		after := &result{Figures: []figure{
			{Operation: "a", Engine: "sqlite", Connections: 128, OfFloor: ratio},
			{Operation: "a", Engine: "sqlite", Connections: 1, OfFloor: 0.01},
			{Operation: "b", Engine: "sqlite", Connections: 128, OfFloor: 0.01},
			{Operation: theFloor, Connections: 128},
		}}
		if list := falls(before, after); len(list) != want {
			t.Errorf("from 0.3 to %v: %q", ratio, list)
		}
	}
}

func TestVerdicts(t *testing.T) {
	r := &result{Machine: machine{DiskCommit: 0.4}, Figures: []figure{
		{Operation: "client_credentials", Engine: "sqlite", Connections: 128, PerSecond: 1000, OfSigning: 0.9},
		{Operation: "dialect", Engine: "sqlite", Connections: 128, PerSecond: 760, OfSigning: 0.9},
		{Operation: "client_credentials", Engine: "postgres", Connections: 128, PerSecond: 600, OfSigning: 0.1},
		{Operation: "client_credentials", Engine: "sqlite", Connections: 1, P50: 0.84},
		{Operation: "key_read", Engine: "sqlite", Connections: 128, OfFloor: 0.4, OfSigning: 0.9},
		{Operation: "sign_in_page", Engine: "sqlite", Connections: 128, OfFloor: 0.1},
		{Operation: "client_credentials", Engine: "sqlite", Connections: 32, OfSigning: 0.1},
	}}
	want := []string{
		"0.85 of signing floor: met", "0.95 of client_credentials: missed by 20 %", "0.60 of SQLite: met",
		"p50 at most 0.70 ms: missed by 20 %", "0.80 of floor: missed by 50 %", ": ", ": ",
	}
	for n, f := range r.Figures {
		goal, verdict := r.verdict(operationNamed(f.Operation), f)
		if got := goal + ": " + verdict; got != want[n] {
			t.Errorf("%+v: %q, want %q", f, got, want[n])
		}
	}
}

func TestResultIsReadBack(t *testing.T) {
	name := filepath.Join(t.TempDir(), "performance.json")
	if r, err := readResult(name); r != nil || err != nil {
		t.Fatal(r, err)
	}
	r := &result{Figures: []figure{{Operation: "a", Engine: "sqlite", Connections: 32, OfFloor: 0.25}}}
	if err := r.write(name); err != nil {
		t.Fatal(err)
	}
	back, err := readResult(name)
	if err != nil || len(back.Figures) != 1 || back.Figures[0] != r.Figures[0] {
		t.Error(back, err)
	}
	if err := os.WriteFile(name, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readResult(name); err == nil {
		t.Error("a broken file is taken for none")
	}
}

func TestOnlyThePartBetweenTheMarksChanges(t *testing.T) {
	text, err := replacePart("before\n"+beginMark+"\nold\n"+endMark+"\nafter\n", "new\n")
	if want := "before\n" + beginMark + "\nnew\n" + endMark + "\nafter\n"; err != nil || text != want {
		t.Error(text, err)
	}
	if _, err := replacePart("no marks", "new"); err == nil {
		t.Error("text without marks is changed")
	}
}

func TestOperationsAreChosen(t *testing.T) {
	list, err := choose("refresh,dialect")
	if err != nil || len(list) != 2 || list[0].name != "refresh" {
		t.Error(list, err)
	}
	if list, err := choose(""); err != nil || len(list) != len(operations) {
		t.Error(list, err)
	}
	if _, err := choose("refresh,none"); err == nil {
		t.Error("an unknown operation is chosen")
	}
}

func TestPlotIsDrawn(t *testing.T) {
	name := filepath.Join(t.TempDir(), "growth.svg")
	r := &result{Growth: []growth{
		{Operation: "refresh", Engine: "sqlite", Tokens: 0, OfFloor: 0.2},
		{Operation: "refresh", Engine: "sqlite", Tokens: 100_000, OfFloor: 0.19},
	}}
	if err := r.plot(name); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil || !strings.Contains(string(text), "<svg") || !strings.Contains(string(text), "refresh rotation, SQLite") {
		t.Errorf("%.200s %v", text, err)
	}
}
