package main

import (
	"encoding/json"
	"os"
)

// Measured is what "measure" found on one machine.
type Measured struct {
	Machine  string          `json:"machine"`
	Rows     int             `json:"rows"` // of each table
	SQLite   MeasuredOnOne   `json:"sqlite"`
	Postgres MeasuredOnOne   `json:"postgres"`
	Cache    map[string]Heap `json:"cache"` // by kind of look-up
}

// MeasuredOnOne are the figures of one engine.
type MeasuredOnOne struct {
	Version string               `json:"version"`
	Row     map[string]RowBytes  `json:"row"`     // by table
	Write   map[string]WriteCost `json:"write"`   // by what is written: audit, first, rotation, change
	Miss    ReadCost             `json:"miss"`    // one look-up that the cache could not answer
	Origins ReadCost             `json:"origins"` // for each client with origins, when a browser's origin is looked up
}

// RowBytes are the bytes of a row, on average.
type RowBytes struct {
	Table float64 `json:"table"`
	Index float64 `json:"index"`
}

// WriteCost is what one job of the store costs when 32 callers write.
type WriteCost struct {
	LogBytes    float64 `json:"log_bytes"`     // PostgreSQL: WAL; SQLite: WAL and checkpoints together
	NodeMicros  float64 `json:"node_micros"`   // processor time of the server's process
	EngineMicro float64 `json:"engine_micros"` // processor time of PostgreSQL's; SQLite has none of its own
	JobsACommit float64 `json:"jobs_a_commit"` // how many shared a commit
	ASecond     float64 `json:"a_second"`      // on this machine, with everything on it
}

// ReadCost is what one statement of a missed look-up costs.
type ReadCost struct {
	NodeMicros  float64 `json:"node_micros"`
	EngineMicro float64 `json:"engine_micros"`
	ASecond     float64 `json:"a_second"`
}

// Heap is what one cached entry takes.
type Heap struct {
	Bytes float64 `json:"bytes"`
}

func readMeasured(path string) (*Measured, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	m := &Measured{}
	return m, json.Unmarshal(data, m)
}

func writeMeasured(path string, m *Measured) error {
	data, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}
