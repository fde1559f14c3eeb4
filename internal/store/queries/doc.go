// Package queries is what sqlc makes of internal/store/sql: one file a table, one
// method a statement. Nothing in it but this is written by hand; change the SQL and
// run `make generate`.
//
// Only package store may import it.
package queries
