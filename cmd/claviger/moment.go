package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

const day = 24 * time.Hour

// span is a length of time, written as Go does ("24h", "1h30m") or with days in
// front ("90d", "1d12h").
type span time.Duration

// UnmarshalText reads a span; kong calls it.
func (s *span) UnmarshalText(text []byte) error {
	whole, err := parseSpan(string(text))
	*s = span(whole)
	return err
}

// check refuses an overlap of two secrets that no operation allows.
func (s span) check() error {
	if time.Duration(s) > 30*day {
		return failed("--overlap: the overlap must be between nothing and 30 days")
	}
	return nil
}

func parseSpan(text string) (time.Duration, error) {
	wrong := fmt.Errorf("must be a length of time such as 90d, 24h or 30m, not \"%s\"", text)
	var whole time.Duration
	rest := text
	if count, after, ok := strings.Cut(text, "d"); ok {
		days, err := strconv.ParseUint(count, 10, 31)
		if err != nil || days > math.MaxInt64/uint64(day) {
			return 0, wrong
		}
		whole, rest = time.Duration(days)*day, after
	}
	if rest == "" && rest != text {
		return whole, nil
	}
	part, err := time.ParseDuration(rest)
	if err != nil || part < 0 || whole+part < 0 {
		return 0, wrong
	}
	return whole + part, nil
}

// moment is a point in time: a date, a time, or a span from now.
type moment struct {
	at   time.Time
	span time.Duration
	set  bool
}

// UnmarshalText reads a moment; kong calls it. A date is its first second, UTC.
func (m *moment) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, string(text)); err == nil {
			*m = moment{at: at.UTC(), set: true}
			return nil
		}
	}
	length, err := parseSpan(string(text))
	if err != nil {
		return fmt.Errorf("must be a date such as 2027-01-31, a time such as 2027-01-31T12:00:00Z "+
			"or a length of time such as 90d, not \"%s\"", text)
	}
	*m = moment{span: length, set: true}
	return nil
}

// after is the moment, a span counted forwards; zero when there is none.
func (m moment) after(now time.Time) time.Time { return m.from(now, 1) }

// before is the moment, a span counted backwards; zero when there is none.
func (m moment) before(now time.Time) time.Time { return m.from(now, -1) }

func (m moment) from(now time.Time, direction time.Duration) time.Time {
	if !m.set || !m.at.IsZero() {
		return m.at
	}
	return now.Add(direction * m.span)
}
