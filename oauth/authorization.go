package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
)

// ResponseTypeCode is the one response type (RFC 9700 §2.1.2).
const ResponseTypeCode = "code"

// Response modes (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
const (
	ResponseModeQuery    = "query"
	ResponseModeFormPost = "form_post"
)

// Values of prompt (OpenID Connect Core §3.1.2.1).
const (
	PromptNone          = "none"
	PromptLogin         = "login"
	PromptConsent       = "consent"
	PromptSelectAccount = "select_account"
)

// ChallengeS256 is the one code challenge method (RFC 9700 §2.1.1).
const ChallengeS256 = "S256"

// AuthorizationRequest is an authorization request (RFC 6749 §4.1.1, OpenID
// Connect Core §3.1.2.1) that has been checked. Empty means: not sent.
type AuthorizationRequest struct {
	ClientID      string        `json:"client_id"`
	RedirectURI   string        `json:"redirect_uri"`  // where the answer goes
	RedirectSent  bool          `json:"redirect_sent"` // the client sent it: the token request must repeat it (RFC 6749 §4.1.3)
	Scope         Scope         `json:"scope"`
	Approval      Scope         `json:"approval"` // Scope, and the scopes whose claims are asked for by name: what a person approves
	State         string        `json:"state"`
	ResponseMode  string        `json:"response_mode"`  // query or form_post
	CodeChallenge string        `json:"code_challenge"` // S256
	Nonce         string        `json:"nonce"`
	Prompt        []string      `json:"prompt"`
	MaxAge        *int64        `json:"max_age"` // seconds
	LoginHint     string        `json:"login_hint"`
	HintedSubject string        `json:"hinted_subject"` // user id out of a proven id_token_hint
	ACRValues     []string      `json:"acr_values"`     // in order of preference
	Claims        ClaimsRequest `json:"claims"`
	UILocales     string        `json:"ui_locales"` // space-delimited BCP 47 tags
	Display       string        `json:"display"`
}

// HasPrompt reports whether a prompt was asked for.
func (r *AuthorizationRequest) HasPrompt(prompt string) bool {
	for _, p := range r.Prompt {
		if p == prompt {
			return true
		}
	}
	return false
}

// ClaimsRequest is the claims parameter (OpenID Connect Core §5.5): names of
// claims by where they are to be returned. A nil request asks for the claim
// voluntarily, without a value.
type ClaimsRequest struct {
	UserInfo map[string]*ClaimRequest `json:"userinfo,omitempty"`
	IDToken  map[string]*ClaimRequest `json:"id_token,omitempty"`
}

// ClaimRequest is what is asked of one claim.
type ClaimRequest struct {
	Essential bool  `json:"essential,omitempty"`
	Value     any   `json:"value,omitempty"`
	Values    []any `json:"values,omitempty"`
}

// VerifierMatches reports whether a code verifier is the one behind an S256
// challenge (RFC 7636 §4.6), in constant time. One of wrong length or alphabet
// (§4.1) never is.
func VerifierMatches(verifier, challenge string) bool {
	if len(verifier) < 43 || len(verifier) > 128 {
		return false
	}
	for _, c := range []byte(verifier) {
		if !unreserved(c) {
			return false
		}
	}
	sum := sha256.Sum256([]byte(verifier))
	return subtle.ConstantTimeCompare([]byte(base64.RawURLEncoding.EncodeToString(sum[:])), []byte(challenge)) == 1
}

// WellFormedChallenge reports whether text can be an S256 challenge: 32 bytes in
// base64url (RFC 7636 §4.2).
func WellFormedChallenge(text string) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return err == nil && len(raw) == sha256.Size
}

// unreserved is RFC 3986 §2.3.
func unreserved(c byte) bool {
	switch {
	case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
		return true
	}
	return false
}
