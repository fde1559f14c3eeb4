package dialect

import (
	"claviger/internal/core"
	"claviger/oauth"
)

// Credential is what a request authenticates with on a route that is not for
// tokens. At most one field is set.
type Credential struct {
	Bearer string
	APIKey string
}

// Call is a request in canonical terms.
type Call struct {
	Input         Input
	Credential    Credential
	ActingAccount string // id of the account that the caller wants to act for; empty: not said
}

// Input holds the canonical input of every operation; the json tags are the
// names that dialects map to. Empty or nil: not sent.
type Input struct {
	GrantType     string `json:"grant_type"`
	ClientID      string `json:"client_id"`
	ClientSecret  string `json:"client_secret"`
	Username      string `json:"username"`
	Password      string `json:"password"`
	Organisation  string `json:"organisation"`
	RefreshToken  string `json:"refresh_token"`
	Code          string `json:"code"`
	CodeVerifier  string `json:"code_verifier"`
	RedirectURI   string `json:"redirect_uri"`
	Scope         string `json:"scope"`
	Channel       string `json:"channel"`
	Account       string `json:"account"` // id
	AccountNumber int64  `json:"account_number"`
	Name          string `json:"name"`
	Type          string `json:"type"`
	Role          string `json:"role"`
	User          string `json:"user"`
	Enabled       *bool  `json:"enabled"`
	Test          *bool  `json:"test"`

	// IdentifyBySecret: the route has no client_id; the client is whose secret it is.
	IdentifyBySecret bool `json:"-"`
}

// TokenRequest returns the input of the token operation. The caller adds the
// dialect and the source.
func (in *Input) TokenRequest() oauth.TokenRequest {
	return oauth.TokenRequest{
		GrantType:    in.GrantType,
		ClientID:     in.ClientID,
		ClientSecret: in.ClientSecret,
		Username:     in.Username,
		Password:     in.Password,
		Organisation: in.Organisation,
		RefreshToken: in.RefreshToken,
		Code:         in.Code,
		CodeVerifier: in.CodeVerifier,
		RedirectURI:  in.RedirectURI,
		Scope:        in.Scope,
		Channel:      in.Channel,

		IdentifyBySecret: in.IdentifyBySecret,
	}
}

// Facts is everything that a template can read. A nil pointer reads as null.
type Facts struct {
	Request      RequestFacts
	Token        *oauth.TokenResponse
	Client       *core.Client
	Organisation *core.Organisation
	Account      *core.Account
	User         *core.User
	Role         *core.Role
	Key          *core.APIKey
	Membership   *core.Membership
	Service      core.Service
	Secret       string           // a new API key, shown once
	Lists        map[string][]Row // by the names that the operation declares
	Error        *ErrorFacts
}

// RequestFacts is what a template can read of the request itself.
type RequestFacts struct {
	ID     string `json:"id"`
	Issuer string `json:"issuer"`
}

// Row is one element of a list. The facts that the list declares are read from
// the row, even where they are nil; all others from the Facts around it.
type Row struct {
	Account    *core.Account
	Role       *core.Role
	User       *core.User
	Membership *core.Membership
	Key        *core.APIKey
}

// ErrorFacts is what an error template can read.
type ErrorFacts struct {
	Code        string  `json:"code"`
	Reason      string  `json:"reason"`
	Status      int64   `json:"status"` // as it is sent
	Description string  `json:"description"`
	Param       *string `json:"param"` // in wire terms; nil: no field is at fault
	Retryable   bool    `json:"retryable"`
	RetryAfter  int64   `json:"retry_after"` // seconds; 0: not said
}

// FactsOf returns the facts that an authorization provides.
func FactsOf(a *core.Authorization) *Facts {
	if a == nil {
		return &Facts{}
	}
	return &Facts{
		Client:       a.Client,
		Organisation: a.Organisation,
		Account:      a.Account,
		User:         a.User,
		Role:         a.Role,
		Key:          a.Key,
		Service:      a.Service,
	}
}
