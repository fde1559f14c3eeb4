// Package authn answers "who is calling": clients and their secrets, users and
// their passwords, API keys and access tokens. Every guess at a secret goes
// through the one gate here.
//
// It decides identity only. What a caller may do is for grants, permission and
// the operations.
package authn
