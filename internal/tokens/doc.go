// Package tokens turns an authorization into access, refresh and ID tokens, and a
// token back into the authorization behind it, with the state that it has now.
//
// It knows the token formats (RFC 9068, OpenID Connect, token families), by which
// subject a client knows a person, and nothing of HTTP or grant types. What it issues becomes valid only with the store write that the
// caller commits.
package tokens
