package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"claviger/internal/admin"
)

type applyCommand struct {
	place
	File   []string `short:"f" required:"" sep:"none" placeholder:"FILE" help:"File to apply, or - for standard input. Repeat it for several, which may refer to each other."`
	DryRun bool     `help:"Only print what would change."`
}

const maxApplied = 16 << 20 // bytes of one file

// Run applies the files, all or nothing, and prints what changed. Applying the
// same again changes nothing.
func (a *applyCommand) Run(ctx context.Context, c *command) error {
	files, err := a.read(c)
	if err != nil {
		return err
	}
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	dialects, err := loadDialects(instance.Config)
	if err != nil {
		return err
	}
	public, err := publicSecrets()
	if err != nil {
		return err
	}
	plan, err := instance.Admin.Apply(ctx, operator, files, admin.Options{
		DryRun: a.DryRun, Dialects: dialects.names(), DemoSecrets: public, LookupEnv: c.lookupEnv,
	})
	var problems admin.Problems
	if errors.As(err, &problems) {
		_, _ = fmt.Fprintln(c.log, lines(problems.Error()))
		return failed("nothing was applied: correct what is listed above, then apply again")
	}
	if err != nil {
		return err
	}
	c.print("%s\n", strings.TrimRight(plan.String(), "\n"))
	if a.DryRun && plan.Changed() {
		c.print("Nothing was written: this was a dry run.\n")
	}
	return nil
}

func (a *applyCommand) read(c *command) ([]admin.File, error) {
	var files []admin.File
	for _, name := range a.File {
		file, err := c.readApplied(name)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

func (c *command) readApplied(name string) (admin.File, error) {
	shown, source := name, c.in
	if name == "-" {
		shown = "stdin"
	} else {
		opened, err := os.Open(name)
		if err != nil {
			return admin.File{}, err
		}
		defer opened.Close()
		source = opened
	}
	data, err := io.ReadAll(io.LimitReader(source, maxApplied+1))
	if err == nil && len(data) > maxApplied {
		err = failed("%s is larger than %d MiB; split it", shown, maxApplied>>20)
	}
	return admin.File{Name: shown, Data: data}, err
}

// lookupEnv is os.LookupEnv for the environment that the command was given. As
// in a shell, the last of several with one name counts.
func (c *command) lookupEnv(name string) (value string, ok bool) {
	for _, entry := range c.environ {
		if key, text, _ := strings.Cut(entry, "="); key == name {
			value, ok = text, true
		}
	}
	return value, ok
}
