package oauth

import (
	"context"
	"time"
)

// Grant types.
const (
	GrantAuthorizationCode = "authorization_code"
	GrantClientCredentials = "client_credentials"
	GrantPassword          = "password"
	GrantRefreshToken      = "refresh_token"
)

// GrantTypes are all that there are.
var GrantTypes = []string{GrantAuthorizationCode, GrantClientCredentials, GrantPassword, GrantRefreshToken}

// TokenTypeBearer is the token_type of every access token (RFC 6750).
const TokenTypeBearer = "Bearer"

// TokenRequest is a token request in canonical terms, whatever the wire format
// it came in. Empty means that the caller did not send it.
type TokenRequest struct {
	GrantType    string
	ClientID     string
	ClientSecret string
	Username     string
	Password     string
	Organisation string // organisation code
	RefreshToken string
	Code         string
	CodeVerifier string
	RedirectURI  string
	Origin       string // of the browser page that sent it; empty: no browser, or the same origin
	Scope        string // space-delimited
	Channel      string // source channel, for the audit trail: "WEB"
	// IdentifyBySecret: the wire format sends no client_id; the client, or the
	// API key, is found by ClientSecret alone. ClientID is empty then.
	IdentifyBySecret bool
	Dialect          string // dialect of the route; empty on the standard endpoint
	Source           Source
}

// Source is where a request came from.
type Source struct {
	IP        string
	UserAgent string
	RequestID string
}

// TokenResponse is a successful token response in canonical terms (RFC 6749
// §5.1).
type TokenResponse struct {
	AccessToken  string    `json:"access"`
	TokenType    string    `json:"type"`
	IssuedAt     time.Time `json:"issued_at"`
	ExpiresAt    time.Time `json:"expires_at"`
	ExpiresIn    int64     `json:"expires_in"` // seconds
	RefreshToken string    `json:"refresh"`    // empty: none
	IDToken      string    `json:"id_token"`   // empty: none
	Scope        Scope     `json:"scopes"`
	ScopeText    string    `json:"scope"` // Scope, space-delimited
}

type sourceKey struct{}

// WithSource keeps where a request came from with its context.
func WithSource(ctx context.Context, s Source) context.Context {
	return context.WithValue(ctx, sourceKey{}, s)
}

// SourceOf returns where the request of a context came from; empty outside one.
func SourceOf(ctx context.Context) Source {
	s, _ := ctx.Value(sourceKey{}).(Source)
	return s
}
