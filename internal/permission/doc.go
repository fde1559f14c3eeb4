// Package permission decides whether somebody may do something to a resource, and
// says why: the roles held, the scope in which a role grants a permission, and
// the conditions that the permission requires (CP-8, CP-9).
//
// Whoever asks it has found out who acts; it is never shown a credential that it
// could take for a right. What is unknown, stopped or left out is a denial.
package permission
