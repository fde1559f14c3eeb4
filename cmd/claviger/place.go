package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/server"
)

// place says which database a command works on.
type place struct {
	Data string `placeholder:"DIR" help:"Work on the database and master key in DIR, as \"claviger dev\" makes them; configuration and environment then do not count."`
}

// load returns the configuration that a command works with.
func (c *command) load(at place) (*config.Config, error) {
	switch {
	case at.Data != "" && c.config != "":
		return nil, misused("--config and --data both say which database is meant; give one of them")
	case at.Data != "":
		return config.Load("", []string{"CLAVIGER_DATA=" + at.Data})
	}
	return config.Load(c.config, c.settings())
}

// environment is what an installation takes from this process.
func (c *command) environment(log *slog.Logger) server.Environment {
	return server.Environment{Log: log, Now: c.now, Rand: c.rand}
}

// open opens the installation for a command. Only warnings are logged: what the
// command did, it prints.
func (c *command) open(ctx context.Context, at place) (*server.Instance, error) {
	config, err := c.load(at)
	if err != nil {
		return nil, err
	}
	return c.openConfig(ctx, config, c.quietLog())
}

func (c *command) openConfig(ctx context.Context, config *config.Config, log *slog.Logger) (*server.Instance, error) {
	return c.openIn(ctx, config, c.environment(log))
}

func (c *command) openIn(ctx context.Context, config *config.Config, env server.Environment) (*server.Instance, error) {
	instance, err := server.Open(ctx, config, env)
	if config.MasterKey == "" && errors.Is(err, fs.ErrNotExist) {
		return nil, failed("there is no master key at %s; put back the one that this database was made with, "+
			"or make one for a new database: claviger key create-master %s", config.MasterKeyFile, quote(config.MasterKeyFile))
	}
	return instance, err
}

func (c *command) quietLog() *slog.Logger {
	return slog.New(slog.NewTextHandler(c.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// operator is who the audit trail says made a change.
var operator = admin.Actor{Name: "cli"}
