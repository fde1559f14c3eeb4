package server

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/oauth"
)

// dialectRoute serves a dialect's route that is not for tokens: authenticate,
// limit, permit, operate, reply.
type dialectRoute struct {
	route         *dialect.Route
	operation     operation
	operations    *operations
	authenticator *authn.Authenticator
	issuer        string
	log           *slog.Logger
}

func (d *dialectRoute) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	info := dialect.RequestFacts{ID: oauth.SourceOf(r.Context()).RequestID, Issuer: d.issuer}
	err := d.serve(w, r, info)
	if err == nil {
		return
	}
	d.route.Fail(w, r, info, oauth.Failed(d.log, r, err))
}

func (d *dialectRoute) serve(w http.ResponseWriter, r *http.Request, info dialect.RequestFacts) error {
	call, err := d.route.Decode(w, r)
	if err != nil {
		return err
	}
	request, err := d.authorize(r.Context(), call)
	if err != nil {
		return err
	}
	facts, err := d.operation(r.Context(), request)
	if err != nil {
		return err
	}
	facts.Request = info
	return d.route.Reply(w, r, facts)
}

// authorize takes the fixed steps before every operation.
func (d *dialectRoute) authorize(ctx context.Context, call *dialect.Call) (*operationRequest, error) {
	if err := d.authenticator.Limits.Source(oauth.SourceOf(ctx).IP); err != nil {
		return nil, err
	}
	a, err := d.authenticate(ctx, call)
	if err != nil {
		return nil, err
	}
	if err := d.authenticator.Limits.Request(a); err != nil {
		return nil, err
	}
	if d.route.Scope != "" && !a.Scope.Has(d.route.Scope) {
		return nil, oauth.NewError(oauth.ReasonPermissionDenied).Because(errors.New("the scope is missing: " + d.route.Scope))
	}
	request := &operationRequest{route: d.route, input: &call.Input, authorization: a}
	if request.target, err = d.target(ctx, call, a); err != nil {
		return nil, err
	}
	if d.route.Permission == "" {
		return request, nil
	}
	return request, d.operations.allow(ctx, request, d.route.Permission)
}

func (d *dialectRoute) authenticate(ctx context.Context, call *dialect.Call) (*core.Authorization, error) {
	var a *core.Authorization
	var err error
	if call.Credential.APIKey != "" {
		a, err = d.authenticator.APIKey(ctx, call.Credential.APIKey, d.route.Dialect().Name, oauth.SourceOf(ctx).IP)
	} else {
		a, err = d.authenticator.Bearer(ctx, call.Credential.Bearer, d.route.Dialect().Name)
	}
	if err != nil || call.ActingAccount == "" {
		return a, err
	}
	return a, d.operations.decider.Act(ctx, a, call.ActingAccount)
}

// target is the account that the request names, or the one the caller acts for;
// a person who has named none acts for the individual account. Whether the caller
// may do anything there is for the permission to say.
func (d *dialectRoute) target(ctx context.Context, call *dialect.Call, a *core.Authorization) (*core.Account, error) {
	if call.Input.Account == "" {
		return d.operations.decider.Acting(ctx, a)
	}
	account, err := d.operations.decider.Account(ctx, call.Input.Account)
	if errors.Is(err, core.ErrNotFound) {
		return nil, oauth.NewError(oauth.ReasonNotFound).Because(err)
	}
	return account, err
}
