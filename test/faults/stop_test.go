package faults

import (
	"syscall"
	"testing"
	"time"

	"claviger/test/faults/history"
	"claviger/test/processors"
)

// The server is told to stop in the midst of its work. What it has taken, it
// answers: nothing was done for a client that was not told. It ends as soon as
// that is done.
func TestR18_StoppedUnderLoad(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			l := newLoad(newInstallation(t, engine.database(t)))
			l.start()
			for range 2 {
				l.untilFault(l.stop)
				l.record.history.Settle()
				l.wantNothingUntold()
				l.start()
				l.check()
			}
		})
	}
}

// stop sends SIGTERM and waits for the end.
func (l *load) stop() {
	process, began := l.process, processors.Start()
	l.end(syscall.SIGTERM)
	if took := began.Took(); took > 10*time.Second {
		l.t.Errorf("stopping took %s", took)
	}
	if code := process.ProcessState.ExitCode(); code != 0 {
		l.t.Errorf("the server ended with %d", code)
	}
}

// wantNothingUntold checks that no request took effect whose client got no answer.
func (w *witness) wantNothingUntold() {
	w.t.Helper()
	untold := map[string]history.Operation{}
	for _, o := range w.record.history.Unanswered() {
		untold[o.ID] = o
	}
	for _, e := range w.audit() {
		if o, ok := untold[e.RequestID]; ok {
			w.t.Errorf("%v left the audit record %s", &o, e.Type)
		}
	}
}
