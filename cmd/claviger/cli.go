package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"
)

// command is one run of the program with what it takes from outside.
type command struct {
	in      io.Reader
	out     io.Writer
	log     io.Writer // errors and logs
	environ []string  // "NAME=value"
	now     func() time.Time
	rand    io.Reader

	config string // --config
	outErr error  // why something did not get to out
}

// grammar is every subcommand, in the order that --help lists them.
type grammar struct {
	Config string `placeholder:"FILE" help:"Configuration file. Without it, the one that CLAVIGER_CONFIG names, or none. Every setting can also be given by the environment."`

	Dev          devCommand          `cmd:"" help:"Run a server with demo data on this machine, to try things out."`
	Serve        serveCommand        `cmd:"" help:"Run the server."`
	Apply        applyCommand        `cmd:"" help:"Bring organisations, people, clients and keys to what a file says."`
	Organisation organisationCommand `cmd:"" help:"List, make and change organisations."`
	Account      accountCommand      `cmd:"" help:"List, make and change the accounts of an organisation."`
	Member       memberCommand       `cmd:"" help:"List, add, change and remove the members of an organisation."`
	Invitation   invitationCommand   `cmd:"" help:"Invite people to an organisation."`
	Role         roleCommand         `cmd:"" help:"List, make, change and delete roles."`
	APIKey       apiKeyCommand       `cmd:"" name:"apikey" help:"Make, list, disable and rotate API keys."`
	Client       clientCommand       `cmd:"" help:"Register clients and rotate their secrets."`
	Connection   connectionCommand   `cmd:"" help:"List and end the connections of an organisation to partners."`
	Service      serviceCommand      `cmd:"" name:"service-account" help:"List, make and change service accounts; reset their passwords."`
	Key          keyCommand          `cmd:"" help:"List and rotate signing keys; create the master key."`
	Operator     operatorCommand     `cmd:"" help:"Invite operators of the platform."`
	Permission   permissionCommand   `cmd:"" help:"Say who may do what, and why."`
	Token        tokenCommand        `cmd:"" help:"Say what a token is and whether it is alive."`
	Person       personCommand       `cmd:"" help:"Reset the second factors of people who have lost them."`
	Session      sessionCommand      `cmd:"" help:"List and end the sessions of people."`
	Usage        usageCommand        `cmd:"" help:"Show token requests by day."`
	Audit        auditCommand        `cmd:"" help:"Show the audit trail."`
	Dialect      dialectCommand      `cmd:"" help:"Check and list wire dialects."`
	Backup       backupCommand       `cmd:"" help:"Write a backup of a SQLite database, while it is served."`
	Restore      restoreCommand      `cmd:"" help:"Bring a backup back, and end what must not live again."`
	Database     databaseCommand     `cmd:"" help:"Copy a database to another one, of the same or of the other engine."`
	Migrate      migrateCommand      `cmd:"" help:"Bring the database to the schema of this release."`
	Version      versionCommand      `cmd:"" help:"Print the version."`
}

const description = "Claviger is an authorization server: it issues and checks the credentials of an API, " +
	"in the wire formats that its integrators already use.\n\n" +
	"Start with \"claviger dev\". The other commands work on the database of the configuration, also while a server runs on it; " +
	"those that manage access work against a server too, with --server."

// Exit codes. A denial that "permission explain" has explained is exitFailed too,
// with nothing on the standard error.
const (
	exitFailed = 1
	exitUsage  = 2
)

// run parses the arguments, runs the subcommand and returns the exit code.
func (c *command) run(ctx context.Context, args []string) int {
	if len(args) == 0 {
		args = []string{"--help"}
	}
	var g grammar
	left := false // --help has printed and asked to leave
	parser, err := kong.New(&g,
		kong.Name("claviger"), kong.Description(description), kong.Writers(c.out, c.log),
		kong.Exit(func(int) { left = true }),
		kong.PostBuild(func(k *kong.Kong) error {
			k.Model.HelpFlag.Help = "Show this text."
			return nil
		}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(c),
	)
	if err != nil {
		panic(err) // the grammar is ours
	}
	parsed, err := parser.Parse(args)
	if left {
		return 0
	}
	if err != nil {
		c.fail(usageText(err))
		return exitUsage
	}
	c.config = g.Config
	err = parsed.Run()
	switch {
	case errors.Is(err, errDenied) && c.outErr == nil:
		return exitFailed
	case err != nil && ctx.Err() != nil:
		c.fail("interrupted")
		return exitFailed
	case err != nil:
		c.fail(errorText(err))
		return exitCode(err)
	case c.outErr != nil: // a secret that nobody has seen must not look like success
		c.fail("the output could not be written: " + lines(c.outErr.Error()))
		return exitFailed
	}
	return 0
}

func (c *command) fail(text string) { _, _ = fmt.Fprintln(c.log, "claviger: "+text) }

// usageText adds to kong's sentence where to read on.
func usageText(err error) string {
	place := "claviger"
	var parse *kong.ParseError
	if errors.As(err, &parse) && parse.Context != nil && parse.Context.Selected() != nil {
		place = parse.Context.Selected().FullPath()
	}
	return plain(err.Error()) + "; see " + place + " --help"
}

// Write writes to the standard output, and remembers when that fails.
func (c *command) Write(p []byte) (int, error) {
	n, err := c.out.Write(p)
	if c.outErr == nil {
		c.outErr = err
	}
	return n, err
}

// print writes text to the standard output.
func (c *command) print(format string, args ...any) { _, _ = fmt.Fprintf(c, format, args...) }
