// Package testlog gives tests the logger that they hand to what they test. Its
// lines go to the output of the test and, during `make test`, to files that are
// searched for secrets afterwards (package canary).
//
// It is for tests alone and knows nothing of what is logged.
package testlog
