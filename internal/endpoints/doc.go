// Package endpoints serves what a standard authorization server answers beside
// tokens: discovery, JWKS, userinfo, introspection, revocation, health, metrics.
//
// It issues nothing and knows no dialect; who may ask is decided by authn, and
// what a token is worth by tokens.
package endpoints
