// Package limit bounds how many requests one caller may send in a minute: one
// address, client, API key or account.
//
// It keeps budgets in memory and says what was used of them, for other nodes to
// take into account. It must know nothing of HTTP, of databases, or of what a
// request is for.
package limit
