// Package servertest starts the whole server for tests: the demo data on either
// engine, a clock that the test moves, and randomness that repeats, so that
// answers can be compared byte for byte.
//
// It is for tests alone.
package servertest
