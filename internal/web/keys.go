package web

// Keys of the texts that callers name: problems with a form.
const (
	ErrorCredentials      = "error.credentials"
	ErrorIdentifier       = "error.identifier"
	ErrorPassword         = "error.password"
	ErrorCurrentPassword  = "error.current_password"
	ErrorPasswordShort    = "error.password_short"
	ErrorPasswordLong     = "error.password_long"
	ErrorPasswordPersonal = "error.password_personal"
	ErrorPasswordCommon   = "error.password_common"
	ErrorPhoneTaken       = "error.phone_taken"
	ErrorCode             = "error.code"
	ErrorAppCode          = "error.app_code"
	ErrorRecoveryCode     = "error.recovery_code"
	ErrorPasskey          = "error.passkey"
	ErrorPasskeyName      = "error.passkey_name"
	ErrorPasskeyMade      = "error.passkey_made"
	ErrorCodeSpent        = "error.code_spent"
	ErrorPhone            = "error.phone"
	ErrorAccount          = "error.account"
	ErrorTooMany          = "error.too_many"
	ErrorUnavailable      = "error.unavailable"
)

// Keys of what is done, for the Notice of Account and Connections.
const (
	NoticePasswordChanged = "notice.password_changed"
	NoticePhoneVerified   = "notice.phone_verified"
	NoticeEmailVerified   = "notice.email_verified"
	NoticeSessionEnded    = "notice.session_ended"
	NoticeAppRevoked      = "notice.app_revoked"
	NoticeConnectionEnded = "notice.connection_ended"
	NoticePasskeyAdded    = "notice.passkey_added"
	NoticePasskeyRemoved  = "notice.passkey_removed"
	NoticeAppAdded        = "notice.app_added"
	NoticeAppRemoved      = "notice.app_removed"
)

// Kinds of problems, for NewProblem.
const (
	ProblemRequest     = "problem.request"     // an authorization request that is not valid
	ProblemClient      = "problem.client"      // nobody knows the client
	ProblemRedirect    = "problem.redirect"    // the redirect URI is not the client's
	ProblemExpired     = "problem.expired"     // the flow is over or unknown
	ProblemBrowser     = "problem.browser"     // the flow is of another browser
	ProblemOrigin      = "problem.origin"      // a form of another origin
	ProblemForbidden   = "problem.forbidden"   // a permission is missing
	ProblemNotFound    = "problem.not_found"   // no page
	ProblemMethod      = "problem.method"      // the page has no such method
	ProblemTooMany     = "problem.too_many"    // limited
	ProblemUnavailable = "problem.unavailable" // overloaded
	ProblemServer      = "problem.server"      // ours
)

// NewProblem is the page of a kind of problem.
func NewProblem(kind, detail, requestID string) Problem {
	return Problem{Title: kind + ".title", Text: kind + ".text", Detail: detail, RequestID: requestID}
}
