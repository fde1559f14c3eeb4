package main

import (
	"context"
	"fmt"

	"claviger/internal/server"
)

type migrateCommand struct {
	place
	Status bool `help:"Only say at which schema version the database is."`
}

// Run migrates. Servers of this and of the previous release may run meanwhile.
func (a *migrateCommand) Run(ctx context.Context, c *command) error {
	config, err := c.load(a.place)
	if err != nil {
		return err
	}
	db, err := server.OpenStore(ctx, config, c.environment(c.quietLog()))
	if err != nil {
		return err
	}
	defer db.Close()
	if a.Status {
		have, want, err := db.SchemaVersion(ctx)
		if err != nil {
			return err
		}
		c.print("%s\n", schemaText(have, want))
		return nil
	}
	from, to, err := db.Migrate(ctx)
	if err != nil {
		return err
	}
	if from == to {
		c.print("Schema version %d: nothing to do.\n", to)
		return nil
	}
	c.print("Schema version %d -> %d.\n", from, to)
	return nil
}

func schemaText(have, want int64) string {
	switch {
	case have < want:
		return fmt.Sprintf("Schema version %d of %d: run \"claviger migrate\".", have, want)
	case have > want:
		return fmt.Sprintf("Schema version %d, newer than the %d of this release.", have, want)
	}
	return fmt.Sprintf("Schema version %d: up to date.", have)
}
