package core

import (
	"time"

	"claviger/oauth"
)

// EventType is what an audit record says happened.
type EventType string

// Event types.
const (
	TokenIssued          EventType = "token.issued"
	TokenRefused         EventType = "token.refused"
	TokenRefreshed       EventType = "token.refreshed"
	TokenReused          EventType = "token.reused"
	TokenRevoked         EventType = "token.revoked"
	Logout               EventType = "logout"
	CredentialCreated    EventType = "credential.created"
	CredentialRotated    EventType = "credential.rotated"
	CredentialEnabled    EventType = "credential.enabled"
	CredentialDisabled   EventType = "credential.disabled"
	CredentialRevoked    EventType = "credential.revoked"
	MemberAdded          EventType = "member.added"
	MemberUpdated        EventType = "member.updated"
	MemberRemoved        EventType = "member.removed"
	AccountCreated       EventType = "account.created"
	AccountUpdated       EventType = "account.updated"
	OrganisationCreated  EventType = "organisation.created"
	OrganisationUpdated  EventType = "organisation.updated"
	CredentialUpdated    EventType = "credential.updated"
	AddressRefused       EventType = "credential.address_refused"
	AddressReported      EventType = "credential.address_reported"
	RoleCreated          EventType = "role.created"
	RoleUpdated          EventType = "role.updated"
	RoleDeleted          EventType = "role.deleted"
	InvitationSent       EventType = "invitation.sent"
	InvitationAccepted   EventType = "invitation.accepted"
	InvitationWithdrawn  EventType = "invitation.withdrawn"
	SigningKeyCreated    EventType = "signing_key.created"
	ConfigurationApplied EventType = "configuration.applied"
	SignedIn             EventType = "session.signed_in"
	SignInRefused        EventType = "session.refused"
	SteppedUp            EventType = "session.stepped_up"
	SessionEnded         EventType = "session.ended"
	OneTimeCodeSent      EventType = "one_time_code.sent"
	PasswordChanged      EventType = "password.changed"
	EmailVerified        EventType = "email.verified"
	PhoneVerified        EventType = "phone.verified"
	PhoneChanged         EventType = "phone.changed"
	ConsentGiven         EventType = "consent.given"
	ConsentRefused       EventType = "consent.refused"
	ConsentRevoked       EventType = "consent.revoked"
	CodeReplayed         EventType = "code.replayed"
	PermissionDenied     EventType = "permission.denied"
)

// Event is one audit record: who did what, for which organisation, through
// which client, from where. It never holds a secret.
type Event struct {
	ID             string // time-ordered
	At             time.Time
	Type           EventType
	Reason         oauth.Reason // of a refusal
	OrganisationID string
	ClientID       string
	APIKeyID       string
	SubjectType    string
	SubjectID      string
	GrantID        string
	GrantType      string
	Dialect        string
	Channel        string // source channel: "WEB"
	IP             string
	RequestID      string
	Target         string // what was changed: "api_key/key_…"
	Detail         string // short text, no secrets
}

// EventOf returns an event with what an authorization and a source say filled in.
func EventOf(kind EventType, a *Authorization, source oauth.Source) Event {
	e := Event{Type: kind, IP: source.IP, RequestID: source.RequestID}
	if a == nil {
		return e
	}
	e.SubjectType, e.SubjectID = a.Subject()
	e.ClientID, e.GrantID, e.Dialect, e.Channel = a.ClientID(), a.GrantID, a.Dialect(), a.Channel
	if a.Key != nil {
		e.APIKeyID = a.Key.ID
	}
	if a.Organisation != nil {
		e.OrganisationID = a.Organisation.ID
	}
	return e
}
