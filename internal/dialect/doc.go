// Package dialect loads, checks, compiles and runs wire dialects: files that
// say in which paths, names and shapes a system talks about the canonical
// operations. A dialect is data. It renames and reshapes; what is checked, and
// in which order, lives elsewhere and is out of its reach.
//
// It knows no storage and no rules of the platform, decides nothing about
// credentials, and gives expressions nothing but the facts of one request. A path
// in an expression is direct access; anything else is CEL.
package dialect
