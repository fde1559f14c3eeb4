// Package permissiontest is the published table of Centrapay as a list of cases:
// who, what, on which account, with which flags, and whether it is allowed. Each
// way of asking for a decision runs the same list.
//
// It knows what the table says and how flags count, and nothing of how the
// decision is made.
package permissiontest
