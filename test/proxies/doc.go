// Package proxies runs real proxies in front of an API, with the configurations of
// examples/ and this server as the one that says who may pass: nginx (auth_request)
// and Envoy (ext_authz over HTTP).
//
// It is for tests alone. It knows the server by its forward-auth endpoint, and the
// proxies by what a client and a backend of theirs see.
package proxies
