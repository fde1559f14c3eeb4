package tokens

import (
	"io"
	"time"

	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/keys"
	"claviger/internal/secret"
	"claviger/oauth"
)

// Issuer makes tokens. All fields are set once, by the composition root.
type Issuer struct {
	URL              string // iss
	Audience         string // aud of tokens that are not bound to a service
	Ring             *Ring
	Algorithm        string          // of access tokens: ES256, EdDSA, RS256
	IDTokenAlgorithm string          // of ID and logout tokens for clients that registered none
	PairwiseKey      []byte          // key that pairwise subjects are derived with
	Successors       []byte          // key that successor refresh tokens are derived with
	RefreshJWT       *keys.Symmetric // signs refresh tokens in JWT form, which only this server reads
	Lifetimes        core.Lifetimes
	Profiles         map[string]*dialect.Profile // by dialect name
	Now              func() time.Time
	Rand             io.Reader
}

// Issued is a token response and the rows that must be stored before it may be
// sent. Refresh is nil when there is no refresh token. Grant is nil when it is
// stored already, and when it need not be: without a code and a refresh token.
type Issued struct {
	Response      oauth.TokenResponse
	Authorization *core.Authorization
	Grant         *core.Grant
	Refresh       *core.RefreshToken
}

// standard is the profile of credentials without a dialect.
var standard = &dialect.Profile{RefreshIssue: core.RefreshOffline, Connects: core.ConnectsNothing}

func (i *Issuer) profile(a *core.Authorization) *dialect.Profile { return i.profileOf(a.Dialect()) }

func (i *Issuer) profileOf(dialect string) *dialect.Profile {
	if p, ok := i.Profiles[dialect]; ok {
		return p
	}
	return standard
}

// Connects reports whether people connect an account of their organisation to
// the client, rather than sign in as themselves: as the client is registered,
// else as its dialect says.
func (i *Issuer) Connects(c *core.Client) bool {
	if c.Browser.Connects != "" {
		return c.Browser.Connects == core.ConnectsAccount
	}
	return i.profileOf(c.Dialect).Connects == core.ConnectsAccount
}

// ServiceRequired reports whether tokens of this authorization must be bound to
// one service (PE-3).
func (i *Issuer) ServiceRequired(a *core.Authorization) bool { return i.profile(a).ServiceRequired }

// LifetimesOf returns the lifetimes in force: the client's, else the dialect's,
// else the server's.
func (i *Issuer) LifetimesOf(a *core.Authorization) core.Lifetimes {
	lifetimes := i.profile(a).Lifetimes.Or(i.Lifetimes)
	if a.Client == nil {
		return lifetimes
	}
	return a.Client.Lifetimes.Or(lifetimes)
}

// First issues the first tokens of an authorization, with a refresh token when
// the client and its dialect say so.
func (i *Issuer) First(a *core.Authorization) (*Issued, error) {
	now := i.Now()
	a.GrantID = core.NewID(core.PrefixGrant, now, i.Rand)
	return i.begin(a, now)
}

// FromCode is First for an authorization code, under the id that its grant was
// promised. There always is a Grant to store, so that a replay of the code, a
// revocation and the end of the session find what came from it.
func (i *Issuer) FromCode(a *core.Authorization, grantID string) (*Issued, error) {
	now := i.Now()
	a.GrantID = grantID
	issued, err := i.begin(a, now)
	if err != nil {
		return nil, err
	}
	if issued.Grant == nil {
		issued.Grant = grantOf(a, now, issued.Response.ExpiresAt)
	}
	return issued, nil
}

// begin issues the first tokens of a grant.
func (i *Issuer) begin(a *core.Authorization, now time.Time) (*Issued, error) {
	nonce := ""
	if a.Authentication != nil {
		nonce = a.Authentication.Nonce
	}
	if !i.givesRefresh(a) {
		return i.issue(a, now, nonce)
	}
	lifetimes := i.LifetimesOf(a)
	grant := grantOf(a, now, now.Add(lifetimes.RefreshAbsolute))
	token := secret.Token{Kind: secret.RefreshToken, Selector: core.NewID("", now, i.Rand), Secret: secret.NewSecret(i.Rand)}
	issued, err := i.withRefresh(a, grant, token, i.row(grant, token, now, lifetimes), nonce)
	if err != nil {
		return nil, err
	}
	issued.Grant = grant
	return issued, nil
}

