package oauth

import (
	"maps"
	"slices"
)

// Reason is finer than a Code and stable: dialects map it, the audit trail
// keeps it. It may be published, so it never tells a wrong secret from an
// unknown client or user (RFC 9700 §2.4).
type Reason string

// Reasons, by the code they belong to.
const (
	ReasonMissingParameter   Reason = "missing_parameter"
	ReasonDuplicateParameter Reason = "duplicate_parameter"
	ReasonWrongType          Reason = "wrong_type"
	ReasonInvalidValue       Reason = "invalid_value"
	ReasonMalformedBody      Reason = "malformed_body"
	ReasonBodyTooLarge       Reason = "body_too_large"
	ReasonContentType        Reason = "unsupported_content_type"
	ReasonCredentialInQuery  Reason = "credential_in_query"
	ReasonSeveralCredentials Reason = "several_credentials"
	ReasonMethodNotAllowed   Reason = "method_not_allowed"

	ReasonClientCredentials Reason = "wrong_client_credentials"
	ReasonClientInactive    Reason = "client_inactive"

	ReasonUserCredentials      Reason = "wrong_user_credentials"
	ReasonRefreshTokenInvalid  Reason = "refresh_token_invalid"
	ReasonRefreshTokenExpired  Reason = "refresh_token_expired"
	ReasonRefreshTokenReused   Reason = "refresh_token_reused"
	ReasonGrantEnded           Reason = "grant_ended"
	ReasonUserInactive         Reason = "user_inactive"
	ReasonOrganisationInactive Reason = "organisation_inactive"
	ReasonAccountInactive      Reason = "account_inactive"
	ReasonMembershipEnded      Reason = "membership_ended"
	ReasonConsentRevoked       Reason = "consent_revoked"

	ReasonGrantTypeNotAllowed Reason = "grant_type_not_allowed"
	ReasonTokenOfAnother      Reason = "token_of_another_client"
	ReasonGrantTypeUnknown    Reason = "grant_type_unknown"
	ReasonScopeNotAllowed     Reason = "scope_not_allowed"
	ReasonServiceMissing      Reason = "service_missing"

	ReasonAuthenticationMissing Reason = "authentication_missing"
	ReasonTokenInvalid          Reason = "token_invalid"
	ReasonTokenExpired          Reason = "token_expired"
	ReasonTokenRevoked          Reason = "token_revoked"
	ReasonCredentialInactive    Reason = "credential_inactive"
	ReasonKeyInvalid            Reason = "api_key_invalid"

	ReasonPermissionDenied Reason = "permission_denied"
	ReasonNotMember        Reason = "not_a_member"
	ReasonLastOwner        Reason = "last_owner"
	ReasonNotFound         Reason = "not_found"
	ReasonNameTaken        Reason = "name_taken"

	ReasonTooManyAttempts Reason = "too_many_attempts"
	ReasonRateLimited     Reason = "rate_limited"
	ReasonOverloaded      Reason = "overloaded"
	ReasonUnavailable     Reason = "unavailable"
	ReasonInternal        Reason = "internal"
)

type reasonEntry struct {
	code        Code
	status      int
	description string
}

