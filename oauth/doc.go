// Package oauth is the public vocabulary of the authorization server: error
// codes and reasons, the one error type, token requests and responses, scopes
// and server metadata, in the terms of RFC 6749 and its companions.
//
// It depends on the standard library alone and knows neither storage nor HTTP
// handlers; every other package may import it.
package oauth
