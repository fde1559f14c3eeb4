package server

import (
	"context"
	"errors"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/permission"
	"claviger/internal/store"
	"claviger/oauth"
)

// operations are what a dialect route can stand for, beside tokens. Each takes
// an authenticated request and returns the facts for the reply.
type operations struct {
	store   *store.Store
	admin   *admin.Service
	decider *permission.Decider
	now     func() time.Time
}

// operationRequest is an authenticated request for an operation. target is the
// account that it is about; nil when it names none.
type operationRequest struct {
	route         *dialect.Route
	input         *dialect.Input
	authorization *core.Authorization
	target        *core.Account
}

type operation func(context.Context, *operationRequest) (*dialect.Facts, error)

// named returns the operation of a dialect route.
func (o *operations) named(name string) (operation, bool) {
	op, ok := map[string]operation{
		"logout":         o.logout,
		"whoami":         o.whoami,
		"accounts":       o.accounts,
		"account":        o.account,
		"memberships":    o.memberships,
		"wallet":         o.wallet,
		"create_account": o.createAccount,
		"read_account":   o.readAccount,
		"update_account": o.updateAccount,
		"create_api_key": o.createAPIKey,
		"list_api_keys":  o.listAPIKeys,
		"update_api_key": o.updateAPIKey,
		"add_member":     o.addMember,
		"list_members":   o.listMembers,
		"remove_member":  o.removeMember,
	}[name]
	return op, ok
}

func (r *operationRequest) actor(ctx context.Context) admin.Actor {
	return admin.Actor{Authorization: r.authorization, Source: oauth.SourceOf(ctx)}
}

// facts are the facts of the authorization, with the target as the account.
func (r *operationRequest) facts() *dialect.Facts {
	facts := dialect.FactsOf(r.authorization)
	if r.target != nil {
		facts.Account = r.target
	}
	return facts
}

// allow decides whether the request may use a permission on its target (CP-8,
// CP-9). A denial goes into the audit trail before it is answered.
func (o *operations) allow(ctx context.Context, r *operationRequest, name string) error {
	query := permission.Query{Authorization: r.authorization, Action: name, Resource: permission.OnAccount(r.target)}
	decision, err := o.decider.Decide(ctx, query)
	if err != nil || decision.Allowed {
		return err
	}
	if err := o.decider.Record(ctx, query, decision); err != nil {
		return err
	}
	return oauth.NewError(oauth.ReasonPermissionDenied).Because(errors.New(decision.Why()))
}
