// Package client speaks to the management API of a server, /admin/v1: typed
// operations, lists that turn their pages, creation that is done once however often
// it has to be sent, and errors with the field at fault.
//
// It knows the wire format alone, and has nothing beside package oauth and the
// standard library. Whoever uses it brings the credential.
package client
