// Package authorize is the browser flow: the authorization endpoint and pushed
// requests, signing in, the consent page with the company picker, and signing
// out.
//
// An authorization request becomes a core.Flow. next says what it still needs, and
// every page asks next again, so that no step can be skipped by its address. It
// knows no token: an approved flow ends in an authorization code.
package authorize
