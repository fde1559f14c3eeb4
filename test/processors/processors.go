package processors

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"time"
)

// Count is what the processors of the machine did since it was started, in
// hundredths of a second.
type Count struct{ all, stolen int64 }

// Read reads /proc/stat; where there is none, nothing is known to be stolen.
func Read() (Count, error) {
	text, err := os.ReadFile("/proc/stat")
	if errors.Is(err, os.ErrNotExist) {
		return Count{}, nil
	}
	if err != nil {
		return Count{}, err
	}
	return parse(string(text))
}

// StolenSince is the share that the host took, from 0 to 1.
func (c Count) StolenSince(before Count) float64 {
	if c.all == before.all {
		return 0
	}
	return float64(c.stolen-before.stolen) / float64(c.all-before.all)
}

// parse reads the first line of /proc/stat: user, nice, system, idle,
// iowait, irq, softirq and steal, and then what is in user and nice already
// (proc_stat(5)).
func parse(stat string) (c Count, err error) {
	line, _, _ := strings.Cut(stat, "\n")
	fields := strings.Fields(line)
	const steal = 8
	if len(fields) <= steal || fields[0] != "cpu" {
		return c, errors.New("no processors in /proc/stat")
	}
	for n, field := range fields[1 : steal+1] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return c, err
		}
		c.all += ticks
		if n+1 == steal {
			c.stolen = ticks
		}
	}
	return c, nil
}

// Watch measures time on a machine that is shared.
type Watch struct {
	began  time.Time
	before Count
}

// Start starts a watch.
func Start() Watch {
	before, _ := Read() // what cannot be read is not left out
	return Watch{time.Now(), before}
}

// Took is the time since the start, less what the host took of it.
func (w Watch) Took() time.Duration {
	now, err := Read()
	if err != nil {
		return time.Since(w.began)
	}
	return w.less(time.Since(w.began), now)
}

func (w Watch) less(took time.Duration, now Count) time.Duration {
	return time.Duration(float64(took) * (1 - now.StolenSince(w.before)))
}
