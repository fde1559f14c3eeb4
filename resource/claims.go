package resource

import (
	"encoding/json"
	"time"

	"claviger/oauth"
)

// claims are those of an access token (RFC 9068 §2.2) or the members of an
// introspection response (RFC 7662 §2.2), which have the same names. Times are in
// seconds since the epoch.
type claims struct {
	raw                            json.RawMessage
	issuer, subject, audience      string
	clientID, id                   string
	subjectType                    string
	organisationID, accountID      string
	scope                          oauth.Scope
	products                       []string
	issuedAt, notBefore, expiresAt int64

	answer          bool // it is an introspection response, which alone has these:
	active          bool
	tokenType, role string
}

// parseClaims is strict about types (C07): a time is an integer, an audience one
// text, no matter what else is in the object.
func parseClaims(raw []byte) (*claims, error) { return (&claims{raw: raw}).parse() }

// parseAnswer is parseClaims for an introspection response.
func parseAnswer(raw []byte) (*claims, error) { return (&claims{raw: raw, answer: true}).parse() }

func (c *claims) parse() (*claims, error) {
	if err := readObject(c.raw, c.set); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *claims) set(name string, value []byte) (err error) {
	switch name {
	case "scope":
		return c.setScope(value)
	case "products":
		c.products, _ = texts(value) // not a list: somebody else's claim of that name
	case "active":
		c.active = c.answer && string(value) == "true"
	case "exp":
		c.expiresAt, err = seconds(value)
	case "iat":
		c.issuedAt, err = seconds(value)
	case "nbf":
		c.notBefore, err = seconds(value)
	default:
		if field := c.text(name); field != nil {
			*field, err = text(value)
		}
	}
	return err
}

// text returns the field of a claim that is a text; nil for any other claim.
func (c *claims) text(name string) *string {
	switch name {
	case "iss":
		return &c.issuer
	case "sub":
		return &c.subject
	case "aud":
		return &c.audience
	case "client_id":
		return &c.clientID
	case "jti":
		return &c.id
	case "subject_type":
		return &c.subjectType
	case "organisation_id":
		return &c.organisationID
	case "account_id":
		return &c.accountID
	}
	switch {
	case c.answer && name == "token_type":
		return &c.tokenType
	case c.answer && name == "role":
		return &c.role
	}
	return nil
}

func (c *claims) setScope(value []byte) error {
	s, err := text(value)
	if err != nil {
		return err
	}
	scope, ok := oauth.ParseScope(s)
	if !ok {
		return errJSON
	}
	c.scope = scope
	return nil
}

func (c *claims) caller(kind string) *Caller {
	caller := &Caller{
		Kind: kind, Subject: c.subject, SubjectType: c.subjectType, ClientID: c.clientID,
		OrganisationID: c.organisationID, AccountID: c.accountID,
		Scopes: c.scope, Products: c.products, Claims: c.raw,
	}
	if c.expiresAt > 0 {
		caller.ExpiresAt = time.Unix(c.expiresAt, 0)
	}
	if kind == APIKey {
		caller.Role = c.role
	}
	return caller
}
