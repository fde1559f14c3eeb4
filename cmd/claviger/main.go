package main

import (
	"context"
	"crypto/rand"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(start()) }

func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	c := &command{
		in: os.Stdin, out: os.Stdout, log: os.Stderr,
		environ: os.Environ(), now: time.Now, rand: rand.Reader,
	}
	return c.run(ctx, os.Args[1:])
}
