package main

import (
	"context"
	"iter"
	"strconv"

	"claviger/client"
)

type usageCommand struct {
	List usageList `cmd:"" help:"List token requests and refusals by day and client. The last seconds may be missing."`
}

type usageList struct {
	reach
	output
	Organisation string `placeholder:"CODE" help:"Organisation, by its code or id. Without it, all together."`
	From         moment `placeholder:"WHEN" help:"First day: 2027-01-31, or 90d for that long ago. Without it, 29 days before the last."`
	To           moment `placeholder:"WHEN" help:"Last day. Without it, today."`
}

// Run lists the usage.
func (a *usageList) Run(ctx context.Context, c *command) error {
	return list(ctx, c, a.reach, a.output, func(api *client.Client) ([]client.Usage, error) {
		id, err := optionalOrganisation(ctx, api, a.Organisation)
		if err != nil {
			return nil, err
		}
		return all(api.Usage(ctx, id, a.From.before(c.now()), a.To.before(c.now())))
	}, "There were no token requests.",
		[]string{"DAY", "CLIENT", "DIALECT", "GRANT TYPE", "OUTCOME", "REASON", "REQUESTS"},
		func(u client.Usage) []string {
			return []string{u.Day, u.ClientID, u.Dialect, u.GrantType, u.Outcome, u.Reason, strconv.FormatInt(u.Requests, 10)}
		})
}

type sessionCommand struct {
	List sessionList `cmd:"" help:"List where a person is signed in."`
	End  sessionEnd  `cmd:"" help:"Sign a person out of one browser, and tell the clients of it: with --server alone."`
}

type sessionList struct {
	reach
	output
	User string `required:"" placeholder:"ID" help:"Id of the person."`
}

// Run lists the sessions.
func (a *sessionList) Run(ctx context.Context, c *command) error {
	find := func(api *client.Client) iter.Seq2[client.Session, error] { return api.Sessions(ctx, a.User) }
	return list(ctx, c, a.reach, a.output, func(api *client.Client) ([]client.Session, error) {
		sessions, err := all(find(api))
		return sessions, unknown(err, "person", a.User, memberLists)
	}, "The person is not signed in anywhere.",
		[]string{"ID", "SIGNED IN", "SEEN", "EXPIRES", "METHODS", "IP", "BROWSER"},
		func(s client.Session) []string {
			return []string{s.ID, stamp(s.AuthenticatedAt), stamp(s.SeenAt), stamp(s.ExpiresAt), words(s.AMR), s.IP, s.UserAgent}
		})
}

type sessionEnd struct {
	reach
	ID string `arg:"" help:"Id of the session."`
}

// Run ends the session.
func (a *sessionEnd) Run(ctx context.Context, c *command) error {
	if a.Server == "" {
		return needsServer("clients are told of the end of a session")
	}
	return end(ctx, c, a.reach, func(api *client.Client) error {
		return unknown(api.EndSession(ctx, a.ID), "session", a.ID, "\"claviger session list\"")
	}, "Session "+a.ID+" has ended.")
}
