package endpoints

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// TokenState serves introspection (RFC 7662) and revocation (RFC 7009).
type TokenState struct {
	Store         *store.Store
	Authenticator *authn.Authenticator
	Verifier      *tokens.Verifier
	Directory     *tokens.Directory
	Issuer        *tokens.Issuer
	Log           *slog.Logger
	Now           func() time.Time
}

// introspection is RFC 7662 §2.2. An inactive token has no other member.
type introspection struct {
	Active         bool   `json:"active"`
	Issuer         string `json:"iss,omitempty"`
	Subject        string `json:"sub,omitempty"`
	Audience       string `json:"aud,omitempty"`
	ClientID       string `json:"client_id,omitempty"`
	Scope          string `json:"scope,omitempty"`
	TokenType      string `json:"token_type,omitempty"`
	ExpiresAt      int64  `json:"exp,omitzero"`
	IssuedAt       int64  `json:"iat,omitzero"`
	ID             string `json:"jti,omitempty"`
	Username       string `json:"username,omitempty"`
	GrantID        string `json:"grant_id,omitempty"`
	SubjectType    string `json:"subject_type,omitempty"`
	OrganisationID string `json:"organisation_id,omitempty"`
	AccountID      string `json:"account_id,omitempty"`
	Role           string `json:"role,omitempty"` // code of an API key's role
}

// Introspect answers whether a token is active, or an API key that was presented
// as it is, where token_type_hint says that it may be one. The caller must be a
// confidential client or an API key; a token that it may not know about is
// inactive to it (F06).
func (t *TokenState) Introspect(w http.ResponseWriter, r *http.Request) {
	err := t.withToken(w, r, false, func(caller authn.Caller, form map[string]string) error {
		answer, err := t.introspect(r.Context(), caller, form["token"], form["token_type_hint"])
		if err != nil {
			return err
		}
		body, err := json.Marshal(answer)
		if err != nil {
			return err
		}
		oauth.WriteJSON(w, http.StatusOK, body)
		return nil
	})
	t.fail(w, r, err)
}

func (t *TokenState) introspect(ctx context.Context, caller authn.Caller, token, hint string) (*introspection, error) {
	found, err := t.findHinted(ctx, caller, token, hint)
	var refused *oauth.Error
	if errors.As(err, &refused) && refused.Status < http.StatusInternalServerError {
		return &introspection{}, nil
	}
	if err != nil {
		return nil, err
	}
	if !mayLookAt(caller, found.authorization) {
		return &introspection{}, nil
	}
	return found.describe(), nil
}

// mayLookAt reports whether the caller may know about a token: its own, or every
// one where it is registered with the scope of the platform's resource servers.
func mayLookAt(caller authn.Caller, a *core.Authorization) bool {
	return caller.ID() == a.ClientID() || caller.Scopes().Has(oauth.ScopeIntrospect)
}

// withToken authenticates the caller of a standard endpoint that takes a token.
// A public client only names itself, where that is enough (RFC 7009 §2.1).
func (t *TokenState) withToken(w http.ResponseWriter, r *http.Request, public bool, serve func(authn.Caller, map[string]string) error) error {
	form, err := authn.ReadForm(w, r)
	if err != nil {
		return err
	}
	id, secret, err := authn.ClientCredentials(r, form)
	if err != nil {
		return err
	}
	if err := t.Authenticator.Limits.Source(oauth.SourceOf(r.Context()).IP); err != nil {
		return err
	}
	caller, err := t.Authenticator.LookUp(r.Context(), id, "")
	if err != nil {
		return err
	}
	if public && secret == "" && caller.Client != nil && caller.Client.Kind == core.Public {
		err = t.Authenticator.Active(caller)
	} else {
		err = t.Authenticator.ProveClient(r.Context(), caller, id, secret, oauth.SourceOf(r.Context()).IP)
	}
	if err != nil {
		return err
	}
	if err := t.Authenticator.Limits.Caller(caller.Client, caller.Key); err != nil {
		return err
	}
	if err := caller.From(authn.OriginOf(r, t.Issuer.URL)); err != nil {
		return err
	}
	if form["token"] == "" {
		return oauth.NewError(oauth.ReasonMissingParameter).At("token")
	}
	return serve(caller, form)
}

func (t *TokenState) fail(w http.ResponseWriter, r *http.Request, err error) {
	if err == nil {
		return
	}
	oauth.WriteError(w, oauth.Failed(t.Log, r, err))
}
