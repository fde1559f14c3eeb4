package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestH12_PlainText(t *testing.T) {
	for text, want := range map[string]string{
		"":                "",
		"Zoë's “café” €5": "Zoë's “café” €5",
		`say "hi"`:        `say "hi"`,
		"\x1b]0;x\a":      `\x1b]0;x\a`,
		"a\r\nb\tc":       `a\r\nb\tc`,
		"a\u2028b\u0085":  `a\u2028b\u0085`,
		"\u202eab\u200b":  `\u202eab\u200b`,
		"\xff":            `\xff`,
		`\x1b`:            `\\x1b`,
		`\"`:              `\\"`,
	} {
		if got := plain(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestH12_PlainJSON(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":"é €"}`:            `{"a":"é €"}`,
		"\"\u2028\u202e\u009b\"": `"\u2028\u202e\u009b"`,
		"\"\U000e0001\x7f\"":     `"\udb40\udc01\u007f"`,
		"{\n  \"a\": 1\n}":       "{\n  \"a\": 1\n}",
	} {
		if got := plainJSON([]byte(text)); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestTableAligns(t *testing.T) {
	var out bytes.Buffer
	c := &command{out: &out}
	c.table([]string{"NAME", "STATE"}, [][]string{{"a\tb\n", ""}, {"Zoë", "enabled"}})
	want := "NAME    STATE\na\\tb\\n  -\nZoë     enabled\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90d": 90 * day, "24h": day, "1d12h": day + 12*time.Hour, "0s": 0, "0d": 0, "1h30m": 90 * time.Minute,
	} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err != nil || time.Duration(s) != want {
			t.Errorf("%s: %v, %v", text, time.Duration(s), err)
		}
	}
	for _, text := range []string{"", "d", "-1d", "-1h", "1", "90 d", "d12h", "1d-2h", "1.5d", "999999999d", "106751d24h", "2147483647d", "week"} {
		var s span
		if err := s.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken for %v", text, time.Duration(s))
		} else if !strings.Contains(err.Error(), "90d") {
			t.Errorf("%q: the error shows no example: %v", text, err)
		}
	}
}

func TestMoment(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct{ text, after, before string }{
		{"2027-01-31", "2027-01-31 00:00:00Z", "2027-01-31 00:00:00Z"},
		{"2027-01-31T12:30:00+02:00", "2027-01-31 10:30:00Z", "2027-01-31 10:30:00Z"},
		{"90d", "2027-02-20 12:00:00Z", "2026-08-24 12:00:00Z"},
		{"36h", "2026-11-24 00:00:00Z", "2026-11-21 00:00:00Z"},
	} {
		var m moment
		if err := m.UnmarshalText([]byte(tt.text)); err != nil {
			t.Errorf("%s: %v", tt.text, err)
		}
		if after, before := stamp(m.after(now)), stamp(m.before(now)); after != tt.after || before != tt.before {
			t.Errorf("%s: %s and %s", tt.text, after, before)
		}
	}
	for _, text := range []string{"", "31.1.2027", "2027-02-30", "tomorrow", "2027-01-31 12:00"} {
		var m moment
		if err := m.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q was taken", text)
		}
	}
	var none moment
	if !none.after(now).IsZero() || !none.before(now).IsZero() {
		t.Error("a moment that was not given is one")
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string]string{
		"./claviger-data": "./claviger-data", "a b": "'a b'", "it's": `'it'\''s'`, "$HOME": "'$HOME'", "": "''", "~/x": "'~/x'",
	} {
		if got := quote(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}
