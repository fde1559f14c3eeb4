// Package storetest opens stores for tests: on a SQLite file, and on a
// PostgreSQL server that it starts when CLAVIGER_TEST_POSTGRES names none. It
// knows nothing of what the tests do, and never skips one.
package storetest
