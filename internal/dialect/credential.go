package dialect

import (
	"encoding/base64"
	"strings"

	"claviger/oauth"
)

// longest credential that is looked at, in bytes.
const maxCredential = 8 << 10

// basicCredentials are the two halves of a Basic header as they were sent
// (RFC 7617), or of another scheme that the route has in its place.
type basicCredentials struct {
	id     string
	secret string
}

// credentials reads what the request authenticates with.
func (rt *Route) credentials(e *env, call *Call) error {
	if rt.Operation == OperationToken {
		return rt.readAuthorization(e)
	}
	header := e.request.Header
	authorization := header["Authorization"]
	var keys []string
	if rt.dialect.apiKeyHeader != "" {
		keys = header[rt.dialect.apiKeyHeader]
	}
	if len(authorization)+len(keys) > 1 { // D04
		return refused(oauth.ReasonSeveralCredentials, "")
	}
	if rt.dialect.actingHeader != "" {
		acting := header[rt.dialect.actingHeader]
		if len(acting) > 1 {
			return refused(oauth.ReasonDuplicateParameter, rt.dialect.actingHeader)
		}
		if len(acting) == 1 && acting[0] == "" { // F05: nothing is not everything
			return refused(oauth.ReasonNotMember, "")
		}
		if len(acting) == 1 {
			call.ActingAccount = acting[0]
		}
	}
	switch {
	case len(authorization) == 1 && rt.Authentication.Bearer:
		token, ok := BearerToken(authorization[0])
		if !ok {
			return refused(oauth.ReasonTokenInvalid, "")
		}
		call.Credential.Bearer = token
	case len(keys) == 1 && rt.Authentication.APIKey && keys[0] != "":
		if len(keys[0]) > maxCredential {
			return refused(oauth.ReasonKeyInvalid, "")
		}
		call.Credential.APIKey = keys[0]
	default:
		return refused(oauth.ReasonAuthenticationMissing, "")
	}
	return nil
}

// BearerToken returns the token of an Authorization header (RFC 6750 §2.1).
func BearerToken(header string) (string, bool) {
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimLeft(token, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxCredential ||
		strings.ContainsAny(token, " ,\t") {
		return "", false
	}
	return token, true
}

// readAuthorization reads the credential that a token request carries in that
// header, if it does. A scheme that the route does not know is left alone.
func (rt *Route) readAuthorization(e *env) error {
	headers := e.request.Header["Authorization"]
	if len(headers) > 1 {
		return refused(oauth.ReasonSeveralCredentials, "")
	}
	if len(headers) == 0 {
		return nil
	}
	scheme, encoded, _ := strings.Cut(headers[0], " ")
	switch {
	case strings.EqualFold(scheme, rt.scheme):
		return e.readBasic(encoded)
	case rt.bearer && strings.EqualFold(scheme, "Bearer"):
		token, ok := BearerToken(headers[0])
		if !ok {
			return refused(oauth.ReasonClientCredentials, "")
		}
		e.bearer = token
	}
	return nil
}

// readBasic reads an id and a secret as Basic has them (RFC 7617 §2).
func (e *env) readBasic(encoded string) error {
	if len(encoded) > maxCredential {
		return refused(oauth.ReasonClientCredentials, "")
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimLeft(encoded, " "))
	if err != nil {
		return refused(oauth.ReasonClientCredentials, "")
	}
	id, secret, ok := strings.Cut(string(plain), ":")
	if !ok {
		return refused(oauth.ReasonClientCredentials, "")
	}
	e.basic, e.hasBasic = basicCredentials{id: id, secret: secret}, true
	return nil
}
