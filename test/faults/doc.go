// Package faults kills the server, and the database under it, while clients use
// them, and then checks everything that the clients were told.
//
// It runs the binary as operators do and looks at it from outside: through its
// endpoints, its command line and its exit. It knows nothing of how tokens are
// stored.
package faults
