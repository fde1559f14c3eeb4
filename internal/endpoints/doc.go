// Package endpoints serves what a standard authorization server answers beside
// tokens: discovery, JWKS, introspection, revocation, health and metrics.
//
// It issues nothing and knows no dialect; who may ask is decided by authn, and
// what a token is worth by tokens.
package endpoints
