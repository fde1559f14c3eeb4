package main

import (
	"context"
	"errors"
	"strings"

	"claviger/internal/core"
	"claviger/internal/permission"
	"claviger/internal/server"
	"claviger/oauth"
)

type permissionCommand struct {
	Explain permissionExplain `cmd:"" help:"Say whether somebody may do something, and why. The exit code is 0 where it is allowed, 1 where it is denied."`
	List    permissionList    `cmd:"" help:"List the permissions, the conditions that they require, and the roles that grant them."`
}

type permissionExplain struct {
	place
	Subject       string `required:"" placeholder:"WHO" help:"person:EMAIL, service_account:ORGANISATION/USERNAME, api_key:ID or client:ID."`
	Action        string `required:"" placeholder:"NAME" help:"The permission, or \"use\" with --resource product/NAME of a client."`
	Account       string `xor:"target" placeholder:"ID" help:"The account that is acted on, by id or number."`
	Resource      string `xor:"target" placeholder:"TYPE/ID" help:"What is acted on, in place of --account."`
	ActingAccount string `placeholder:"ID" help:"The account that a person acts for."`
	JSON          bool   `name:"json" help:"Print JSON."`
}

// explained is a decision as --json prints it.
type explained struct {
	Allowed    bool     `json:"allowed"`
	Outcome    string   `json:"outcome"`
	Why        string   `json:"why"`
	Role       string   `json:"role,omitzero"`
	Scope      string   `json:"scope,omitzero"` // own or global
	Met        []string `json:"conditions_met,omitzero"`
	Missing    []string `json:"conditions_missing,omitzero"`
	Unknown    string   `json:"unknown,omitzero"`
	Subject    string   `json:"subject"`
	Individual string   `json:"individual_account,omitzero"`
}

// errDenied ends a command with exit code 1 when it has said all there is to say.
var errDenied = errors.New("denied")

// Run decides and prints the decision. It leaves no trace in the audit trail: it
// is nobody's attempt.
func (a *permissionExplain) Run(ctx context.Context, c *command) error {
	instance, err := c.open(ctx, a.place)
	if err != nil {
		return err
	}
	defer instance.Close()
	query, err := a.query(ctx, instance)
	if err != nil {
		return err
	}
	decision, err := instance.Decider.Decide(ctx, query)
	if err != nil {
		return err
	}
	e, err := a.explain(ctx, instance, query, decision)
	if err != nil {
		return err
	}
	if a.JSON {
		err = c.json(e)
	} else {
		c.printExplained(e)
	}
	if err == nil && !decision.Allowed {
		err = errDenied
	}
	return err
}

func (a *permissionExplain) query(ctx context.Context, instance *server.Instance) (permission.Query, error) {
	q := permission.Query{Action: a.Action}
	who, err := subjectNamed(ctx, instance, a.Subject)
	if err != nil {
		return q, err
	}
	q.Authorization = who
	if a.ActingAccount != "" {
		err := instance.Decider.Act(ctx, who, a.ActingAccount)
		var refused *oauth.Error
		if errors.As(err, &refused) && refused.Status < 500 {
			return q, failed("%s is not a member of an active account \"%s\", so it cannot act for it", a.Subject, a.ActingAccount)
		}
		if err != nil {
			return q, err
		}
	}
	switch {
	case a.Account != "":
		id, err := instance.AccountID(ctx, a.Account)
		q.Resource = permission.Resource{Type: permission.TypeAccount, ID: id}
		return q, err
	case a.Resource != "":
		kind, id, ok := strings.Cut(a.Resource, "/")
		if !ok || kind == "" || id == "" {
			return q, misused("--resource is TYPE/ID, such as product/collections")
		}
		q.Resource = permission.Resource{Type: kind, ID: id}
	}
	return q, nil
}

func (a *permissionExplain) explain(ctx context.Context, instance *server.Instance, q permission.Query, d *permission.Decision) (explained, error) {
	e := explained{
		Allowed: d.Allowed, Outcome: string(d.Outcome), Why: d.Why(), Scope: string(d.Scope), Met: d.Met, Missing: d.Missing,
		Unknown: d.Unknown, Subject: a.Subject,
	}
	if d.Role != nil {
		e.Role = d.Role.Code
	}
	individual, err := instance.Decider.Individual(ctx, q.Authorization.User)
	if individual != nil {
		e.Individual = individual.ID
	}
	return e, err
}

func (c *command) printExplained(e explained) {
	c.print("%s\n\n", plain(e.Why))
	reach := map[string]string{string(core.OwnAccount): "on own accounts", string(core.EveryAccount): "on every account"}[e.Scope]
	c.fields("decision", map[bool]string{true: "allow", false: "deny"}[e.Allowed], "outcome", e.Outcome,
		"role", e.Role, "granted", reach, "conditions met", strings.Join(e.Met, " "),
		"conditions missing", strings.Join(e.Missing, " "), "subject", e.Subject, "individual account", e.Individual)
}
