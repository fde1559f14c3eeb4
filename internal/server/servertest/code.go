package servertest

import (
	"time"

	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

const (
	sinceSignIn     = time.Minute
	sessionLifetime = 12 * time.Hour
)

// RedirectURI is the one that Code uses where the test names none.
const RedirectURI = "https://client.example/callback"

// CodeOptions is an authorization code to make: what a person at the pages of the
// server would have approved. Client and Email must be set.
type CodeOptions struct {
	Client       string
	Email        string
	Organisation string // code of the one that the person chose; empty: none, or the account's
	Account      string // the one that the person connects; its approval is stored as a consent. Empty: none
	Scope        string // empty: all that the client may have
	RedirectURI  string // empty: RedirectURI
	NoRedirect   bool   // the authorization request had no redirect_uri
	Challenge    string // S256; empty: none
	Nonce        string
	ACR          string   // empty: one factor
	AMR          []string // empty: the password
	Claims       oauth.ClaimsRequest
	Session      *core.Session // nil: a new one
}

// Code makes an authorization code and what belongs to it, and returns its text.
func (h *Harness) Code(o CodeOptions) string {
	h.t.Helper()
	a := h.signedIn(SignIn{Client: o.Client, Email: o.Email, Organisation: o.Organisation, Account: o.Account, Scope: o.Scope})
	session := o.Session
	if session == nil {
		session = h.Session(o.Email)
	}
	now := h.Clock.Now()
	token := secret.Token{Kind: secret.AuthorizationCode, Selector: core.NewID("", now, h.random), Secret: secret.NewSecret(h.random)}
	code := &core.Code{
		Selector: token.Selector, Hash: token.Hash(), GrantID: core.NewID(core.PrefixGrant, now, h.random),
		ClientID: a.Client.ID, UserID: a.User.ID, RedirectURI: o.RedirectURI, Challenge: o.Challenge, Scope: a.Scope,
		CreatedAt: now, ExpiresAt: now.Add(core.CodeLifetime),
		Authentication: core.Authentication{
			SessionID: session.ID, At: session.AuthenticatedAt, ACR: o.ACR, AMR: o.AMR, Nonce: o.Nonce, Claims: o.Claims,
		},
	}
	if o.RedirectURI == "" && !o.NoRedirect {
		code.RedirectURI = RedirectURI
	}
	if o.ACR == "" {
		code.Authentication.ACR, code.Authentication.AMR = core.ACRPassword, []string{core.AMRPassword}
	}
	if a.Organisation != nil {
		code.OrganisationID = a.Organisation.ID
	}
	if a.Account != nil {
		code.AccountID, code.ConsentID = a.Account.ID, h.approve(a).ID
	}
	h.write(func(tx *store.Tx) error { return tx.InsertCode(code) })
	return secret.FormatToken(token.Kind, token.Selector, token.Secret)
}

// Session makes a browser session of a person who signed in a minute ago.
func (h *Harness) Session(email string) *core.Session {
	h.t.Helper()
	now := h.Clock.Now()
	signedIn := now.Add(-sinceSignIn)
	session := &core.Session{
		ID: core.NewID(core.PrefixSession, now, h.random), Hash: secret.Token{Secret: secret.NewSecret(h.random)}.Hash(),
		UserID: h.Person(email).ID, ACR: core.ACRPassword, AMR: []string{core.AMRPassword},
		AuthenticatedAt: signedIn, CreatedAt: signedIn, SeenAt: signedIn, ExpiresAt: now.Add(sessionLifetime),
	}
	h.write(func(tx *store.Tx) error { return tx.InsertSession(session) })
	return session
}
