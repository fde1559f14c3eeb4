// Command bench measures what `make bench` reports: it starts the floors and the
// server on SQLite and on PostgreSQL, loads them in turn with wrk, and compares.
// With everything measured, it rewrites its part of docs/performance.md.
//
// It runs in the root of the project.
package main
