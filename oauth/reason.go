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

	ReasonCodeInvalid      Reason = "code_invalid"
	ReasonCodeExpired      Reason = "code_expired"
	ReasonCodeReused       Reason = "code_reused"
	ReasonCodeVerifier     Reason = "code_verifier_wrong"
	ReasonRedirectMismatch Reason = "redirect_uri_mismatch"

	ReasonGrantTypeNotAllowed Reason = "grant_type_not_allowed"
	ReasonOriginNotAllowed    Reason = "origin_not_allowed"
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
	ReasonAlreadyMember    Reason = "already_member"
	ReasonInUse            Reason = "in_use"
	ReasonChanged          Reason = "precondition_failed"
	ReasonVersionMissing   Reason = "precondition_required"
	ReasonRequestRepeated  Reason = "idempotency_key_reused"

	ReasonScopeInsufficient Reason = "insufficient_scope"

	ReasonResponseTypeUnknown  Reason = "response_type_unknown"
	ReasonResponseModeUnknown  Reason = "response_mode_unknown"
	ReasonRequestObject        Reason = "request_not_supported"
	ReasonRequestURI           Reason = "request_uri_not_supported"
	ReasonRegistration         Reason = "registration_not_supported"
	ReasonChallengeMissing     Reason = "code_challenge_missing"
	ReasonChallengeMethod      Reason = "code_challenge_method_unknown"
	ReasonPushedRequestInvalid Reason = "pushed_request_invalid"
	ReasonRedirectURI          Reason = "redirect_uri_not_registered"
	ReasonLoginRequired        Reason = "login_required"
	ReasonConsentRequired      Reason = "consent_required"
	ReasonAccountSelection     Reason = "account_selection_required"
	ReasonInteractionRequired  Reason = "interaction_required"
	ReasonAuthenticationUnmet  Reason = "authentication_requirements_unmet"
	ReasonConsentRefused       Reason = "consent_refused"
	ReasonNothingToConnect     Reason = "nothing_to_connect"
	ReasonFlowEnded            Reason = "flow_ended"
	ReasonFlowElsewhere        Reason = "flow_of_another_browser"
	ReasonFormElsewhere        Reason = "form_of_another_site"

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

	ReasonCodeInvalid:      {InvalidGrant, 400, "The authorization code is not valid."},
	ReasonCodeExpired:      {InvalidGrant, 400, "The authorization code has expired."},
	ReasonCodeReused:       {InvalidGrant, 400, "The authorization code has been used before."},
	ReasonCodeVerifier:     {InvalidGrant, 400, "The code verifier does not fit the code challenge."},
	ReasonRedirectMismatch: {InvalidGrant, 400, "The redirect URI is not the one of the authorization request."},

	ReasonOriginNotAllowed:    {UnauthorizedClient, 403, "The client may not be used from this origin."},
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

	ReasonScopeInsufficient: {InsufficientScope, 403, "The access token does not have the scope that is needed."},

	// Of the authorization endpoint (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
	ReasonResponseTypeUnknown:  {UnsupportedResponseType, 400, "The response type is not supported; there is code."},
	ReasonResponseModeUnknown:  {InvalidRequest, 400, "The response mode is not one that the client may use."},
	ReasonRequestObject:        {RequestNotSupported, 400, "Request objects are not supported."},
	ReasonRequestURI:           {RequestURINotSupported, 400, "A request_uri must be one that this server gave."},
	ReasonRegistration:         {RegistrationNotSupported, 400, "Registration in an authorization request is not supported."},
	ReasonChallengeMissing:     {InvalidRequest, 400, "A code_challenge is required."},
	ReasonChallengeMethod:      {InvalidRequest, 400, "The code_challenge_method must be S256."},
	ReasonPushedRequestInvalid: {InvalidRequestURI, 400, "The request_uri is not valid, or no longer."},
	ReasonRedirectURI:          {InvalidRequest, 400, "The redirect_uri is not one of the client's."},
	ReasonLoginRequired:        {LoginRequired, 400, "The person must sign in."},
	ReasonConsentRequired:      {ConsentRequired, 400, "The person must be asked for consent."},
	ReasonAccountSelection:     {AccountSelectionRequired, 400, "The person must choose."},
	ReasonInteractionRequired:  {InteractionRequired, 400, "The person must be asked."},
	ReasonAuthenticationUnmet:  {UnmetAuthentication, 400, "The person cannot sign in as strongly as was asked."},
	ReasonConsentRefused:       {AccessDenied, 403, "The person refused."},
	ReasonNothingToConnect:     {AccessDenied, 403, "The person may not connect any company."},
	ReasonFlowEnded:            {InvalidRequest, 400, "This sign-in has ended."},
	ReasonFlowElsewhere:        {InvalidRequest, 400, "This sign-in was begun in another browser."},
	ReasonFormElsewhere:        {AccessDenied, 403, "The form was not sent by a page of this site."},

	ReasonPermissionDenied: {AccessDenied, 403, "Not permitted."},
	ReasonNotMember:        {AccessDenied, 403, "Not a member of the account."},
	ReasonLastOwner:        {AccessDenied, 403, "The last owner of an account cannot be removed."},
	ReasonNotFound:         {NotFound, 404, "Not found."},
	ReasonNameTaken:        {Conflict, 409, "The name is already in use."},
	ReasonAlreadyMember:    {Conflict, 409, "They have this role there already."},
	ReasonInUse:            {Conflict, 409, "It is still in use."},
	ReasonChanged:          {Conflict, 412, "It has changed since it was read."},
	ReasonVersionMissing:   {InvalidRequest, 428, "The request must say which version it changes (If-Match)."},
	ReasonRequestRepeated:  {Conflict, 409, "The idempotency key was used for another request."},

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
