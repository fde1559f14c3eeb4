package testlog

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// lines returns the log lines in the files of dir.
func lines(t *testing.T, dir string) []map[string]any {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var all []map[string]any
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		for decoder := json.NewDecoder(file); decoder.More(); {
			line := map[string]any{}
			if err := decoder.Decode(&line); err != nil {
				t.Fatal(err)
			}
			all = append(all, line)
		}
	}
	return all
}

func TestEveryLineIsKept(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Directory, dir)
	t.Run("a/b c:d", func(t *testing.T) {
		log := Logger(t)
		var group sync.WaitGroup
		for range 20 {
			group.Go(func() { log.Debug("hello", "n", 1) })
		}
		group.Wait()
	})
	got := lines(t, dir)
	if len(got) != 20 || got[0]["msg"] != "hello" || got[0]["level"] != "DEBUG" {
		t.Errorf("got %d lines: %v", len(got), got)
	}
}

func TestLateLinesAreDropped(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(Directory, dir)
	var late *slog.Logger
	t.Run("ended", func(t *testing.T) { late = Logger(t) })
	late.Info("too late") // would panic in t.Output
	if got := lines(t, dir); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

// During `make test` this line is the proof that the files are written at all.
func TestLoggerWithoutDirectory(t *testing.T) {
	Logger(t).Info("the directory may be unset")
}
