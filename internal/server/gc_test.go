package server

import (
	"io/fs"
	"math"
	"runtime/debug"
	"testing"
)

// In a container the runtime collects before the container is out of memory, unless
// the operator has said what it may take.
func TestR23_MemoryOfTheContainer(t *testing.T) {
	percent := debug.SetGCPercent(100)
	limit := debug.SetMemoryLimit(-1)
	defer debug.SetGCPercent(percent)
	defer debug.SetMemoryLimit(limit)
	const v2, v1 = "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"
	for name, test := range map[string]struct {
		files map[string]string
		env   map[string]string
		want  int64
	}{
		"v2":               {map[string]string{v2: "200000000\n"}, nil, 160_000_000},
		"v1":               {map[string]string{v1: "200000000\n"}, nil, 160_000_000},
		"v2 without bound": {map[string]string{v2: "max\n"}, nil, math.MaxInt64},
		"v1 without bound": {map[string]string{v1: "9223372036854771712\n"}, nil, math.MaxInt64},
		"no container":     {nil, nil, math.MaxInt64},
		"nonsense":         {map[string]string{v2: "", v1: "-1"}, nil, math.MaxInt64},
		"GOMEMLIMIT":       {map[string]string{v2: "200000000\n"}, map[string]string{"GOMEMLIMIT": "1GiB"}, 1 << 30},
	} {
		debug.SetMemoryLimit(1 << 30)
		TuneGC(func(name string) (string, bool) {
			value, set := test.env[name]
			return value, set
		}, func(file string) ([]byte, error) {
			if text, there := test.files[file]; there {
				return []byte(text), nil
			}
			return nil, fs.ErrNotExist
		})
		if got := debug.SetMemoryLimit(-1); got != test.want {
			t.Errorf("%s: %d, not %d", name, got, test.want)
		}
	}
}
