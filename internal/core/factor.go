package core

import "time"

// Passkey is a WebAuthn credential of a person. Record is what the library needs to
// verify with it, as JSON: the public key and what was attested, no secret.
type Passkey struct {
	ID           string
	UserID       string
	CredentialID []byte // chosen by the authenticator, unique
	Name         string // that the person gave it
	Record       []byte
	SignCount    int64 // of its last use; 0 forever where the authenticator has no counter
	CreatedAt    time.Time
	LastUsedAt   time.Time // zero: never
}

// AuthenticatorApp is the app of a person that shows a code every 30 seconds (TOTP,
// RFC 6238). Each has at most one.
type AuthenticatorApp struct {
	UserID     string
	Sealed     []byte // the secret, encrypted under the master key
	LastStep   int64  // of the last code that was taken: none twice
	Tries      int64  // wrong codes since the last right one
	CreatedAt  time.Time
	LastUsedAt time.Time
}

// AuthenticatorAppTries is how many wrong codes in a row end the use of an app, until
// its owner proves to be it by another factor: a guesser with the password needs half
// a million.
const AuthenticatorAppTries = 50

// RecoveryCode gets a person in once when the other factors are lost.
type RecoveryCode struct {
	UserID string
	Digest string // keyed
}

// RecoveryCodes is how many a person gets.
const RecoveryCodes = 10

// Challenge is a ceremony under way in one browser, which ends it by finishing it
// once: a passkey to be made or shown, an app to be confirmed, a sign-in that waits
// for its second factor.
type Challenge struct {
	ID        string
	Purpose   string
	UserID    string // empty: whoever shows a passkey
	Binding   []byte // hash of the browser's cookie
	Sealed    []byte // what the ceremony has to remember, encrypted under the master key
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Purposes of challenges.
const (
	ChallengeSecondFactor  = "second_factor"  // a sign-in that waits
	ChallengePasskeySignIn = "passkey_signin" // any passkey, of anybody
	ChallengePasskeyFactor = "passkey_factor" // one of the person's
	ChallengePasskeyAdd    = "passkey_add"
	ChallengeAppAdd        = "app_add"
)

// How long a challenge waits.
const (
	ChallengeLifetime    = 5 * time.Minute
	SecondFactorLifetime = 10 * time.Minute // to find the phone, and longer than a code in it
)

// RememberedDevice is a browser where a person's password is enough for a while.
type RememberedDevice struct {
	Digest    string // of the value of its cookie
	UserID    string
	CreatedAt time.Time
	ExpiresAt time.Time
}

// RememberedFor is how long a browser is remembered.
const RememberedFor = 30 * 24 * time.Hour

// Factors are the ways of a person to prove who they are beside a password.
type Factors struct {
	Passkeys      int64
	App           bool
	RecoveryCodes int64 // unused
}

// Any reports whether a sign-in needs one of them.
func (f Factors) Any() bool { return f.Passkeys > 0 || f.App }

// Event types of factors.
const (
	PasskeyAdded         EventType = "passkey.added"
	PasskeyRemoved       EventType = "passkey.removed"
	AuthenticatorAdded   EventType = "authenticator_app.added"
	AuthenticatorRemoved EventType = "authenticator_app.removed"
	RecoveryCodesMade    EventType = "recovery_codes.made"
	RecoveryCodeUsed     EventType = "recovery_code.used"
	DeviceRemembered     EventType = "device.remembered"
	FactorsReset         EventType = "factors.reset"
)
