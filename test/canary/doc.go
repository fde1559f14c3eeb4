// Package canary searches logs for secrets: those of the demo data, those that
// tests made up, and everything in the form of a credential, a stored hash or a
// private key. `make test` ends with it (attack H13).
//
// It knows the forms of secrets, and nothing of who logs.
package canary
