package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// result is what one run showed: docs/performance.json.
type result struct {
	Machine    machine     `json:"machine"`
	Floor      span        `json:"floor_per_second"` // at 128 connections: how quiet the machine was
	Loads      int         `json:"loads"`
	Disturbed  int         `json:"disturbed_loads"` // by the host
	Binary     float64     `json:"binary_mb"`
	Footprints []footprint `json:"footprints"`
	Figures    []figure    `json:"figures"`
	Growth     []growth    `json:"growth"`
}

// span is the least and the most of what was measured several times.
type span struct {
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
}

const (
	resultFile = "docs/performance.json"
	reportFile = "docs/performance.md"
	plotFile   = "docs/performance-growth.svg"
)

// readResult returns the result of an earlier run; nil when there is none.
func readResult(name string) (*result, error) {
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r result
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return &r, nil
}

func (r *result) write(name string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(name, append(text, '\n'), 0o644)
}

// find returns a figure; ok is false when it was not measured.
func (r *result) find(operation, engine string, connections int) (f figure, ok bool) {
	for _, f := range r.Figures {
		if f.Operation == operation && f.Engine == engine && f.Connections == connections {
			return f, true
		}
	}
	return figure{}, false
}

// falls tells of each ratio that is lower by a third or more than it was. A
// ratio for one caller says nothing, and floors have none.
func falls(before, after *result) []string {
	var list []string
	for _, now := range after.Figures {
		then, ok := before.find(now.Operation, now.Engine, now.Connections)
		if !ok || now.Connections == 1 || now.Engine == "" {
			continue
		}
		const third = 1e-9 + 2.0/3 // exactly a third is one, whatever the arithmetic
		if now.OfFloor <= then.OfFloor*third {
			list = append(list, fmt.Sprintf("%s on %s, %d connections: %.3f of the floor, and it was %.3f",
				now.Operation, now.Engine, now.Connections, now.OfFloor, then.OfFloor))
		}
	}
	return list
}
