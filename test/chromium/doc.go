// Package chromium starts Debian's Chromium for tests, and keeps what its console
// shows.
//
// It knows no page of ours.
package chromium
