package faults

import (
	"bufio"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Under load that goes on and on, a server takes no more of anything than it took
// in the beginning. `make soak` goes on for an hour; here it is seconds.
//
// The heap goes up and down with the collector, so that the lowest of several looks
// counts: what is in use even then.
func TestR24_NothingGrowsUnderLoad(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			whole := max(soakTime(t)/time.Duration(len(engines)), 12*time.Second)
			i := newInstallation(t, engine.database(t))
			i.start()
			i.underLoad(whole / 6) // caches fill, the pools reach their size
			before := i.underLoad(whole / 3)
			for spent := whole / 2; spent < whole-whole/3; spent += whole / 3 {
				i.underLoad(whole / 3)
			}
			after := i.underLoad(whole / 3)
			for name, allowed := range map[string]float64{
				"go_goroutines":                before["go_goroutines"] + 30,
				"process_open_fds":             before["process_open_fds"] + 20,
				"go_memstats_heap_inuse_bytes": before["go_memstats_heap_inuse_bytes"]*1.3 + 8<<20,
			} {
				t.Logf("%s: %.0f, then %.0f", name, before[name], after[name])
				if before[name] == 0 || after[name] > allowed {
					t.Errorf("%s was %.0f and is %.0f", name, before[name], after[name])
				}
			}
		})
	}
}

// underLoad loads the server for a time, has everything checked that clients were
// told, and returns the least that each metric has been.
func (i *installation) underLoad(d time.Duration) map[string]float64 {
	i.t.Helper()
	lowest := map[string]float64{}
	// An hour would not fit into one history: families begin and end with each part.
	const part = time.Minute
	for ; d > 0; d -= part {
		l := newLoad(i)
		l.while(func() {
			looks := time.NewTicker(100 * time.Millisecond)
			defer looks.Stop()
			over := time.After(min(d, part))
			for {
				select {
				case <-over:
					return
				case <-looks.C:
					i.look(lowest)
				}
			}
		})
		l.families = l.families[:min(len(l.families), 300)] // of the others, only the trail is compared
		l.check()
	}
	return lowest
}

// look notes what is lower than it was.
func (i *installation) look(lowest map[string]float64) {
	_, text := i.get("/metrics")
	for lines := bufio.NewScanner(strings.NewReader(text)); lines.Scan(); {
		name, figure, _ := strings.Cut(lines.Text(), " ")
		if !slices.Contains([]string{"go_goroutines", "process_open_fds", "go_memstats_heap_inuse_bytes"}, name) {
			continue
		}
		value, err := strconv.ParseFloat(figure, 64)
		if known, ok := lowest[name]; err == nil && (!ok || value < known) {
			lowest[name] = value
		}
	}
}
