// Command claviger is the authorization server and its command line: a file a
// subcommand, each a struct that kong fills and a Run method.
//
// It reads arguments, opens an installation, calls one operation and prints the
// outcome. It holds no rule about credentials: those are in the packages below,
// so that the command line can do nothing that they do not check and record.
package main
