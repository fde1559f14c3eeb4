package main

import (
	"context"
	"errors"
	"io/fs"
	"strconv"
	"time"

	"claviger/internal/config"
	"claviger/internal/server"
	"claviger/internal/store"
)

type backupCommand struct {
	place
	To string `required:"" placeholder:"FILE" help:"New file for the backup. It never replaces one."`
}

// Run takes a backup, also while a server runs.
func (a *backupCommand) Run(ctx context.Context, c *command) error {
	config, err := c.load(a.place)
	if err != nil {
		return err
	}
	taken, err := store.Backup(ctx, config.DatabaseURL.Reveal(), a.To, c.now())
	switch {
	case errors.Is(err, store.ErrBackupEngine):
		return failed("PostgreSQL has its own tools for that: take backups with pg_dump or pg_basebackup; docs/operating.md shows how")
	case errors.Is(err, fs.ErrExist):
		return failed("%s", err)
	case errors.Is(err, fs.ErrNotExist):
		return failed("there is nothing to back up: %s", err)
	case err != nil:
		return err
	}
	c.fields("backup", taken.File, "bytes", strconv.FormatInt(taken.Bytes, 10), "taken at", stamp(taken.TakenAt),
		"schema version", strconv.FormatInt(taken.Version, 10))
	c.print("\nIt was read again and is whole. It is of use only with the master key, which is not in it: keep a copy of that elsewhere.\n")
	return nil
}

type restoreCommand struct {
	place
	From    string `placeholder:"FILE" xor:"source" required:"" help:"The backup to bring back."`
	InPlace bool   `xor:"source" required:"" help:"The database was brought back already, by other tools (pg_restore, a snapshot): only end what must not live again."`
	Replace bool   `help:"Take the place of the database that is there. Its file is kept under another name."`
}

// Run brings a database back. No server may run on it.
func (a *restoreCommand) Run(ctx context.Context, c *command) error {
	config, err := c.load(a.place)
	if err != nil {
		return err
	}
	env := c.environment(c.quietLog())
	var restored *server.Restored
	if a.InPlace {
		restored, err = server.EndMoving(ctx, config, env)
	} else {
		restored, err = server.Restore(ctx, config, env, a.From, a.Replace)
	}
	if err != nil {
		return restoreError(err, config)
	}
	a.report(ctx, c, restored)
	return nil
}

func restoreError(err error, config *config.Config) error {
	switch {
	case errors.Is(err, store.ErrBackupEngine):
		return failed("bring a PostgreSQL database back with its own tools, then run \"claviger restore --in-place\"; docs/operating.md shows how")
	case errors.Is(err, fs.ErrExist):
		return failed("%s; --replace keeps it under another name and takes its place", err)
	case config.MasterKey == "" && errors.Is(err, fs.ErrNotExist):
		return failed("%s; a backup needs its file and the master key at %s", err, config.MasterKeyFile)
	}
	return err
}

func (a *restoreCommand) report(ctx context.Context, c *command, r *server.Restored) {
	what := "The database"
	if !a.InPlace {
		what = a.From
	}
	c.print("%s is in use again, as it was at %s.\n", plain(what), stamp(r.AsOf))
	if r.Kept != "" {
		c.print("The database that it replaces is kept as %s.\n", plain(r.Kept))
	}
	c.print("\nWhat happened from then until %s is lost. So that nothing that was used up or revoked\n"+
		"in that time works again, this was ended:\n\n", stamp(r.At))
	var rows [][]string
	for _, row := range r.Rows {
		rows = append(rows, []string{strconv.FormatInt(row.Count, 10), row.What})
	}
	c.table([]string{"ENDED", "WHAT"}, rows)
	c.print("\nAccess tokens from before now are refused here; who verifies them without asking takes them until they expire.\n" +
		"API keys, client secrets and passwords work as they did then. Clients get new tokens with them, people sign in again.\n")
	a.check(ctx, c, r)
}

// check tells what has to be done again by hand.
func (a *restoreCommand) check(ctx context.Context, c *command, r *server.Restored) {
	c.print("\nLook for what was changed in that time and do it again: keys and secrets that were revoked or rotated, people and\n" +
		"members that were removed, passwords, connections that were ended. A signing key that was rotated because it leaked\n" +
		"signs again: run \"claviger key rotate --now\".\n")
	if r.Kept == "" {
		return
	}
	const most = 200
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	changes, err := store.ChangesSince(ctx, r.Kept, r.AsOf, most)
	if err != nil {
		c.print("\nThe trail of the database that was replaced cannot be read; nobody but you knows what was changed.\n")
		return
	}
	if len(changes) == 0 {
		c.print("\nThe trail of the database that was replaced has no such change.\n")
		return
	}
	c.print("\nThe trail of the database that was replaced has these changes:\n\n")
	var rows [][]string
	for _, e := range changes {
		rows = append(rows, []string{stamp(e.At), string(e.Type), e.SubjectID, e.Target})
	}
	c.table([]string{"TIME", "TYPE", "WHO", "TARGET"}, rows)
	if len(changes) == most {
		c.print("There may be more: these are the first %d.\n", most)
	}
}
