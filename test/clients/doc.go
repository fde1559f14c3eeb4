// Package clients runs programs in other languages against the server, over the
// network: what integrators write with the HTTP library of their language.
//
// It is for tests alone. The programs know the base URL and the credentials of
// the demo data, and print what they got as JSON.
package clients
