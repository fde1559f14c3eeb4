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

// authorizationCode redeems what a person approved in the browser (RFC 6749
// §4.1.3, RFC 7636 §4.5).
func (x *Exchange) authorizationCode(ctx context.Context, r *request) (*core.Authorization, error) {
	if err := x.presentCode(ctx, r); err != nil {
		return nil, err
	}
	if err := x.checkCode(ctx, r); err != nil {
		return nil, err
	}
	code := r.code
	authorization, err := x.Directory.Load(ctx, tokens.Parties{
		ClientID: code.ClientID, UserID: code.UserID, OrganisationID: code.OrganisationID, AccountID: code.AccountID,
		ConsentID: code.ConsentID,
	})
	if err != nil {
		return nil, grantError(err)
	}
	authorization.Authentication = &code.Authentication
	return authorization, nil
}

// presentCode finds the code. An unknown one, a wrong secret and a code of another
// client are refused alike; the last is left as it is, so that nobody can use up
// or end what is not theirs.
func (x *Exchange) presentCode(ctx context.Context, r *request) error {
	if r.Code == "" {
		return oauth.NewError(oauth.ReasonMissingParameter).At("code")
	}
	invalid := oauth.NewError(oauth.ReasonCodeInvalid)
	presented, err := secret.ParseToken(secret.AuthorizationCode, r.Code)
	if err != nil {
		return invalid.Because(err)
	}
	code, err := x.Store.Code(ctx, presented.Selector)
	if errors.Is(err, core.ErrNotFound) {
		return invalid.Because(err)
	}
	if err != nil {
		return err
	}
	if !presented.Equal(code.Hash) {
		return invalid.Because(errors.New("the secret does not match"))
	}
	if code.ClientID != r.caller.Client.ID { // RFC 6749 §5.2 invalid_grant: issued to another client
		return invalid.Because(errors.New("a code of another client"))
	}
	r.code = code
	return nil
}

// checkCode refuses a code that is used, expired or not what the authorization
// request led to.
func (x *Exchange) checkCode(ctx context.Context, r *request) error {
	code := r.code
	switch {
	case !code.ConsumedAt.IsZero(): // also long after it expired
		return x.endReplayed(ctx, r)
	case !x.Now().Before(code.ExpiresAt):
		return oauth.NewError(oauth.ReasonCodeExpired)
	case !sameRedirect(r): // RFC 6749 §4.1.3
		return oauth.NewError(oauth.ReasonRedirectMismatch).At("redirect_uri")
	case !verified(r):
		return oauth.NewError(oauth.ReasonCodeVerifier).At("code_verifier")
	}
	return nil
}

// sameRedirect compares the redirect URI with that of the authorization request.
// Where that had none, the client's only one was meant.
func sameRedirect(r *request) bool {
	if r.code.RedirectURI != "" {
		return r.RedirectURI == r.code.RedirectURI
	}
	registered := r.caller.Client.RedirectURIs
	return r.RedirectURI == "" || len(registered) == 1 && r.RedirectURI == registered[0]
}

// verified is PKCE (RFC 7636 §4.6). A verifier for a code without a challenge
// shows that somebody took the challenge out (RFC 9700 §4.8.2); a public client
// has nothing but PKCE to show that it is the one that asked (§2.1.1).
func verified(r *request) bool {
	if r.code.Challenge == "" {
		return r.CodeVerifier == "" && r.caller.Client.Kind != core.Public
	}
	return oauth.VerifierMatches(r.CodeVerifier, r.code.Challenge)
}

// endReplayed ends what a code was exchanged for when it comes a second time
// (RFC 6749 §4.1.2).
func (x *Exchange) endReplayed(ctx context.Context, r *request) error {
	err := x.Store.Write(ctx, func(tx *store.Tx) error { return x.replayed(tx, r) })
	if err != nil {
		return err
	}
	return oauth.NewError(oauth.ReasonCodeReused)
}

// replayed ends the grant of a code, once, with an audit record.
func (x *Exchange) replayed(tx *store.Tx, r *request) error {
	grant, err := tx.Grant(r.code.GrantID)
	if errors.Is(err, core.ErrNotFound) {
		return nil // it never became a grant, or is long over
	}
	if err != nil {
		return err
	}
	ended, err := tx.EndGrant(grant.ID, x.Now(), string(oauth.ReasonCodeReused), grant.ExpiresAt)
	if err != nil || !ended {
		return err
	}
	event := x.event(core.CodeReplayed, r)
	event.Reason = oauth.ReasonCodeReused
	tx.Audit(event)
	return nil
}
