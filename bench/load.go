package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed common.lua
var commonScript string

//go:embed rotate.lua
var rotateScript string

//go:embed cycle.lua
var cycleScript string

// request is what wrk sends: the same again and again, unless there are tokens or
// values.
type request struct {
	method, path string
	header       map[string]string
	body         string

	tokens []string // of a rotation: each is appended to body and used once
	values []value  // by chance
	place  string   // the header that takes the values; "" when they are appended to body
}

// value makes one request of many: the rest of its path, and a secret.
type value struct{ rest, secret string }

// first is the request that is sent before the others, to see that it is right.
func (r request) first() request {
	switch {
	case len(r.tokens) > 0:
		r.body += r.tokens[0]
	case len(r.values) > 0 && r.place == "":
		r.path, r.body = r.path+r.values[0].rest, r.body+r.values[0].secret
	case len(r.values) > 0:
		r.path, r.header = r.path+r.values[0].rest, maps.Clone(r.header)
		r.header[r.place] = r.values[0].secret
	}
	return r
}

// load is how hard it is sent.
type load struct {
	connections int
	duration    time.Duration
}

func (l load) threads() int { return min(2, l.connections) }

// measure is what one load showed.
type measure struct {
	PerSecond float64       // answers, all of them right
	P50, P99  time.Duration // of an answer
	Bytes     float64       // of an answer, with its head
	Requests  int64
}

// counts is the line that common.lua writes.
type counts struct {
	Microseconds int64 `json:"us"`
	Requests     int64 `json:"requests"`
	Bytes        int64 `json:"bytes"`
	Status       int64 `json:"status"` // answers of 400 and more
	Wrong        int64 `json:"wrong"`
	Socket       int64 `json:"socket"`
	Timeout      int64 `json:"timeout"`
	P50          int64 `json:"p50"` // microseconds
	P99          int64 `json:"p99"`
}

// runLoad sends a load to a server and fails when any answer was an error.
func runLoad(ctx context.Context, dir, base string, r request, l load) (measure, error) {
	script, values := filepath.Join(dir, "load.lua"), filepath.Join(dir, "values")
	if err := os.WriteFile(script, []byte(scriptOf(r, l.threads(), values)), 0o600); err != nil {
		return measure{}, err
	}
	if err := os.WriteFile(values, valuesOf(r), 0o600); err != nil {
		return measure{}, err
	}
	wrk := exec.CommandContext(ctx, "wrk", "-t", strconv.Itoa(l.threads()), "-c", strconv.Itoa(l.connections),
		"-d", strconv.Itoa(max(1, int(l.duration.Seconds())))+"s", "--timeout", "10s", "--latency", "-s", script, base+r.path)
	out, err := wrk.CombinedOutput()
	if err != nil {
		return measure{}, fmt.Errorf("wrk: %w\n%s", err, out)
	}
	return parseLoad(out)
}

// parseLoad reads what wrk and common.lua print.
func parseLoad(out []byte) (measure, error) {
	var c counts
	at := bytes.LastIndex(out, []byte("\n{"))
	if at < 0 {
		return measure{}, fmt.Errorf("wrk has no outcome:\n%s", out)
	}
	if err := json.Unmarshal(out[at:], &c); err != nil {
		return measure{}, fmt.Errorf("%w in the outcome of wrk:\n%s", err, out)
	}
	switch {
	case c.Status+c.Wrong > 0:
		return measure{}, fmt.Errorf("of %d answers %d were errors: a load counts only when all are right", c.Requests, max(c.Status, c.Wrong))
	case c.Socket+c.Timeout > 0:
		return measure{}, fmt.Errorf("of %d requests %d failed and %d had no answer in time", c.Requests, c.Socket, c.Timeout)
	case c.Requests == 0 || c.Microseconds == 0:
		return measure{}, errors.New("there were no answers")
	}
	return measure{
		PerSecond: float64(c.Requests) / (float64(c.Microseconds) / 1e6),
		P50:       time.Duration(c.P50) * time.Microsecond,
		P99:       time.Duration(c.P99) * time.Microsecond,
		Bytes:     float64(c.Bytes) / float64(c.Requests),
		Requests:  c.Requests,
	}, nil
}

// scriptOf writes a request as the script that wrk runs. The tokens or values are in
// a file beside it.
func scriptOf(r request, threads int, values string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "wrk.method = %s\n", lua(r.method))
	for _, name := range slices.Sorted(maps.Keys(r.header)) {
		fmt.Fprintf(&b, "wrk.headers[%s] = %s\n", lua(name), lua(r.header[name]))
	}
	b.WriteString(commonScript)
	if r.tokens == nil && r.values == nil {
		if r.body != "" {
			fmt.Fprintf(&b, "wrk.body = %s\n", lua(r.body))
		}
		return b.String()
	}
	fmt.Fprintf(&b, "count, values, prefix, header = %d, %s, %s, %s\n", threads, lua(values), lua(r.body), lua(r.place))
	if r.tokens != nil {
		b.WriteString(rotateScript)
	} else {
		b.WriteString(cycleScript)
	}
	return b.String()
}

// valuesOf is the file of tokens or values, one in a line.
func valuesOf(r request) []byte {
	var b bytes.Buffer
	for _, token := range r.tokens {
		fmt.Fprintln(&b, token)
	}
	for _, v := range r.values {
		fmt.Fprintf(&b, "%s\t%s\n", v.rest, v.secret)
	}
	return b.Bytes()
}

// lua quotes a text. Everything that is sent is printable ASCII.
func lua(text string) string { return strconv.Quote(text) }
