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
	ErrorPhone            = "error.phone"
	ErrorAccount          = "error.account"
	ErrorTooMany          = "error.too_many"
)
