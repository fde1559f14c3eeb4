package main

import (
	"context"
	"flag"
	"fmt"
	"os"
)

// Where the figures are kept and shown, from the root of the repository.
const (
	measuredFile = "bench/simulate/measured.json"
	pageFile     = "docs/scaling.md"
	plotFile     = "docs/scaling.svg"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && args[0] == "measure" {
		return runMeasure(args[1:])
	}
	in := Defaults()
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	in.register(flags)
	write := flags.Bool("write", false, "rewrite the tables and the plot of the documentation; only with the inputs as they are")
	if err := flags.Parse(args); err != nil {
		return err
	}
	measured, err := readMeasured(measuredFile)
	if err != nil {
		return err
	}
	report := Simulate(in, measured)
	if !*write {
		fmt.Print(report.Text())
		return nil
	}
	if in != Defaults() {
		return fmt.Errorf("the documentation shows the inputs as they are; leave -write out")
	}
	if err := rewrite(pageFile, report.Tables()); err != nil {
		return err
	}
	return os.WriteFile(plotFile, []byte(report.Plot()), 0o644)
}

func runMeasure(args []string) error {
	flags := flag.NewFlagSet("measure", flag.ContinueOnError)
	rows := flags.Int("rows", 100_000, "rows of each table")
	writes := flags.Int("writes", 20_000, "writes of each kind")
	if err := flags.Parse(args); err != nil {
		return err
	}
	server := os.Getenv("CLAVIGER_TEST_POSTGRES")
	if server == "" {
		return fmt.Errorf("run it as: scripts/with-postgres go run ./bench/simulate measure")
	}
	measured, err := measure(context.Background(), server, *rows, *writes)
	if err != nil {
		return err
	}
	return writeMeasured(measuredFile, measured)
}
