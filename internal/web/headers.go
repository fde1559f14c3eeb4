package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// formTarget is a source of form-action: a scheme, or a scheme and a host.
var formTarget = regexp.MustCompile(`^[a-z][a-z0-9+.-]*:(//[A-Za-z0-9.-]+(:([0-9]{1,5}|\*))?)?$`)

// setHeaders sets what every page has: nothing of other origins runs or shows in
// it, and it shows in no other page.
func setHeaders(h http.Header, v View) {
	script, targets := "'none'", v.FormTargets
	answer, posts := v.Data.(FormPost)
	if _, asks := v.Data.(UsePasskey); asks { // a passkey is had by a script alone
		script = "'self'"
	}
	if posts {
		script, targets = "'self'", append(targets[:len(targets):len(targets)], schemeOf(answer.Action))
	}
	if _, ok := v.Data.(Console); ok {
		script = "'self'"
	}
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self'; script-src "+script+
		"; form-action "+formAction(targets)+"; frame-ancestors 'none'; base-uri 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	// Nobody learns an address, which may hold a code or a flow (RFC 9700 §4.12, A18).
	// Browsers then send "Origin: null" with our own forms: Sec-Fetch-Site tells them
	// from those of others.
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	// The window of a client that waits for this one must stay able to see it.
	if !posts && !v.Popup {
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
	}
}

// formAction lists where forms may go, by themselves and by the redirect that
// answers them. What is no source is left out, and cannot end the directive.
func formAction(targets []string) string {
	sources := []string{"'self'"}
	for _, target := range targets {
		if formTarget.MatchString(target) {
			sources = append(sources, target)
		}
	}
	return strings.Join(sources, " ")
}

// schemeOf is the source for a form that leaves for a client. It is the scheme
// alone, because the client may redirect on to another of its hosts.
func schemeOf(action string) string {
	u, err := url.Parse(action)
	if err != nil || u.Scheme == "" {
		return ""
	}
	return u.Scheme + ":"
}
