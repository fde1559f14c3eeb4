// Package permission decides whether somebody may do something to a resource, and
// says why: the roles held, the scope in which a role grants a permission, and
// the conditions that the permission requires (CP-8, CP-9).
//
// It is also where others ask over the wire: by AuthZEN, and for a proxy by
// forward-auth; authn says there who acts. What is unknown, stopped or left out is
// a denial.
package permission
