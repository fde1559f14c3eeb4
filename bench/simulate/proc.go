package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc: a hundredth of a second on Linux.
const tick = 10 * time.Millisecond

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func processorOfSelf() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// processorOfSiblings is the processor time of all processes that have the same
// parent as one: the backends and workers of a PostgreSQL server.
func processorOfSiblings(pid int) (total time.Duration) {
	parent := stat(strconv.Itoa(pid))[1]
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range paths {
		fields := stat(filepath.Base(filepath.Dir(path)))
		if fields[1] != parent {
			continue
		}
		for _, i := range []int{11, 12} { // utime and stime
			ticks, _ := strconv.Atoi(fields[i])
			total += time.Duration(ticks) * tick
		}
	}
	return total
}

// stat returns the fields of /proc/PID/stat behind the name: state, parent, ….
func stat(pid string) []string {
	data, _ := os.ReadFile(fmt.Sprintf("/proc/%s/stat", pid))
	text := string(data)
	fields := strings.Fields(text[strings.LastIndex(text, ")")+1:])
	return append(fields, make([]string, 20)...)
}

// written is how many bytes this process has handed to the system.
func written() float64 {
	data, _ := os.ReadFile("/proc/self/io")
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, "wchar: "); ok {
			bytes, _ := strconv.ParseFloat(strings.TrimSpace(value), 64)
			return bytes
		}
	}
	return 0
}
