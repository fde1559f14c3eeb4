// Package claviger holds the files that the server carries in its binary: the
// built-in dialects with their roles, and the demo data.
//
// There is no code here; the command is in cmd/claviger.
package claviger
