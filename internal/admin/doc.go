// Package admin holds the operations that change who may do what: API keys,
// clients, connections, members and accounts one at a time, and whole
// configuration files at once (Apply). Every change and its audit record are one
// write.
//
// It sees to it that nobody gives away more than they hold; whether they may use
// an operation at all, the server has asked before. It knows no HTTP and no
// dialect beyond the name.
package admin
