// Package server puts the parts together: configuration, wiring, routes,
// middleware and the operations that dialects name. It is the only package that
// knows all others, and holds no rule of its own.
package server
