// Package chromium starts Debian's Chromium for tests, keeps what its console
// shows, and has axe-core look at a page.
//
// It knows no page of ours.
package chromium
