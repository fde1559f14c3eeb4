// Package chromium starts Debian's Chromium for tests, and keeps what its console
// shows.
package chromium
