package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// machine is where and when the figures were made.
type machine struct {
	Date       string  `json:"date"`
	Commit     string  `json:"commit"`
	Processor  string  `json:"processor"`
	Cores      int     `json:"cores"`
	Kernel     string  `json:"kernel"`
	Go         string  `json:"go"`
	SQLite     string  `json:"sqlite"` // the module that holds it
	PostgreSQL string  `json:"postgresql"`
	DiskCommit float64 `json:"disk_commit_ms"` // fdatasync after a write of 4 KB
}

func (b *bench) describe(ctx context.Context) (machine, error) {
	m := machine{
		Date: time.Now().UTC().Format(time.DateOnly), Commit: output(ctx, "git", "describe", "--tags", "--always", "--dirty"),
		Cores: runtime.NumCPU(), Kernel: output(ctx, "uname", "-sr"), Go: strings.TrimPrefix(runtime.Version(), "go"),
	}
	processors, _ := os.ReadFile("/proc/cpuinfo")
	m.Processor = processorOf(processors)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "modernc.org/sqlite" {
				m.SQLite = module.Path + " " + module.Version
			}
		}
	}
	if server := os.Getenv(postgresVariable); server != "" {
		var err error
		if m.PostgreSQL, err = postgresVersion(ctx, server); err != nil {
			return m, err
		}
	}
	var err error
	m.DiskCommit, err = diskCommit(filepath.Join(b.dir, "disk"))
	return m, err
}

func output(ctx context.Context, command string, args ...string) string {
	out, _ := exec.CommandContext(ctx, command, args...).Output()
	return strings.TrimSpace(string(out))
}

var modelLine = regexp.MustCompile(`(?m)^model name\s*: (.*)$`)

// processorOf reads /proc/cpuinfo, which names no model on some processors.
func processorOf(cpuinfo []byte) string {
	if found := modelLine.FindSubmatch(cpuinfo); found != nil {
		return string(found[1])
	}
	return runtime.GOARCH
}

func postgresVersion(ctx context.Context, server string) (version string, err error) {
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return "", err
	}
	defer connection.Close(ctx)
	err = connection.QueryRow(ctx, "SHOW server_version").Scan(&version)
	return version, err
}

// diskCommit returns the median time, in milliseconds, that 4 KB within a file need
// to be on the disk.
func diskCommit(path string) (float64, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	const page, pages, times = 4096, 1024, 300
	if _, err := file.Write(make([]byte, page*pages)); err != nil {
		return 0, err
	}
	if err := file.Sync(); err != nil {
		return 0, err
	}
	var took []float64
	for n := range times {
		began := time.Now()
		if _, err := file.WriteAt(make([]byte, page), int64(n%pages)*page); err != nil {
			return 0, err
		}
		if err := flush(file); err != nil {
			return 0, err
		}
		took = append(took, time.Since(began).Seconds()*1e3)
	}
	return median(took), nil
}
