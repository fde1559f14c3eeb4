// Package docs runs the commands of the documentation, as they stand, against
// the demo server, so that what a reader pastes works.
//
// It is for tests alone.
package docs
