// Package store keeps everything that outlives a request, in SQLite or in
// PostgreSQL, and is the only package that knows SQL. Reads are cached and
// invalidated on every node; writes are grouped into few durable commits.
//
// It knows no HTTP and no token format, never sees a secret in the clear, and
// takes no decision beyond what must be one atomic statement.
package store

//go:generate go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1 generate -f ../../sqlc.yaml
