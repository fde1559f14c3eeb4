package core

import "time"

// Invitation lets the person with an email address become a member: of one account
// or, with AccountID empty, of the whole organisation.
type Invitation struct {
	ID             string    `json:"id"`
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id"`
	RoleID         string    `json:"role_id"`
	Email          string    `json:"email"`
	Digest         string    `json:"-"`          // keyed digest of the secret in the link
	InvitedBy      string    `json:"invited_by"` // as APIKey.CreatedBy
	CreatedAt      time.Time `json:"created_at"`
	ExpiresAt      time.Time `json:"expires_at"`
	EndedAt        time.Time `json:"ended_at"`    // zero: open
	AcceptedBy     string    `json:"accepted_by"` // user id; empty: nobody
}

// InvitationLifetime is how long an invitation can be accepted.
const InvitationLifetime = 7 * 24 * time.Hour

// Open reports whether the invitation can be accepted at now.
func (i *Invitation) Open(now time.Time) bool { return i.EndedAt.IsZero() && now.Before(i.ExpiresAt) }

// Answer is what a request with an idempotency key was answered: Sealed is the
// answer, encrypted under the master key.
type Answer struct {
	ID        string // digest of who asked, and the key that they chose
	Request   string // digest of what was asked
	Sealed    []byte
	ExpiresAt time.Time
}

// AnswerLifetime is for how long the same request gets the same answer.
const AnswerLifetime = 24 * time.Hour

// Usage is how often on one day (UTC) token requests of one kind had one outcome.
type Usage struct {
	Day            time.Time `json:"day"`
	OrganisationID string    `json:"organisation_id"` // empty in sums over organisations, and where a request names none
	ClientID       string    `json:"client_id"`       // or the id of the API key; empty: unknown
	Dialect        string    `json:"dialect"`
	GrantType      string    `json:"grant_type"` // "other": one that the server does not know
	Outcome        EventType `json:"outcome"`    // TokenIssued, TokenRefreshed, TokenRefused or TokenReused
	Reason         string    `json:"reason"`     // of a refusal
	Requests       int64     `json:"requests"`
}

// UsageKept is for how many days usage is kept.
const UsageKept = 400
