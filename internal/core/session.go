package core

import (
	"slices"
	"time"

	"claviger/oauth"
)

// Session is a person signed in with a browser. Its ID is the sid of ID tokens;
// the browser holds ID and a secret of which Hash is kept, and gets a new secret
// at every sign-in and step-up.
type Session struct {
	ID              string
	Hash            []byte // of the secret half
	UserID          string
	ACR             string   // reached so far: ACRPassword or ACRTwoFactors
	AMR             []string // RFC 8176
	AuthenticatedAt time.Time
	CreatedAt       time.Time
	SeenAt          time.Time
	ExpiresAt       time.Time
	EndedAt         time.Time // zero: alive
	EndReason       string
	IP              string
	UserAgent       string
}

// Has reports whether a method was used.
func (s *Session) Has(amr string) bool { return slices.Contains(s.AMR, amr) }

// Alive reports whether the session may be used.
func (s *Session) Alive(now time.Time) bool { return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) }

// Authentication context classes: one factor, or two: a password and a one-time code,
// or a passkey, which is a key and what unlocks it.
const (
	ACRPassword   = "1"
	ACRTwoFactors = "2"
)

// Authentication methods (RFC 8176).
const (
	AMRPassword    = "pwd"
	AMROneTimeCode = "otp"
	AMRSMS         = "sms"
	AMRHardwareKey = "hwk"  // a passkey that stays in its device
	AMRSoftwareKey = "swk"  // a passkey that is synchronised
	AMRPresence    = "user" // and unlocked it
	AMRMultiple    = "mfa"
)

// Authentication is how and when a person signed in, and what the client asked
// about it: what ID tokens and userinfo of a grant are made from.
type Authentication struct {
	SessionID string              `json:"sid"`
	At        time.Time           `json:"at"`
	ACR       string              `json:"acr"`
	AMR       []string            `json:"amr"`
	Nonce     string              `json:"nonce"`
	Claims    oauth.ClaimsRequest `json:"claims"`
}

// Code is an authorization code, found by its selector (RFC 6749 §4.1.2). GrantID
// is the grant that it will become, so that a replay can end it.
type Code struct {
	Selector       string
	Hash           []byte
	GrantID        string
	ClientID       string
	UserID         string
	OrganisationID string
	AccountID      string
	ConsentID      string
	RedirectURI    string // that the token request must repeat; empty: the client did not send it
	Challenge      string // S256; empty: the client is registered without PKCE and sent none
	Scope          oauth.Scope
	Authentication Authentication
	CreatedAt      time.Time
	ExpiresAt      time.Time
	ConsumedAt     time.Time // zero: not yet used
}

// CodeLifetime is how long an authorization code lives.
const CodeLifetime = time.Minute

// Flow is an authorization request on its way: pushed by a client (RFC 9126), or
// waiting for the person at one browser to sign in and consent.
type Flow struct {
	Selector  string
	Hash      []byte // of the secret half of a pushed request_uri; of the browser's cookie for one in a browser
	Pushed    bool
	ClientID  string
	PushedAs  string // selector of the pushed request that it began with; empty: none
	SessionID string // the session that the consent page was shown to
	Request   oauth.AuthorizationRequest
	Chosen    bool // the person said which sign-in to use (prompt=select_account)
	CreatedAt time.Time
	ExpiresAt time.Time
	DoneAt    time.Time // zero: no answer was sent yet
}

// Purposes of one-time codes.
const (
	PurposeSignIn      = "sign_in"
	PurposeStepUp      = "step_up"
	PurposeRecovery    = "recovery"
	PurposeVerifyEmail = "verify_email"
	PurposeVerifyPhone = "verify_phone"
)

// Channels that messages leave by.
const (
	ChannelEmail = "email"
	ChannelSMS   = "sms"
)

// OneTimeCode is a code that was sent to a person. For an identifier that nobody
// has there is one without a user, which never proves right.
type OneTimeCode struct {
	ID          string
	UserID      string
	Purpose     string
	Channel     string
	Destination string // where it went: an email address or a phone number
	Digest      string // keyed digest of ID and code
	Binding     []byte // hash of the browser's cookie: another browser cannot use it
	Tries       int64
	CreatedAt   time.Time
	ExpiresAt   time.Time
	ConsumedAt  time.Time
}

// One-time codes: six digits, ten minutes, five tries.
const (
	OneTimeCodeDigits   = 6
	OneTimeCodeLifetime = 10 * time.Minute
	OneTimeCodeTries    = 5
)

// Kinds of deliveries beside the channels of messages.
const DeliverLogout = "logout" // a back-channel logout token

// Delivery is something that has to leave, and is tried again until it has or
// expires. Sealed is the payload, encrypted under the master key.
type Delivery struct {
	ID        string
	Kind      string // ChannelEmail, ChannelSMS or DeliverLogout
	Sealed    []byte
	Attempts  int64
	NextAt    time.Time
	CreatedAt time.Time
	ExpiresAt time.Time
	LastError string
}
