// Package program builds the program under test, once for a package of tests that
// run it as a process.
//
// It knows how it is built, and nothing of what it does.
package program
