package main

import (
	"context"
	"os"
	"time"
)

// footprint is what the program takes without doing anything.
type footprint struct {
	Engine    string  `json:"engine"`
	Idle      float64 `json:"idle_mb"`   // resident, a second after the start
	Loaded    float64 `json:"loaded_mb"` // at the end of all loads
	FirstGood float64 `json:"start_ms"`  // from the start of the process to the first 200 of /readyz; the median of ten
}

const mega = 1 << 20 // bytes

// footprints starts each server again and again on the database that the loads
// have left behind.
func (b *bench) footprints(ctx context.Context) ([]footprint, error) {
	var list []footprint
	for _, i := range b.installations {
		loaded, err := i.process.memory()
		if err != nil {
			return nil, err
		}
		var took []float64
		for range 10 {
			i.process.stop()
			if err := i.start(ctx); err != nil {
				return nil, err
			}
			took = append(took, i.ready.Seconds()*1e3)
		}
		time.Sleep(time.Second)
		idle, err := i.process.memory()
		if err != nil {
			return nil, err
		}
		list = append(list, footprint{i.engine, float64(idle) / mega, float64(loaded) / mega, median(took)})
	}
	return list, nil
}

// binarySize returns the size of the program, in MB.
func (b *bench) binarySize() (float64, error) {
	info, err := os.Stat(b.binary)
	if err != nil {
		return 0, err
	}
	return float64(info.Size()) / mega, nil
}
