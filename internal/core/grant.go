package core

import (
	"time"

	"claviger/oauth"
)

// Consent is a stored approval. One for an account of an organisation is a
// connection: one partner, one company, some scopes, whoever approved it. One
// without an organisation is a person's own, for signing in at a client.
type Consent struct {
	ID             string      `json:"id"`
	ClientID       string      `json:"client_id"`
	OrganisationID string      `json:"organisation_id"`
	AccountID      string      `json:"account_id"`
	UserID         string      `json:"user_id"` // who approved
	Scopes         oauth.Scope `json:"scopes"`
	CreatedAt      time.Time   `json:"created_at"`
	LastUsedAt     time.Time   `json:"last_used_at"`
	RevokedAt      time.Time   `json:"revoked_at"` // zero: in force
}

// Grant is one authorization from which refresh tokens descend: the refresh
// tokens of a grant are a token family (RFC 9700 §4.14.2).
type Grant struct {
	ID             string
	ClientID       string // empty when an API key is the credential
	APIKeyID       string
	UserID         string // empty when the client acts for itself
	OrganisationID string
	AccountID      string
	ConsentID      string
	Scope          oauth.Scope
	Service        string // the service that the tokens are for; empty for the issuer's own
	Channel        string
	SessionID      string          // the browser session that it began in; empty: none
	Authentication *Authentication // of a person; nil: no sign-in
	CreatedAt      time.Time
	ExpiresAt      time.Time // absolute end of the family
	EndedAt        time.Time // zero: alive
	EndReason      string
}

// RefreshToken is one link of a family, found by its selector.
type RefreshToken struct {
	Selector   string // time-ordered primary key
	Hash       []byte // of the secret half
	GrantID    string
	IssuedAt   time.Time
	ExpiresAt  time.Time
	ConsumedAt time.Time // zero: not yet used
	Successor  string    // selector of the token that replaced it
}

// SigningKey is a stored signing key. Sealed is its private half, encrypted
// under the master key.
type SigningKey struct {
	ID        string // kid
	Algorithm string // ES256, EdDSA, RS256
	PublicJWK string
	Sealed    []byte
	CreatedAt time.Time
	ActiveAt  time.Time // from when it signs
	RetiredAt time.Time // until when it signs; zero: no end set
	RemovedAt time.Time // until when it is published; zero: no end set
}
