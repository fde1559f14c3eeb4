package tokens

import (
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"claviger/internal/core"
	"claviger/oauth"
)

// Claims are the claims of our own access tokens (RFC 9068 §2.2) less those
// that a dialect adds. Times are seconds since the epoch.
type Claims struct {
	Issuer         string `json:"iss"`
	Subject        string `json:"sub"`
	Audience       string `json:"aud"`
	ExpiresAt      int64  `json:"exp"`
	IssuedAt       int64  `json:"iat"`
	ID             string `json:"jti"`
	ClientID       string `json:"client_id"`
	Scope          string `json:"scope"`
	GrantID        string `json:"grant_id"`
	SubjectType    string `json:"subject_type"`
	OrganisationID string `json:"organisation_id"`
	AccountID      string `json:"account_id"`
	Channel        string `json:"source_channel"`
}

// appendTo appends the claims as the members of an unfinished JSON object.
func (c *Claims) appendTo(b []byte) []byte {
	b = append(b, `{"iss":`...)
	b = appendText(b, c.Issuer)
	b = appendMember(b, "sub", c.Subject)
	b = appendMember(b, "aud", c.Audience)
	b = appendNumber(b, "exp", c.ExpiresAt)
	b = appendNumber(b, "iat", c.IssuedAt)
	b = appendMember(b, "jti", c.ID)
	b = appendMember(b, "client_id", c.ClientID)
	b = appendMember(b, "scope", c.Scope) // ALL-3: also where there is none
	b = appendMember(b, "grant_id", c.GrantID)
	b = appendMember(b, "subject_type", c.SubjectType)
	if c.OrganisationID != "" {
		b = appendMember(b, "organisation_id", c.OrganisationID)
	}
	if c.AccountID != "" {
		b = appendMember(b, "account_id", c.AccountID)
	}
	if c.Channel != "" {
		b = appendMember(b, "source_channel", c.Channel)
	}
	return b
}

func appendMember(b []byte, name, value string) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return appendText(b, value)
}

func appendNumber(b []byte, name string, value int64) []byte {
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, value, 10)
}

func appendText(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil { // invalid UTF-8 is replaced, never emitted
		out, _ = jsontext.AppendQuote(b, string([]rune(s)))
	}
	return out
}

// parseClaims reads the claims of a verified payload. Types are strict (C07):
// a time that is not an integer, an audience that is a list, a duplicate name
// are refused.
func parseClaims(payload []byte) (*Claims, error) {
	var c Claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

func parseRefreshClaims(payload []byte) (*refreshClaims, error) {
	var c refreshClaims
	if err := json.Unmarshal(payload, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// Parties returns the parties that the claims name.
func (c *Claims) Parties() Parties {
	p := Parties{ClientID: c.ClientID, OrganisationID: c.OrganisationID, AccountID: c.AccountID}
	switch c.SubjectType {
	case core.SubjectPerson, core.SubjectServiceAccount:
		p.UserID = c.Subject
	case core.SubjectAPIKey:
		p.ClientID, p.APIKeyID = "", c.Subject
	}
	return p
}

// Scopes returns the scope claim as a list.
func (c *Claims) Scopes() oauth.Scope {
	scope, _ := oauth.ParseScope(c.Scope)
	return scope
}
