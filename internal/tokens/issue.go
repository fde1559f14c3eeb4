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
	URL        string // iss
	Audience   string // aud of tokens that are not bound to a service
	Ring       *Ring
	Algorithm  string          // of access tokens: ES256, EdDSA, RS256
	Successors []byte          // key that successor refresh tokens are derived with
	RefreshJWT *keys.Symmetric // signs refresh tokens in JWT form, which only this server reads
	Lifetimes  core.Lifetimes
	Profiles   map[string]*dialect.Profile // by dialect name
	Now        func() time.Time
	Rand       io.Reader
}

// Issued is a token response and the rows that must be stored before it may be
// sent. Grant and Refresh are nil when there is no refresh token; Grant is nil
// too when the grant is stored already.
type Issued struct {
	Response      oauth.TokenResponse
	Authorization *core.Authorization
	Grant         *core.Grant
	Refresh       *core.RefreshToken
}

// standard is the profile of credentials without a dialect.
var standard = &dialect.Profile{RefreshIssue: core.RefreshOffline, Connects: core.ConnectsNothing}

func (i *Issuer) profile(a *core.Authorization) *dialect.Profile {
	if p, ok := i.Profiles[a.Dialect()]; ok {
		return p
	}
	return standard
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
	if !i.givesRefresh(a) {
		return i.issue(a, now)
	}
	lifetimes := i.LifetimesOf(a)
	grant := grantOf(a, now, now.Add(lifetimes.RefreshAbsolute))
	token := secret.Token{Kind: secret.RefreshToken, Selector: core.NewID("", now, i.Rand), Secret: secret.NewSecret(i.Rand)}
	issued, err := i.withRefresh(a, grant, token, i.row(grant, token, now, lifetimes))
	if err != nil {
		return nil, err
	}
	issued.Grant = grant
	return issued, nil
}

// Next issues the successors of a refresh token that is being rotated. The new
// refresh token is derived from the presented one, so that Again can give the
// same one to a retry although only hashes are stored.
func (i *Issuer) Next(a *core.Authorization, grant *core.Grant, presented secret.Token) (*Issued, error) {
	now := i.Now()
	selector := core.NewID("", now, i.Rand)
	token := secret.Token{Kind: secret.RefreshToken, Selector: selector, Secret: secret.Derive(i.Successors, presented, selector)}
	return i.withRefresh(a, grant, token, i.row(grant, token, now, i.LifetimesOf(a)))
}

// Again repeats the answer that rotated presented: the same refresh token, and
// a new access token. Nothing is to be stored.
func (i *Issuer) Again(a *core.Authorization, grant *core.Grant, presented secret.Token, successor *core.RefreshToken) (*Issued, error) {
	token := secret.Token{Kind: secret.RefreshToken, Selector: successor.Selector, Secret: secret.Derive(i.Successors, presented, successor.Selector)}
	issued, err := i.withRefresh(a, grant, token, successor)
	if err != nil {
		return nil, err
	}
	issued.Refresh = nil
	return issued, nil
}

func (i *Issuer) givesRefresh(a *core.Authorization) bool {
	if a.Client == nil || !a.Client.MayUse(oauth.GrantRefreshToken) {
		return false
	}
	switch i.profile(a).RefreshIssue {
	case core.RefreshAlways:
		return true
	case core.RefreshOffline:
		return a.Scope.Has(oauth.ScopeOfflineAccess)
	}
	return false
}

// row is the refresh token to store; it never outlives its grant (B17).
func (i *Issuer) row(g *core.Grant, t secret.Token, now time.Time, l core.Lifetimes) *core.RefreshToken {
	expires := now.Add(l.RefreshToken)
	if expires.After(g.ExpiresAt) {
		expires = g.ExpiresAt
	}
	return &core.RefreshToken{Selector: t.Selector, Hash: t.Hash(), GrantID: g.ID, IssuedAt: now, ExpiresAt: expires}
}

