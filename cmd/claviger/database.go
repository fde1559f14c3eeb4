package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"claviger/internal/store"
)

type databaseCommand struct {
	Copy databaseCopy `cmd:"" help:"Copy a whole database to another one, as from SQLite to PostgreSQL, and compare the two. What was interrupted goes on where it stopped."`
}

type databaseCopy struct {
	From  string `required:"" placeholder:"URL" help:"Where everything is: sqlite:FILE or postgres://USER@HOST/DATABASE. No server may use it."`
	To    string `required:"" placeholder:"URL" help:"A new database. A password for PostgreSQL is better given by PGPASSWORD or a .pgpass file than here, where other users of the machine see it."`
	Quiet bool   `help:"Show no progress."`
}

// Run copies. It needs no master key: what is sealed stays sealed.
func (a *databaseCopy) Run(ctx context.Context, c *command) error {
	progress := &copyProgress{show: c.progress(a.Quiet)}
	tables, err := store.Copy(ctx, store.CopyOptions{From: a.From, To: a.To, Now: c.now, Rand: c.rand, Progress: progress.report})
	progress.end()
	if errors.Is(err, context.Canceled) {
		return failed("interrupted; the same command goes on where it stopped")
	}
	if err != nil {
		return err
	}
	var rows [][]string
	for _, t := range tables {
		rows = append(rows, []string{t.Name, strconv.FormatInt(t.Rows, 10), t.Checksum[:16]})
	}
	c.table([]string{"TABLE", "ROWS", "CHECKSUM"}, rows)
	c.print("\nEverything is in the copy, and the same. Set database_url to it, keep the master key, and start the server.\n" +
		"Nothing may be served from the source any more: what happens there now is not in the copy.\n")
	return nil
}

// bars makes a bar for a stage of something long.
type bars func(title string, total int64) bar

// bar shows how far a stage is.
type bar interface {
	Set64(done int64) error
	Finish() error
}

// progress returns bars on a terminal, and lines elsewhere.
func (c *command) progress(quiet bool) bars {
	file, ok := c.log.(*os.File)
	switch {
	case quiet:
		return func(string, int64) bar { return silent{} }
	case ok && term.IsTerminal(int(file.Fd())):
		return func(title string, total int64) bar {
			return progressbar.NewOptions64(total, progressbar.OptionSetWriter(file), progressbar.OptionSetDescription(title),
				progressbar.OptionShowCount(), progressbar.OptionShowIts(), progressbar.OptionSetItsString("rows"),
				progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionOnCompletion(func() { _, _ = fmt.Fprintln(file) }))
		}
	}
	return func(title string, total int64) bar { return &progressLines{command: c, title: title, total: total} }
}

type silent struct{}

func (silent) Set64(int64) error { return nil }
func (silent) Finish() error     { return nil }

// progressLines is a bar for logs: a line for every tenth.
type progressLines struct {
	command *command
	title   string
	total   int64
	told    int64 // tenths
}

func (l *progressLines) Set64(done int64) error {
	if tenths := 10 * done / max(l.total, 1); tenths > l.told {
		l.told = tenths
		_, _ = fmt.Fprintf(l.command.log, "%s: %d of %d rows (%d %%)\n", l.title, done, l.total, 10*tenths)
	}
	return nil
}

func (l *progressLines) Finish() error { return l.Set64(l.total) }

// copyProgress shows the stages of a copy.
type copyProgress struct {
	show      bars
	bar       bar
	verifying bool
}

func (p *copyProgress) report(at store.CopyProgress) {
	if p.bar == nil || p.verifying != at.Verifying {
		p.end()
		title := "copying"
		if at.Verifying {
			title = "comparing"
		}
		p.bar, p.verifying = p.show(title, at.Total), at.Verifying
	}
	_ = p.bar.Set64(at.Done)
	if at.Verifying && at.Done == at.Total {
		_ = p.bar.Finish()
	}
}

// end leaves the terminal as text goes on.
func (p *copyProgress) end() {
	if b, ok := p.bar.(*progressbar.ProgressBar); ok && !b.IsFinished() {
		_ = b.Exit()
	}
	p.bar = nil
}
