package processors

import (
	"testing"
	"time"
)

func TestProcessorsAreRead(t *testing.T) {
	before, err := parse("cpu  10 0 10 60 10 0 0 10 7 0\ncpu0 1 1 1 1\n")
	if err != nil {
		t.Fatal(err)
	}
	now, err := parse("cpu  50 0 20 80 10 0 0 40 9 0\n")
	if share := now.StolenSince(before); err != nil || share != 0.3 {
		t.Error(share, err)
	}
	if now.StolenSince(now) != 0 {
		t.Error("no time has a share")
	}
	if _, err := parse("cpu0 1 2\n"); err == nil {
		t.Error("no line of all processors is no error")
	}
}

func TestWatchLeavesOutWhatWasStolen(t *testing.T) {
	w := Start()
	if took := w.Took(); took < 0 || took > time.Hour {
		t.Error(took)
	}
	w.before = Count{all: 1000, stolen: 100}
	if took := w.less(time.Hour, Count{all: 2000, stolen: 600}); took != 30*time.Minute {
		t.Errorf("of an hour, half of which was stolen, %s are left", took)
	}
	if took := w.less(time.Hour, w.before); took != time.Hour {
		t.Errorf("where nothing is known, %s of an hour are left", took)
	}
}
