// Package tokens turns an authorization into access and refresh tokens, and a
// token back into the authorization behind it, with the state that it has now.
//
// It knows the token formats (RFC 9068, token families) and nothing of HTTP or
// grant types. What it issues becomes valid only with the store write that the
// caller commits.
package tokens
