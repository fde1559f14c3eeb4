package grants

import (
	"context"
	"errors"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// rotation is a refresh token that was presented and found to be ours.
type rotation struct {
	presented secret.Token
	grant     *core.Grant
}

// refresh is the refresh_token grant (RFC 6749 §6) with rotation (RFC 9700
// §4.14.2): every refresh token works once.
func (x *Exchange) refresh(ctx context.Context, r *request) (*core.Authorization, error) {
	if err := x.presentRefreshToken(ctx, r); err != nil {
		return nil, err
	}
	grant := r.rotation.grant
	if grant.ClientID != r.caller.Client.ID { // RFC 6749 §6: bound to the client
		return nil, oauth.NewError(oauth.ReasonRefreshTokenInvalid).Because(errors.New("a token of another client"))
	}
	if !grant.EndedAt.IsZero() {
		return nil, oauth.NewError(oauth.ReasonGrantEnded)
	}
	authorization, err := x.Directory.Load(ctx, tokens.PartiesOf(grant))
	if err != nil {
		return nil, grantError(err)
	}
	authorization.GrantID, authorization.Authentication = grant.ID, grant.Authentication
	if r.Channel == "" {
		r.Channel = grant.Channel
	}
	return authorization, nil
}

// presentRefreshToken finds the grant of the presented token. An unknown
// selector and a wrong secret are refused alike.
func (x *Exchange) presentRefreshToken(ctx context.Context, r *request) error {
	if r.rotation != nil {
		return nil
	}
	if r.RefreshToken == "" {
		return oauth.NewError(oauth.ReasonMissingParameter).At("refresh_token")
	}
	invalid := oauth.NewError(oauth.ReasonRefreshTokenInvalid)
	presented, err := x.Issuer.OpenRefresh(r.RefreshToken)
	if err != nil {
		return invalid.Because(err)
	}
	row, grant, err := x.Store.Family(ctx, presented.Selector)
	if errors.Is(err, core.ErrNotFound) {
		return invalid.Because(err)
	}
	if err != nil {
		return err
	}
	if !presented.Equal(row.Hash) {
		return invalid.Because(errors.New("the secret does not match"))
	}
	r.rotation = &rotation{presented: presented, grant: grant}
	return nil
}

// rotate consumes the presented token and stores its successor, in one write
// with the audit record. Only one of any number of parallel callers consumes it
// (B10); what the others get is decided by afterUse.
func (x *Exchange) rotate(ctx context.Context, r *request) (*tokens.Issued, error) {
	next, err := x.Issuer.Next(r.authorization, r.rotation.grant, r.rotation.presented)
	if err != nil {
		return nil, err
	}
	var outcome outcome
	err = x.Store.Write(ctx, func(tx *store.Tx) error {
		consumed, err := tx.ConsumeRefreshToken(r.rotation.presented.Selector, x.Now(), next.Refresh.Selector)
		if err != nil {
			return err
		}
		if !consumed {
			outcome, err = x.afterUse(tx, r)
			return err
		}
		outcome = rotated
		if err := tx.InsertRefreshToken(next.Refresh); err != nil {
			return err
		}
		tx.Audit(x.event(core.TokenRefreshed, r))
		return nil
	})
	if err != nil {
		return nil, err
	}
	return x.settle(r, next, outcome)
}

// grantError answers a party that is gone as an ended grant; the reasons of
// Directory.Load are those of access tokens.
func grantError(err error) error {
	var e *oauth.Error
	if errors.As(err, &e) && e.Reason == oauth.ReasonTokenRevoked {
		return oauth.NewError(oauth.ReasonGrantEnded).Because(err)
	}
	return err
}
