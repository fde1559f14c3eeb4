// Package packages fetches what tests need of other languages: pinned by files of
// the project, and kept in the user's cache for the next run.
//
// It knows pip and npm by their commands, and nothing of what they fetch.
package packages
