package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// options are what a run was asked for.
type options struct {
	chosen   []operation
	engines  []string
	count    int // of rounds
	duration time.Duration
	binary   string        // "": built
	whole    bool          // everything is measured, often enough, and recorded
	largest  int           // database of the growth, in refresh tokens; 0: none is measured
	patience time.Duration // that is left for a host that takes much of the processors
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parseOptions(os.Args[1:])
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	names := flags.String("ops", "", "operations, separated by commas; empty for all")
	engines := flags.String("engines", "sqlite,postgres", "databases")
	flags.IntVar(&o.count, "rounds", 3, "how often each is measured")
	seconds := flags.Int("seconds", 2, "how long each load lasts")
	flags.IntVar(&o.largest, "growth", 1_000_000, "the largest database of the growth, in refresh tokens; 0 for no growth")
	flags.DurationVar(&o.patience, "patience", 0, "for how long all in all to measure again when the host of a virtual machine takes much of its processors")
	flags.StringVar(&o.binary, "binary", "", "the program to measure, instead of the one that is built")
	_ = flags.Parse(args) // it exits
	o.duration, o.engines = time.Duration(*seconds)*time.Second, strings.Split(*engines, ",")
	var err error
	o.chosen, err = choose(*names)
	o.whole = *names == "" && len(o.engines) == 2 && o.binary == "" && o.count >= 3 && o.largest > 0
	return o, err
}

// choose returns the operations of a list of names; all for an empty one.
func choose(names string) ([]operation, error) {
	if names == "" {
		return operations, nil
	}
	var list []operation
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, o := range operations {
			if o.name == name {
				list, found = append(list, o), true
			}
		}
		if !found {
			return nil, fmt.Errorf("there is no operation %q", name)
		}
	}
	return list, nil
}

func run(ctx context.Context, o options) error {
	dir, err := os.MkdirTemp("", "claviger-bench-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	b := &bench{options: o, dir: dir, pause: pause, floors: map[string]*process{}, samples: map[string][]figure{}}
	defer b.stop()
	if err := b.start(ctx); err != nil {
		return err
	}
	r, err := b.measureAll(ctx)
	if err != nil {
		return err
	}
	return b.conclude(r)
}

// measureAll runs what was asked for.
func (b *bench) measureAll(ctx context.Context) (*result, error) {
	r := &result{}
	var err error
	if r.Machine, err = b.describe(ctx); err != nil {
		return nil, err
	}
	if err = b.rounds(ctx); err != nil {
		return nil, err
	}
	r.Figures, r.Floor = b.figures(), b.floorSpan()
	if r.Footprints, err = b.footprints(ctx); err != nil {
		return nil, err
	}
	if r.Binary, err = b.binarySize(); err != nil {
		return nil, err
	}
	for _, i := range b.installations {
		i.process.stop()
	}
	if b.largest > 0 {
		r.Growth, err = b.grow(ctx)
	}
	r.Loads, r.Disturbed = b.loaded, b.disturbed
	return r, err
}

// conclude prints a result, records one of everything, and fails when a ratio has
// fallen since the one that was recorded before.
func (b *bench) conclude(r *result) error {
	before, err := readResult(resultFile)
	if err != nil {
		return err
	}
	fmt.Print(r.report())
	if b.whole {
		if err := r.record(); err != nil {
			return err
		}
	}
	if before == nil {
		return nil
	}
	if list := falls(before, r); len(list) > 0 {
		return fmt.Errorf("fell by a third or more:\n  %s", strings.Join(list, "\n  "))
	}
	return nil
}

// start builds and starts all servers.
func (b *bench) start(ctx context.Context) error {
	floor := filepath.Join(b.dir, "floor")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", floor, "./bench/floor").CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	if b.binary == "" {
		b.binary = "bin/claviger"
		if out, err := exec.CommandContext(ctx, "make", "build").CombinedOutput(); err != nil {
			return fmt.Errorf("make build: %w\n%s", err, out)
		}
	}
	for name, sign := range map[string]string{theFloor: "-sign=false", signingFloor: "-sign"} {
		port, err := freePort()
		if err != nil {
			return err
		}
		address := fmt.Sprintf("127.0.0.1:%d", port)
		// The server sets the same for itself.
		env := append(bareEnvironment(), "GOGC=400")
		if b.floors[name], err = start(ctx, name, "http://"+address, env, floor, "-listen", address, sign); err != nil {
			return err
		}
	}
	for _, engine := range b.engines {
		i, err := b.serve(ctx, filepath.Join(b.dir, engine), engine)
		if err != nil {
			return err
		}
		b.installations = append(b.installations, i)
	}
	return nil
}

// serve starts a server on a new database.
func (b *bench) serve(ctx context.Context, dir, engine string) (*installation, error) {
	url, err := createDatabase(ctx, engine, dir)
	if err != nil {
		return nil, err
	}
	i, err := install(ctx, engine, dir, url, b.binary)
	if err != nil {
		return nil, err
	}
	return i, i.start(ctx)
}

func (b *bench) stop() {
	for _, i := range b.installations {
		i.process.stop()
	}
	for _, p := range b.floors {
		p.stop()
	}
}
