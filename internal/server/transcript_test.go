package server_test

import (
	"path/filepath"
	"testing"

	"claviger/internal/server/servertest"
)

// TestTranscripts plays the transcripts of every dialect: what its integrators
// send, and what they get, byte for byte.
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("../../dialects/*/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	t.Cleanup(func() {
		if servertest.Updating() {
			updateDialectReadmes(t)
		}
	})
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			servertest.New(t).RunTranscript(t, file)
		})
	}
}