func (i *Issuer) givesRefresh(a *core.Authorization) bool {
	if a.Client == nil || !a.Client.MayUse(oauth.GrantRefreshToken) {
		return false
	}
	issue := i.profile(a).RefreshIssue
	if own := a.Client.Browser.IssuesRefresh; own != "" && a.Authentication != nil {
		issue = own // it is registered for people who sign in, not for what the client does by itself
	}
	switch issue {
	case core.RefreshAlways:
		return true
	case core.RefreshOffline:
		return a.Scope.Has(oauth.ScopeOfflineAccess)
	}
	return false
}

// issue signs the access token, and the ID token where there is one.
func (i *Issuer) issue(a *core.Authorization, now time.Time, nonce string) (*Issued, error) {
	lifetime := i.LifetimesOf(a).AccessToken
	claims := i.claims(a, now, now.Add(lifetime))
	if a.Service.Name != "" {
		claims.Audience = a.Service.Name // PE-3: no other API takes it
	}
	payload, err := i.profile(a).AppendAccessClaims(claims.appendTo(make([]byte, 0, 768)), dialect.FactsOf(a))
	if err != nil {
		return nil, err
	}
	token, err := i.Ring.Sign(i.Algorithm, keys.TypeAccessToken, append(payload, '}'), now)
	if err != nil {
		return nil, err
	}
	issued := &Issued{Authorization: a, Response: oauth.TokenResponse{
		AccessToken: token, TokenType: oauth.TokenTypeBearer,
		IssuedAt: now, ExpiresAt: now.Add(lifetime), ExpiresIn: int64(lifetime / time.Second),
		Scope: a.Scope, ScopeText: claims.Scope,
	}}
	if givesIDToken(a) {
		issued.Response.IDToken, err = i.idToken(a, &issued.Response, nonce)
	}
	return issued, err
}

// claims are those of an access token for our own API.
func (i *Issuer) claims(a *core.Authorization, now, expires time.Time) *Claims {
	kind, _ := a.Subject()
	claims := &Claims{
		Issuer: i.URL, Subject: i.Subject(a), Audience: i.Audience,
		IssuedAt: now.Unix(), ExpiresAt: expires.Unix(), ID: secret.NewSecret(i.Rand),
		ClientID: a.ClientID(), Scope: a.Scope.String(), GrantID: a.GrantID, SubjectType: kind, Channel: a.Channel,
	}
	if a.Organisation != nil {
		claims.OrganisationID = a.Organisation.ID
	}
	if a.Account != nil {
		claims.AccountID = a.Account.ID
	}
	return claims
}

// ForBackend returns an access token (RFC 9068) that stands for a credential
// which was proved: for another audience than this server's, so that it is of no
// use here, and without a row. Backends know everybody by one id, whichever client
// brought them. A credential that ends earlier bounds it; a zero ends does not.
func (i *Issuer) ForBackend(a *core.Authorization, audience string, lifetime time.Duration, ends time.Time) (string, error) {
	now := i.Now()
	expires := now.Add(lifetime)
	if !ends.IsZero() && ends.Before(expires) {
		expires = ends
	}
	claims := i.claims(a, now, expires)
	claims.Audience = audience
	_, claims.Subject = a.Subject()
	return i.Ring.Sign(i.Algorithm, keys.TypeAccessToken, append(claims.appendTo(make([]byte, 0, 512)), '}'), now)
}

func grantOf(a *core.Authorization, now, expires time.Time) *core.Grant {
	g := &core.Grant{
		ID: a.GrantID, Scope: a.Scope, Service: a.Service.Name, Channel: a.Channel,
		CreatedAt: now, ExpiresAt: expires, ClientID: a.Client.ID,
	}
	if a.User != nil {
		g.UserID = a.User.ID
	}
	if a.Organisation != nil {
		g.OrganisationID = a.Organisation.ID
	}
	if a.Account != nil {
		g.AccountID = a.Account.ID
	}
	if a.Consent != nil {
		g.ConsentID = a.Consent.ID
	}
	if a.Authentication != nil {
		g.SessionID, g.Authentication = a.Authentication.SessionID, a.Authentication
	}
	return g
}
