// Package resource protects an API with the credentials of a Claviger server:
// access tokens, which it verifies offline, and API keys, which the server
// proves. It checks audience, scope, product and permission, and answers in RFC
// 6750 or in a shape of the API's own.
//
// It is for other programs. It has the standard library and package oauth alone,
// and knows the server by its public endpoints.
package resource
