package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"

	"claviger/internal/admin"
	"claviger/internal/config"
	"claviger/internal/core"
	"claviger/internal/server"
)

type serveCommand struct {
	place
	AllowNoRateLimits bool `help:"Serve although rate_limits is off, as for a measurement. Nothing then bounds what one caller takes from the others."`
}

// Run serves until it is told to stop, then lets requests under way finish.
func (a *serveCommand) Run(ctx context.Context, c *command) error {
	config, err := c.load(a.place)
	if err != nil {
		return err
	}
	log := newLog(c.log, config.Log)
	if err := a.unlimited(config, log); err != nil {
		return err
	}
	dialects, err := loadDialects(config)
	if err != nil {
		return err
	}
	instance, err := c.openConfig(ctx, config, log)
	if err != nil {
		return err
	}
	defer instance.Close()
	if err := refuseDemo(ctx, instance); err != nil {
		return err
	}
	listener, err := listen(config.Listen)
	if err != nil {
		return err
	}
	if err := c.firstStart(ctx, instance, log); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, instance, dialects, listener, log)
}

// unlimited refuses a server without rate limits unless it was asked for twice.
func (a *serveCommand) unlimited(c *config.Config, log *slog.Logger) error {
	if c.RateLimits != config.RateLimitsOff {
		return nil
	}
	if !a.AllowNoRateLimits {
		return misused("rate_limits is off (%s): one caller could then take all that the server can do; "+
			"set it to on, or say --allow-no-rate-limits too", c.Source("rate_limits"))
	}
	log.Warn("rate limits are off; wrong secrets and passwords are still counted")
	return nil
}

// serve runs a server on a listener, which it closes.
func serve(ctx context.Context, instance *server.Instance, dialects *dialectSet, listener net.Listener, log *slog.Logger) error {
	server.TuneGC(os.LookupEnv, os.ReadFile)
	web, err := server.New(instance, dialects.served)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	log.Info("serving", "address", listener.Addr().String(), "issuer", instance.Config.Issuer,
		"dialects", strings.Join(namesOf(dialects.served), " "), "database", instance.Store.Engine(), "version", versionText())
	err = web.Run(ctx, listener)
	log.Info("stopped")
	return err
}

func listen(address string) (net.Listener, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w; is another server running there?", address, err)
	}
	return listener, nil
}

// refuseDemo keeps public secrets off a server that others can reach (F10).
func refuseDemo(ctx context.Context, instance *server.Instance) error {
	marked, err := instance.Store.Setting(ctx, admin.SettingDemo)
	if errors.Is(err, core.ErrNotFound) {
		return nil
	}
	if err == nil && marked != "" {
		err = failed("this database holds demo data, whose secrets are public; serve a database of its own, " +
			"or run \"claviger dev\" to try things out")
	}
	return err
}

func newLog(to io.Writer, settings config.Log) *slog.Logger {
	options := &slog.HandlerOptions{Level: settings.Level}
	if settings.Format == config.LogText {
		return slog.New(slog.NewTextHandler(to, options))
	}
	return slog.New(slog.NewJSONHandler(to, options))
}
