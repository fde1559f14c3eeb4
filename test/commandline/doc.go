// Package commandline runs every verb of the command line as a process, on a
// database and against the server that runs on it, and holds that both say the same.
//
// It is for tests alone.
package commandline
