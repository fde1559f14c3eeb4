// Package program builds the program under test, for the tests that run it as a
// process.
package program
