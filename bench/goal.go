package main

import "fmt"

// Goals that this project has set itself, beside those of the operations.
const (
	goalPostgres   = 0.6 // of the figure on SQLite
	goalOneCaller  = 0.3 // ms beyond the commit of the disk
	goalGrowth     = 1.2 // times the p50 on an empty database
	goalIdle       = 40  // MB
	goalFirstGood  = 150 // ms
	goalBinary     = 45  // MB
	manyConnection = 128 // where the goals of throughput apply
)

// atLeast says whether a value reaches its goal, and by what part it misses it.
func atLeast(value, goal float64) string {
	if value >= goal {
		return "met"
	}
	return fmt.Sprintf("missed by %.0f %%", 100*(1-value/goal))
}

// atMost is atLeast for what should be small.
func atMost(value, goal float64) string {
	if value <= goal {
		return "met"
	}
	return fmt.Sprintf("missed by %.0f %%", 100*(value/goal-1))
}

// ratio is that of a figure to what its goal is against; 0 when that was not
// measured.
func (r *result) ratio(o operation, f figure) float64 {
	switch o.against {
	case theFloor:
		return f.OfFloor
	case signingFloor:
		return f.OfSigning
	}
	if other, ok := r.find(o.against, f.Engine, f.Connections); ok {
		return f.PerSecond / other.PerSecond
	}
	return 0
}

// verdict is the goal of a figure and whether it is met; blank where there is none.
func (r *result) verdict(o operation, f figure) (goal, verdict string) {
	switch {
	case f.Connections == 1 && o.goal > 0 && f.Engine == "sqlite":
		most := r.Machine.DiskCommit + goalOneCaller
		return fmt.Sprintf("p50 at most %.2f ms", most), atMost(f.P50, most)
	case f.Connections != manyConnection || o.goal == 0:
		return "", ""
	case f.Engine == "postgres":
		if lite, ok := r.find(f.Operation, "sqlite", f.Connections); ok {
			return fmt.Sprintf("%.2f of SQLite", goalPostgres), atLeast(f.PerSecond/lite.PerSecond, goalPostgres)
		}
		return "", ""
	}
	ratio := r.ratio(o, f)
	if ratio == 0 {
		return "", ""
	}
	return fmt.Sprintf("%.2f of %s", o.goal, o.against), atLeast(ratio, o.goal)
}
