// Package permission decides whether somebody may do something to an account:
// roles held, the scope in which a role grants a permission, and the conditions
// that the permission asks for (CP-8, CP-9).
//
// It is pure. It knows no storage, no HTTP and no dialect, and it never sees a
// credential: whoever calls it has already found out who acts.
package permission
