package grants

import (
	"context"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Exchange turns token requests into tokens.
type Exchange struct {
	Store         *store.Store
	Authenticator *authn.Authenticator
	Directory     *tokens.Directory
	Issuer        *tokens.Issuer
	Now           func() time.Time
}

// request is one token request on its way through the pipeline, with what the
// steps have found out so far.
type request struct {
	*oauth.TokenRequest
	named         authn.Caller        // whom it names, which anybody can
	caller        authn.Caller        // who sent it: proved, or needing no proof
	authorization *core.Authorization // what it is allowed
	rotation      *rotation           // set by the refresh_token grant
	code          *core.Code          // set by the authorization_code grant
}

// Exchange runs a token request through the pipeline. The tokens and their
// audit record are committed when it returns. A refusal is an *oauth.Error and
// is in the audit trail too.
func (x *Exchange) Exchange(ctx context.Context, in *oauth.TokenRequest) (*tokens.Issued, error) {
	r := &request{TokenRequest: in}
	issued, err := x.run(ctx, r)
	if err != nil {
		return nil, x.refused(ctx, r, err)
	}
	if consent := issued.Authorization.Consent; consent != nil {
		x.Store.ConsentUsed(consent.ID, x.Now()) // SD-10
	}
	return issued, nil
}

// run is the pipeline. Every grant type and every dialect takes these steps in
// this order.
func (x *Exchange) run(ctx context.Context, r *request) (*tokens.Issued, error) {
	steps := [...]func(context.Context, *request) error{
		x.limitSource,
		x.authenticateClient,
		x.limitCaller,
		x.checkOrigin,
		x.authorize,
		x.limitScope,
		x.bindService,
		x.checkStatus,
	}
	for _, step := range steps {
		if err := step(ctx, r); err != nil {
			return nil, err
		}
	}
	return x.issue(ctx, r)
}

// authorize lets the grant type decide who acts for whom.
func (x *Exchange) authorize(ctx context.Context, r *request) error {
	var grant func(context.Context, *request) (*core.Authorization, error)
	switch r.GrantType {
	case oauth.GrantAuthorizationCode:
		grant = x.authorizationCode
	case oauth.GrantClientCredentials:
		grant = x.clientCredentials
	case oauth.GrantPassword:
		grant = x.password
	case oauth.GrantRefreshToken:
		grant = x.refresh
	case "":
		return oauth.NewError(oauth.ReasonMissingParameter).At("grant_type")
	default:
		return oauth.NewError(oauth.ReasonGrantTypeUnknown)
	}
	if !r.caller.MayUse(r.GrantType) { // RFC 6749 §5.2 unauthorized_client
		return oauth.NewError(oauth.ReasonGrantTypeNotAllowed)
	}
	authorization, err := grant(ctx, r)
	if err != nil {
		return err
	}
	authorization.Channel = r.Channel
	r.authorization = authorization
	return nil
}

// checkStatus refuses when any party is disabled, expired or revoked (ALL-6).
// The credentials have proved right by now, so the reason may be told.
func (x *Exchange) checkStatus(_ context.Context, r *request) error {
	if reason, stopped := r.authorization.Stopped(x.Now()); stopped {
		return oauth.NewError(reason)
	}
	return nil
}

// issue makes the tokens and commits them with their audit record before the
// answer may leave.
func (x *Exchange) issue(ctx context.Context, r *request) (*tokens.Issued, error) {
	switch {
	case r.rotation != nil:
		return x.rotate(ctx, r)
	case r.code != nil:
		return x.redeem(ctx, r)
	}
	issued, err := x.Issuer.First(r.authorization)
	if err != nil {
		return nil, err
	}
	event := x.event(core.TokenIssued, r)
	err = x.Store.Write(ctx, func(tx *store.Tx) error {
		if issued.Grant != nil {
			if err := tx.InsertGrant(issued.Grant); err != nil {
				return err
			}
			if err := tx.InsertRefreshToken(issued.Refresh); err != nil {
				return err
			}
		}
		tx.Audit(event)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return issued, nil
}
