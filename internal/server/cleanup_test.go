package server

import (
	"testing"
	"time"
)

// Batches grow while they are quick and shrink when they are not, within their
// bounds, whatever the machine does.
func TestR25_BatchesFollowTheDatabase(t *testing.T) {
	for engine, p := range paces {
		if p.busy > 20*time.Millisecond {
			t.Errorf("%s: batches of %s", engine, p.busy)
		}
		size := p.least
		for range 20 {
			size = p.next(size, p.busy/10)
		}
		if size != p.most {
			t.Errorf("%s: after quick batches %d rows, not %d", engine, size, p.most)
		}
		if next := p.next(size, 2*p.busy); next != size/2 {
			t.Errorf("%s: after one that took twice as long %d rows, not %d", engine, next, size/2)
		}
		if same := p.next(size/2, p.busy*3/4); same != size/2 {
			t.Errorf("%s: after one that was right %d rows, not %d", engine, same, size/2)
		}
		for range 20 {
			size = p.next(size, time.Minute)
		}
		if size != p.least {
			t.Errorf("%s: after slow batches %d rows, not %d", engine, size, p.least)
		}
	}
}
