package testlog

import (
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
)

// Directory is the variable that names the directory for log files.
const Directory = "CLAVIGER_TEST_LOG_DIR"

// Canary is part of every secret that a test makes up, so that the search knows
// it from other text.
const Canary = "c4n4ry"

// Logger returns a logger of JSON lines, of every level.
func Logger(t testing.TB) *slog.Logger {
	return slog.New(slog.NewJSONHandler(Writer(t), &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Writer takes whole log lines, from a logger or from a process that the test
// started. What is written after the test has ended is dropped.
func Writer(t testing.TB) io.Writer {
	t.Helper()
	w := &writer{outputs: []io.Writer{t.Output()}}
	if dir := os.Getenv(Directory); dir != "" {
		file, err := os.CreateTemp(dir, fileName(t.Name())+".*.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		w.outputs, w.file = append(w.outputs, file), file
	}
	t.Cleanup(func() {
		if err := w.close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// fileName keeps what every file system takes.
func fileName(test string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == '_' {
			return r
		}
		return '-'
	}, test[:min(len(test), 100)])
}

// writer is safe for several goroutines: each call is one piece of the output.
type writer struct {
	mu      sync.Mutex
	outputs []io.Writer
	file    *os.File // nil outside `make test`
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, output := range w.outputs {
		if _, err := output.Write(p); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.outputs = nil // the testing package panics on output after the end
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}
