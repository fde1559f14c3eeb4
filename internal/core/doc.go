// Package core holds the entities of the platform (organisations, accounts,
// users, clients, API keys, roles, memberships, consents, grants) and the pure
// rules over them.
//
// It knows no storage, no HTTP and no clock. Entities never hold a secret or a
// hash of one, so that they can be shown, logged and read by a dialect as they
// are. The json tags are the names that dialects use.
package core
