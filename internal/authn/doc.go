// Package authn answers "who is calling": clients and their secrets, users and
// their passwords, API keys and access tokens; for people also browser sessions,
// one-time codes, recovery and verified addresses. Every guess at a secret goes
// through the one gate here.
//
// It decides identity only. What a caller may do is for grants, permission and
// the operations; it knows cookies and rows, no pages and no routes.
package authn
