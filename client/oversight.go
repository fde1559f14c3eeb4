package client

import (
	"context"
	"iter"
	"net/url"
	"time"
)

// Connection is a partner that a company of an organisation is connected to.
type Connection struct {
	ID             string    `json:"id"`
	OrganisationID string    `json:"organisation_id"`
	AccountID      string    `json:"account_id"`
	ClientID       string    `json:"client_id"`
	ClientName     string    `json:"client_name"`
	Scopes         []string  `json:"scopes"`
	ApprovedBy     string    `json:"approved_by"`        // user id
	Approver       string    `json:"approver,omitempty"` // email address, phone number or user name of who approved
	CreatedAt      time.Time `json:"created_at"`
	LastUsedAt     time.Time `json:"last_used_at,omitzero"`
}

// Connections lists the partners that an organisation is connected to.
func (c *Client) Connections(ctx context.Context, organisationID string) iter.Seq2[Connection, error] {
	return list[Connection](ctx, c, path("organisations", organisationID, "connections"), nil)
}

// EndConnection ends a connection, and every token that it gave out.
func (c *Client) EndConnection(ctx context.Context, id string) error {
	return remove(ctx, c, path("connections", id), "")
}

// Event is a record of the audit trail.
type Event struct {
	ID             string    `json:"id"`
	At             time.Time `json:"at"`
	Type           string    `json:"type"`
	Reason         string    `json:"reason,omitempty"`
	OrganisationID string    `json:"organisation_id,omitempty"`
	ClientID       string    `json:"client_id,omitempty"`
	APIKeyID       string    `json:"api_key_id,omitempty"`
	SubjectType    string    `json:"subject_type,omitempty"`
	SubjectID      string    `json:"subject_id,omitempty"`
	GrantID        string    `json:"grant_id,omitempty"`
	GrantType      string    `json:"grant_type,omitempty"`
	Dialect        string    `json:"dialect,omitempty"`
	Channel        string    `json:"channel,omitempty"`
	IP             string    `json:"ip,omitempty"`
	RequestID      string    `json:"request_id,omitempty"`
	Target         string    `json:"target,omitempty"`
	Detail         string    `json:"detail,omitempty"`
}

// EventFilter says which events are meant; what is empty does not count.
type EventFilter struct {
	OrganisationID string    // without it, all, for the platform
	Since          time.Time // at or after
	Until          time.Time // before
	Type           string    // "token.refused"
	ClientID       string
	SubjectID      string
	RequestID      string
}

// Events lists audit records, the latest first.
func (c *Client) Events(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	query := values("since", instant(f.Since), "until", instant(f.Until), "type", f.Type, "client_id", f.ClientID,
		"subject_id", f.SubjectID, "request_id", f.RequestID)
	return list[Event](ctx, c, ofOrganisation(f.OrganisationID, "audit"), query)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func ofOrganisation(id, what string) string {
	if id == "" {
		return path(what)
	}
	return path("organisations", id, what)
}

// Usage is how often on a day token requests of one kind had one outcome.
type Usage struct {
	Day       string `json:"day"`                 // 2026-03-04, UTC
	ClientID  string `json:"client_id,omitempty"` // or the id of the API key; empty: unknown
	Dialect   string `json:"dialect,omitempty"`
	GrantType string `json:"grant_type"`
	Outcome   string `json:"outcome"`          // token.issued, token.refused, ...
	Reason    string `json:"reason,omitempty"` // of a refusal
	Requests  int64  `json:"requests"`
}

// Usage lists the token requests of an organisation or, without one, of all of them,
// from a day to a day, both included; zero: the last thirty.
func (c *Client) Usage(ctx context.Context, organisationID string, from, to time.Time) iter.Seq2[Usage, error] {
	return list[Usage](ctx, c, ofOrganisation(organisationID, "usage"), values("from", date(from), "to", date(to)))
}

func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.DateOnly)
}

// SigningKey is a key that signs tokens, without its private half.
type SigningKey struct {
	ID        string    `json:"id"` // the kid
	Algorithm string    `json:"algorithm"`
	CreatedAt time.Time `json:"created_at"`
	ActiveAt  time.Time `json:"active_at"`           // from when it signs
	RetiredAt time.Time `json:"retired_at,omitzero"` // until when it signs
	RemovedAt time.Time `json:"removed_at,omitzero"` // until when it is published
}

// SigningKeys lists the signing keys, oldest first.
func (c *Client) SigningKeys(ctx context.Context) iter.Seq2[SigningKey, error] {
	return list[SigningKey](ctx, c, "/signing-keys", nil)
}

// RotateSigningKey makes a successor for the keys of an algorithm.
func (c *Client) RotateSigningKey(ctx context.Context, algorithm string) (*SigningKey, error) {
	body := struct {
		Algorithm string `json:"algorithm"`
	}{algorithm}
	return create[SigningKey](ctx, c, "/signing-keys/rotate", body)
}

// Session is a person signed in with a browser.
type Session struct {
	ID              string    `json:"id"`
	UserID          string    `json:"user_id"`
	ACR             string    `json:"acr"`
	AMR             []string  `json:"amr"`
	AuthenticatedAt time.Time `json:"authenticated_at"`
	CreatedAt       time.Time `json:"created_at"`
	SeenAt          time.Time `json:"seen_at"`
	ExpiresAt       time.Time `json:"expires_at"`
	IP              string    `json:"ip,omitempty"`
	UserAgent       string    `json:"user_agent,omitempty"`
}

// Sessions lists where a person is signed in.
func (c *Client) Sessions(ctx context.Context, userID string) iter.Seq2[Session, error] {
	return list[Session](ctx, c, path("users", userID, "sessions"), url.Values{})
}

// EndSession signs a person out of one browser.
func (c *Client) EndSession(ctx context.Context, id string) error {
	return remove(ctx, c, path("sessions", id), "")
}

// ResetFactors takes all second factors of a person away, who has lost them, and ends
// their sessions. The person is named by id, email address or phone number.
func (c *Client) ResetFactors(ctx context.Context, person string) error {
	return remove(ctx, c, path("users", person, "factors"), "")
}
