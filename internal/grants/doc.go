// Package grants is the token endpoint: one pipeline through which every token
// request goes, whatever its wire format, and a file for each grant type.
//
// Authentication of clients and users, scope, single use and status are decided
// here and nowhere else. The pipeline knows no HTTP; handler.go joins it to the
// codecs.
package grants
