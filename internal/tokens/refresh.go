package tokens

import (
	"time"

	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/keys"
	"claviger/internal/secret"
)

// Next issues the successors of a refresh token that is being rotated. The new
// refresh token is derived from the presented one, so that Again can give the
// same one to a retry although only hashes are stored.
func (i *Issuer) Next(a *core.Authorization, grant *core.Grant, presented secret.Token) (*Issued, error) {
	now := i.Now()
	selector := core.NewID("", now, i.Rand)
	token := secret.Token{Kind: secret.RefreshToken, Selector: selector, Secret: secret.Derive(i.Successors, presented, selector)}
	return i.withRefresh(a, grant, token, i.row(grant, token, now, i.LifetimesOf(a)), "")
}

// Again repeats the answer that rotated presented: the same refresh token, and
// a new access token. Nothing is to be stored.
func (i *Issuer) Again(a *core.Authorization, grant *core.Grant, presented secret.Token, successor *core.RefreshToken) (*Issued, error) {
	token := secret.Token{Kind: secret.RefreshToken, Selector: successor.Selector, Secret: secret.Derive(i.Successors, presented, successor.Selector)}
	issued, err := i.withRefresh(a, grant, token, successor, "")
	if err != nil {
		return nil, err
	}
	issued.Refresh = nil
	return issued, nil
}

// row is the refresh token to store; it never outlives its grant (B17).
func (i *Issuer) row(g *core.Grant, t secret.Token, now time.Time, l core.Lifetimes) *core.RefreshToken {
	expires := now.Add(l.RefreshToken)
	if expires.After(g.ExpiresAt) {
		expires = g.ExpiresAt
	}
	return &core.RefreshToken{Selector: t.Selector, Hash: t.Hash(), GrantID: g.ID, IssuedAt: now, ExpiresAt: expires}
}

// withRefresh issues with a refresh token. The nonce is for the first ID token
// alone (OpenID Connect Core §12.2).
func (i *Issuer) withRefresh(a *core.Authorization, g *core.Grant, t secret.Token, row *core.RefreshToken, nonce string) (*Issued, error) {
	a.GrantID = g.ID
	issued, err := i.issue(a, i.Now(), nonce)
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
	return i.RefreshJWT.Sign(keys.TypeRefreshToken, append(payload, '}'))
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
	payload, err := i.RefreshJWT.Verify(text, keys.TypeRefreshToken)
	if err != nil {
		return secret.Token{}, err
	}
	claims, err := parseRefreshClaims(payload)
	if err != nil {
		return secret.Token{}, err
	}
	return secret.ParseToken(secret.RefreshToken, claims.ID)
}
