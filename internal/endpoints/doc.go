// Package endpoints serves what a standard authorization server answers beside
// tokens: discovery, JWKS, introspection, revocation, health and metrics.
package endpoints
