// Package keys holds the keys of the server: the master key that seals the
// others, the signing keys with their rotation, and signing and verifying JWTs
// with a fixed set of algorithms.
//
// A token is matched with a key by kid alone; nothing that a token says about
// keys is followed or fetched, and its alg must be the one of the key (RFC 8725).
//
// It knows no storage and no claims: payloads are bytes, keys are records.
package keys
