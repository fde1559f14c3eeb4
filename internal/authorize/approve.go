package authorize

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// approve ends a flow with an authorization code.
func (e *Endpoint) approve(w http.ResponseWriter, r *http.Request, flow *core.Flow, signedIn *authn.SignedIn, a *approval) {
	code, err := e.issue(r.Context(), flow, signedIn, a)
	if refused := oauth.RefusalOf(err); refused != nil && refused.Reason == oauth.ReasonFlowEnded {
		e.problem(w, r, err)
		return
	}
	if err != nil {
		e.refuse(w, r, flow, err)
		return
	}
	e.answer(w, r, &flow.Request, [][2]string{{"code", code}})
}

// issue stores the approval and a code for it in one write, and returns the code.
func (e *Endpoint) issue(ctx context.Context, flow *core.Flow, signedIn *authn.SignedIn, a *approval) (string, error) {
	authorization, err := e.authorization(ctx, flow, signedIn, a)
	if err != nil {
		return "", err
	}
	now := e.Now()
	token := secret.Token{Kind: secret.AuthorizationCode, Selector: core.NewID("", now, e.Rand), Secret: secret.NewSecret(e.Rand)}
	code := e.code(flow, signedIn, authorization)
	code.Selector, code.Hash, code.CreatedAt, code.ExpiresAt = token.Selector, token.Hash(), now, now.Add(core.CodeLifetime)
	err = e.finish(ctx, flow, func(tx *store.Tx) error {
		consent, err := e.storeConsent(ctx, tx, authorization, flow.Request.Approval, a)
		if err != nil {
			return err
		}
		code.ConsentID = ""
		if consent != nil {
			code.ConsentID = consent.ID
		}
		return tx.InsertCode(code)
	})
	if err != nil {
		return "", err
	}
	return secret.FormatToken(token.Kind, token.Selector, token.Secret), nil
}

// authorization is what the tokens behind a code will be for, with every party as
// it is now.
func (e *Endpoint) authorization(ctx context.Context, flow *core.Flow, signedIn *authn.SignedIn, a *approval) (*core.Authorization, error) {
	parties := tokens.Parties{ClientID: flow.ClientID, UserID: signedIn.User.ID}
	if a.account != nil {
		parties.AccountID, parties.OrganisationID = a.account.ID, a.account.OrganisationID
	}
	authorization, err := e.Directory.Load(ctx, parties)
	if err != nil {
		return nil, err
	}
	if reason, stopped := authorization.Stopped(e.Now()); stopped {
		return nil, oauth.NewError(reason)
	}
	authorization.Scope = flow.Request.Scope
	return authorization, nil
}

func (e *Endpoint) code(flow *core.Flow, signedIn *authn.SignedIn, authorization *core.Authorization) *core.Code {
	request, session := &flow.Request, signedIn.Session
	code := &core.Code{
		GrantID: core.NewID(core.PrefixGrant, e.Now(), e.Rand), ClientID: flow.ClientID, UserID: signedIn.User.ID,
		Challenge: request.CodeChallenge, Scope: authorization.Scope,
		Authentication: core.Authentication{
			SessionID: session.ID, At: session.AuthenticatedAt, ACR: session.ACR, AMR: session.AMR,
			Nonce: request.Nonce, Claims: request.Claims,
		},
	}
	if request.RedirectSent {
		code.RedirectURI = request.RedirectURI
	}
	if authorization.Account != nil {
		code.OrganisationID, code.AccountID = authorization.Organisation.ID, authorization.Account.ID
	}
	return code
}

// storeConsent returns the consent that the tokens rest on: the one in force, made
// or widened when the person was asked. It is nil where none is needed.
func (e *Endpoint) storeConsent(ctx context.Context, tx *store.Tx, authorization *core.Authorization, scope oauth.Scope, a *approval) (*core.Consent, error) {
	if a.asks { // of two that approve at once, the second widens what the first made
		if err := tx.Serialize(); err != nil {
			return nil, err
		}
	}
	var consent *core.Consent
	var err error
	if authorization.Account != nil {
		consent, err = tx.Connection(authorization.Client.ID, authorization.Account)
	} else {
		consent, err = tx.PersonalConsent(authorization.Client.ID, authorization.User.ID)
	}
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return nil, err
	}
	if !a.asks {
		if consent == nil || !scope.Within(consent.Scopes) {
			if authorization.Client.Browser.SkipConsent && authorization.Account == nil {
				return nil, nil
			}
			return nil, oauth.NewError(oauth.ReasonConsentRequired) // withdrawn a moment ago
		}
		return consent, nil
	}
	return e.putConsent(ctx, tx, authorization, scope, consent)
}

// putConsent makes a consent or widens the one that there is, and records it.
func (e *Endpoint) putConsent(ctx context.Context, tx *store.Tx, authorization *core.Authorization, scope oauth.Scope, stored *core.Consent) (*core.Consent, error) {
	now := e.Now()
	consent := &core.Consent{
		ID: core.NewID(core.PrefixConsent, now, e.Rand), ClientID: authorization.Client.ID, UserID: authorization.User.ID, CreatedAt: now,
	}
	if stored != nil {
		*consent = *stored
		consent.UserID = authorization.User.ID // who approved last
	}
	if authorization.Account != nil {
		consent.OrganisationID, consent.AccountID = authorization.Organisation.ID, authorization.Account.ID
	}
	consent.Scopes = append(slices.Clone(consent.Scopes), missing(scope, consent.Scopes)...)
	if err := tx.PutConsent(consent); err != nil {
		return nil, err
	}
	event := core.EventOf(core.ConsentGiven, authorization, oauth.SourceOf(ctx))
	event.Target, event.Detail = "consent/"+consent.ID, scope.String()
	tx.Audit(event)
	return consent, nil
}
