package oauth

import (
	"errors"
	"net/http"
)

// Code is an error code as RFC 6749 §5.2, RFC 6750 §3.1 and RFC 7009 §2.2.1
// name them, or one of the few of our own for what those do not cover.
type Code string

// Codes of the RFCs.
const (
	InvalidRequest         Code = "invalid_request"
	InvalidClient          Code = "invalid_client"
	InvalidGrant           Code = "invalid_grant"
	UnauthorizedClient     Code = "unauthorized_client"
	UnsupportedGrantType   Code = "unsupported_grant_type"
	InvalidScope           Code = "invalid_scope"
	InvalidToken           Code = "invalid_token"
	AccessDenied           Code = "access_denied"
	ServerError            Code = "server_error"
	TemporarilyUnavailable Code = "temporarily_unavailable"
	InsufficientScope      Code = "insufficient_scope"
)

// Codes of the authorization endpoint (RFC 6749 §4.1.2.1, OpenID Connect Core
// §3.1.2.6, OpenID Connect Unmet Authentication Requirements).
const (
	UnsupportedResponseType  Code = "unsupported_response_type"
	RequestNotSupported      Code = "request_not_supported"
	RequestURINotSupported   Code = "request_uri_not_supported"
	InvalidRequestURI        Code = "invalid_request_uri"
	RegistrationNotSupported Code = "registration_not_supported"
	LoginRequired            Code = "login_required"
	ConsentRequired          Code = "consent_required"
	AccountSelectionRequired Code = "account_selection_required"
	InteractionRequired      Code = "interaction_required"
	UnmetAuthentication      Code = "unmet_authentication_requirements"
)

// Codes of our own, for operations that no RFC describes.
const (
	NotFound        Code = "not_found"
	Conflict        Code = "conflict"
	TooManyRequests Code = "too_many_requests"
)

// Error is the only failure that reaches a client; any other error is rendered
// as server_error.
type Error struct {
	Code        Code        // RFC code, "invalid_grant"
	Reason      Reason      // finer and stable: "refresh_token_reused", "client_inactive"
	Status      int         // HTTP status
	Description string      // safe to publish
	Param       string      // the field at fault in canonical or wire terms, if one is
	Header      http.Header // WWW-Authenticate, Retry-After, Allow
	Err         error       // logged once, at the edge; never rendered
}

// NewError returns the error for a reason, with the code, status and
// description of the reason table.
func NewError(reason Reason) *Error {
	entry, ok := reasons[reason]
	if !ok {
		entry = reasons[ReasonInternal]
	}
	return &Error{Code: entry.code, Reason: reason, Status: entry.status, Description: entry.description}
}

// Error is for logs and tests; it holds the cause and is never sent to a client.
func (e *Error) Error() string {
	text := string(e.Code) + " (" + string(e.Reason) + "): " + e.Description
	if e.Param != "" {
		text += " [" + e.Param + "]"
	}
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// At names the field at fault.
func (e *Error) At(param string) *Error {
	e.Param = param
	return e
}

// Describe replaces the description; text must be safe to publish.
func (e *Error) Describe(text string) *Error {
	e.Description = text
	return e
}

// Because keeps the cause for the log and the audit trail.
func (e *Error) Because(err error) *Error {
	e.Err = err
	return e
}

// With adds a response header.
func (e *Error) With(name, value string) *Error {
	if e.Header == nil {
		e.Header = http.Header{}
	}
	e.Header.Set(name, value)
	return e
}

// Retryable reports whether the same request can succeed later unchanged.
func (e *Error) Retryable() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}

// AsError returns err as an *Error; anything else becomes server_error with
// err kept as the cause.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return NewError(ReasonInternal).Because(err)
}

// RefusalOf returns the *Error in err that the caller can do something about; nil
// for none, and for a failure of the server.
func RefusalOf(err error) *Error {
	var e *Error
	if errors.As(err, &e) && e.Status < http.StatusInternalServerError {
		return e
	}
	return nil
}
