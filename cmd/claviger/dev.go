package main

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"claviger/internal/config"
	"claviger/internal/keys"
	"claviger/internal/message"
)

type devCommand struct {
	Listen      string   `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where to listen: an address of this machine alone, ${default} unless you say otherwise. Port 0 takes any that is free."`
	Data        string   `default:"./claviger-data" placeholder:"DIR" help:"Directory of the database and the master key, ${default} unless you say otherwise; made when it is missing."`
	TLS         string   `name:"tls" default:"off" placeholder:"self-signed" enum:"off,self-signed" help:"With \"self-signed\": serve https with a certificate made for localhost, 127.0.0.1 and ::1, which is kept in the data directory."`
	AccountType []string `help:"Other name of accounts in decision requests." placeholder:"TYPE"`
}

// Run serves the demo data until it is told to stop.
func (a *devCommand) Run(ctx context.Context, c *command) error {
	if c.config != "" {
		return misused("dev takes no configuration file; \"claviger serve\" does")
	}
	listener, err := a.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	config, err := a.configuration(listener.Addr().(*net.TCPAddr))
	if err != nil {
		return err
	}
	if err := a.prepare(c, config); err != nil {
		return err
	}
	certificate, err := a.certificate(c)
	if err != nil {
		return err
	}
	return c.runDev(ctx, config, devListener{listener, certificate})
}

// runDev opens the installation, brings the demo data into it and serves, with the
// example API beside it. What would be sent to people goes into the inbox.
func (c *command) runDev(ctx context.Context, config *config.Config, listener devListener) error {
	log := newLog(c.log, config.Log)
	dialects, err := loadDialects(config)
	if err != nil {
		return err
	}
	env := c.environment(log)
	env.Inbox = &message.Inbox{Now: c.now}
	if env.Beside, err = c.paymentsAPI(config, listener.certificate, log); err != nil {
		return err
	}
	instance, err := c.openIn(ctx, config, env)
	if err != nil {
		return err
	}
	defer instance.Close()
	if err := applyDemo(ctx, instance, dialects); err != nil {
		return err
	}
	return c.serveDev(ctx, instance, dialects, listener, log)
}

// listen takes an address that only this machine reaches: the secrets of the
// demo data are public. It comes first, because the issuer follows the port.
func (a *devCommand) listen() (net.Listener, error) {
	host, _, err := net.SplitHostPort(a.Listen)
	if err != nil {
		return nil, misused("--listen must be host:port such as 127.0.0.1:8080, not \"%s\"", a.Listen)
	}
	refused := misused("dev listens on this machine alone (127.0.0.1, [::1] or localhost), not on \"%s\", because the secrets of its "+
		"demo data are public; \"claviger serve\" serves others", a.Listen)
	if address, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !address.IsLoopback()) {
		return nil, refused
	}
	listener, err := listen(a.Listen)
	if err != nil {
		return nil, err
	}
	if !listener.Addr().(*net.TCPAddr).IP.IsLoopback() { // somebody gave localhost another meaning
		return nil, errors.Join(refused, listener.Close())
	}
	return listener, nil
}

// configuration is what dev runs with. The environment does not count: it may
// be that of a real server.
func (a *devCommand) configuration(address *net.TCPAddr) (*config.Config, error) {
	host, _, err := net.SplitHostPort(a.Listen)
	if err != nil {
		return nil, err
	}
	settings := config.Default()
	settings.Listen = address.String()
	settings.Data = a.Data
	settings.Log.Format = config.LogText
	settings.AccountTypes = a.AccountType
	settings.PrivateLogoutURIs = true // what is being tried out runs on this machine, too
	scheme, usual := "http", ":80"
	if a.TLS == tlsSelfSigned {
		scheme, usual = "https", ":443"
	}
	settings.Issuer = scheme + "://" + authority(host, address.Port, usual)
	settings.Hosts = []string{authority("localhost", address.Port, usual), authority("127.0.0.1", address.Port, usual)}
	return settings, settings.Complete()
}

// authority is a host and port as they stand in a URL, where the usual port of
// its scheme is left out.
func authority(host string, port int, usual string) string {
	return strings.TrimSuffix(net.JoinHostPort(host, strconv.Itoa(port)), usual)
}

// prepare makes the directory and the master key of a new installation.
func (a *devCommand) prepare(c *command, config *config.Config) error {
	if err := os.MkdirAll(a.Data, 0o700); err != nil {
		return err
	}
	if _, err := os.Stat(config.MasterKeyFile); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if _, err := os.Stat(filepath.Join(a.Data, databaseFile)); err == nil {
		return failed("%s has a database, but the master key that it was made with is gone; put %s back, "+
			"or remove the directory to start anew", a.Data, config.MasterKeyFile)
	}
	_, err := keys.CreateMasterKey(config.MasterKeyFile, c.rand)
	return err
}

const databaseFile = "claviger.db" // the default of database_url
