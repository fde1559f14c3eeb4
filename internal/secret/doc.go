// Package secret generates, recognises, hashes and verifies every kind of
// credential, and holds the one gate that every way in passes against guessing.
//
// What the server generates is random, so its stored form is a cheap keyed
// digest; what a person chose is not, so it costs an Argon2id in a bounded pool.
// A failed verification always costs one slow evaluation, whatever it failed on.
//
// It knows no storage, no HTTP and no entities: owners and identities are text.
package secret
