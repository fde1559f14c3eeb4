// Package clients runs programs that know nothing of this project against the
// server, over the network: OAuth and OpenID Connect libraries as they are, in Go,
// JavaScript and Python and in Chromium, and what integrators write with the HTTP
// library of their language.
//
// It is for tests alone. The programs know the base URL and the credentials they
// are given, and print what they got as JSON; the tests are the person at the pages.
package clients