func (i *Issuer) withRefresh(a *core.Authorization, g *core.Grant, t secret.Token, row *core.RefreshToken) (*Issued, error) {
	a.GrantID = g.ID
	issued, err := i.issue(a, i.Now())
	if err != nil {
		return nil, err
	}
	issued.Refresh = row
	issued.Response.RefreshToken, err = i.refreshText(a, t, row)
	return issued, err
}

// refreshText is the refresh token as it goes over the wire: opaque, or wrapped
// in a JWT where the dialect's integrators expect one (SP-2, JP-1).
func (i *Issuer) refreshText(a *core.Authorization, t secret.Token, row *core.RefreshToken) (string, error) {
	text := secret.FormatToken(t.Kind, t.Selector, t.Secret)
	profile := i.profile(a)
	if !profile.RefreshJWT {
		return text, nil
	}
	claims := refreshClaims{Issuer: i.URL, ID: text, IssuedAt: row.IssuedAt.Unix(), ExpiresAt: row.ExpiresAt.Unix()}
	payload, err := profile.AppendRefreshClaims(claims.appendTo(nil), dialect.FactsOf(a))
	if err != nil {
		return "", err
	}
	return i.RefreshJWT.Sign(typRefresh, append(payload, '}'))
}

// issue signs the access token.
func (i *Issuer) issue(a *core.Authorization, now time.Time) (*Issued, error) {
	lifetime := i.LifetimesOf(a).AccessToken
	kind, subject := a.Subject()
	claims := Claims{
		Issuer: i.URL, Subject: subject, Audience: i.Audience,
		IssuedAt: now.Unix(), ExpiresAt: now.Add(lifetime).Unix(), ID: secret.NewSecret(i.Rand),
		ClientID: a.ClientID(), Scope: a.Scope.String(), GrantID: a.GrantID, SubjectType: kind, Channel: a.Channel,
	}
	if a.Service.Name != "" {
		claims.Audience = a.Service.Name // PE-3: no other API takes it
	}
	if a.Organisation != nil {
		claims.OrganisationID = a.Organisation.ID
	}
	if a.Account != nil {
		claims.AccountID = a.Account.ID
	}
	payload, err := i.profile(a).AppendAccessClaims(claims.appendTo(make([]byte, 0, 768)), dialect.FactsOf(a))
	if err != nil {
		return nil, err
	}
	token, err := i.Ring.Sign(i.Algorithm, typAccess, append(payload, '}'), now)
	if err != nil {
		return nil, err
	}
	return &Issued{Authorization: a, Response: oauth.TokenResponse{
		AccessToken: token, TokenType: oauth.TokenTypeBearer,
		IssuedAt: now, ExpiresAt: now.Add(lifetime), ExpiresIn: int64(lifetime / time.Second),
		Scope: a.Scope, ScopeText: claims.Scope,
	}}, nil
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
	return g
}

// refreshClaims are the claims of a refresh token in JWT form; ID is the token.
type refreshClaims struct {
	Issuer    string `json:"iss"`
	ID        string `json:"jti"`
	IssuedAt  int64  `json:"iat"`
	ExpiresAt int64  `json:"exp"`
}

func (c *refreshClaims) appendTo(b []byte) []byte {
	b = append(b, `{"iss":`...)
	b = appendText(b, c.Issuer)
	b = appendMember(b, "jti", c.ID)
	b = appendNumber(b, "iat", c.IssuedAt)
	return appendNumber(b, "exp", c.ExpiresAt)
}

// OpenRefresh returns the refresh token inside its wire form, opaque or JWT. An
// error says only that it is not one of ours.
func (i *Issuer) OpenRefresh(text string) (secret.Token, error) {
	if kind, ok := secret.WellFormed(text); ok && kind == secret.RefreshToken {
		return secret.ParseToken(secret.RefreshToken, text)
	}
	payload, err := i.RefreshJWT.Verify(text, typRefresh)
	if err != nil {
		return secret.Token{}, err
	}
	claims, err := parseRefreshClaims(payload)
	if err != nil {
		return secret.Token{}, err
	}
	return secret.ParseToken(secret.RefreshToken, claims.ID)
}
