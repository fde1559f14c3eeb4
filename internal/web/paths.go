package web

// Paths of the pages, below the issuer. The templates post to them.
const (
	PathAuthorize   = "/oauth2/authorize"
	PathSignIn      = "/sign-in"
	PathCode        = "/sign-in/code"
	PathRecover     = "/sign-in/recover"
	PathPassword    = "/sign-in/password"
	PathStepUp      = "/sign-in/step-up"
	PathSecond      = "/sign-in/second"
	PathPasskey     = "/sign-in/passkey"
	PathChoose      = "/sign-in/choose"
	PathConsent     = "/consent"
	PathLogout      = "/oauth2/logout"
	PathAccount     = "/account"
	PathPasskeys    = "/account/passkeys"
	PathApp         = "/account/authenticator"
	PathRecovery    = "/account/recovery-codes"
	PathConnections = "/connections"
	PathAssets      = "/assets/"
	PathInbox       = "/dev/inbox"
	PathComponents  = "/dev/components"
)