// reasons is the one table from Reason to code, status and text.
var reasons = map[Reason]reasonEntry{
	ReasonMissingParameter:   {InvalidRequest, 400, "A required parameter is missing."},
	ReasonDuplicateParameter: {InvalidRequest, 400, "A parameter is present more than once."},
	ReasonWrongType:          {InvalidRequest, 400, "A parameter has the wrong type."},
	ReasonInvalidValue:       {InvalidRequest, 400, "A parameter has a value that is not allowed."},
	ReasonMalformedBody:      {InvalidRequest, 400, "The request body could not be read."},
	ReasonBodyTooLarge:       {InvalidRequest, 400, "The request is too large."},
	ReasonContentType:        {InvalidRequest, 400, "The content type is not the one this endpoint takes."},
	ReasonCredentialInQuery:  {InvalidRequest, 400, "Credentials are not accepted in the URL."},
	ReasonSeveralCredentials: {InvalidRequest, 400, "Only one way to authenticate may be used in a request."},
	ReasonMethodNotAllowed:   {InvalidRequest, 405, "The method is not allowed here."},

	ReasonClientCredentials: {InvalidClient, 401, "Client authentication failed."},
	ReasonClientInactive:    {InvalidClient, 401, "The client is not active."},

	ReasonUserCredentials:      {InvalidGrant, 400, "The user credentials are not valid."},
	ReasonRefreshTokenInvalid:  {InvalidGrant, 400, "The refresh token is not valid."},
	ReasonRefreshTokenExpired:  {InvalidGrant, 400, "The refresh token has expired."},
	ReasonRefreshTokenReused:   {InvalidGrant, 400, "The refresh token has been used before."},
	ReasonGrantEnded:           {InvalidGrant, 400, "The authorization has ended."},
	ReasonUserInactive:         {InvalidGrant, 400, "The user is not active."},
	ReasonOrganisationInactive: {InvalidGrant, 400, "The organisation is not active."},
	ReasonAccountInactive:      {InvalidGrant, 400, "The account is not active."},
	ReasonMembershipEnded:      {InvalidGrant, 400, "The membership behind the authorization has ended."},
	ReasonConsentRevoked:       {InvalidGrant, 400, "The consent has been revoked."},

	ReasonGrantTypeNotAllowed: {UnauthorizedClient, 400, "The client may not use this grant type."},
	ReasonTokenOfAnother:      {UnauthorizedClient, 400, "The token was issued to another client."},
	ReasonGrantTypeUnknown:    {UnsupportedGrantType, 400, "The grant type is not supported."},
	ReasonScopeNotAllowed:     {InvalidScope, 400, "The requested scope is not allowed."},
	ReasonServiceMissing:      {InvalidScope, 400, "The scope must name a service of the organisation."},

	ReasonAuthenticationMissing: {InvalidToken, 401, "Authentication is missing."},
	ReasonTokenInvalid:          {InvalidToken, 401, "The access token is not valid."},
	ReasonTokenExpired:          {InvalidToken, 401, "The access token has expired."},
	ReasonTokenRevoked:          {InvalidToken, 401, "The access token has been revoked."},
	ReasonCredentialInactive:    {InvalidToken, 401, "The credential is no longer active."},
	ReasonKeyInvalid:            {InvalidToken, 401, "The API key is not valid."},

	ReasonPermissionDenied: {AccessDenied, 403, "Not permitted."},
	ReasonNotMember:        {AccessDenied, 403, "Not a member of the account."},
	ReasonLastOwner:        {AccessDenied, 403, "The last owner of an account cannot be removed."},
	ReasonNotFound:         {NotFound, 404, "Not found."},
	ReasonNameTaken:        {Conflict, 409, "The name is already in use."},

	ReasonTooManyAttempts: {TooManyRequests, 429, "Too many attempts; try again later."},
	ReasonRateLimited:     {TooManyRequests, 429, "Too many requests; try again later."},
	ReasonOverloaded:      {TemporarilyUnavailable, 503, "The server is busy; try again shortly."},
	ReasonUnavailable:     {TemporarilyUnavailable, 503, "The service is temporarily unavailable."},
	ReasonInternal:        {ServerError, 500, "The server could not complete the request."},
}

// Known reports whether name is a reason or a code: what a dialect may map.
func Known(name string) bool {
	if _, ok := reasons[Reason(name)]; ok {
		return true
	}
	for _, entry := range reasons {
		if entry.code == Code(name) {
			return true
		}
	}
	return false
}

// Reasons returns every reason, sorted.
func Reasons() []Reason { return slices.Sorted(maps.Keys(reasons)) }
