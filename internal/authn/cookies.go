package authn

import (
	"crypto/sha256"
	"net/http"
	"regexp"
	"time"

	"claviger/internal/secret"
)

// Cookies. The prefix has browsers take them from this host alone, with Secure
// and for every path, so that no sibling domain can plant one (E01, E23).
const (
	CookieSession = "__Host-clv_session" // who is signed in
	CookieDevice  = "__Host-clv_device"  // who has signed in on this device before
	CookieBrowser = "__Host-clv_browser" // what flows and one-time codes are bound to

	CookieRemembered = "__Host-clv_remembered" // where a password is enough, of who has a second factor
)

// randomForm is what secret.NewSecret returns.
var randomForm = regexp.MustCompile(`^[0-9a-z]{32}$`)

// setCookie sets a cookie for a time; zero: until the browser is closed. The rest
// of the request sees it too, in place of what the browser sent.
func setCookie(w http.ResponseWriter, r *http.Request, name, value string, age time.Duration) {
	http.SetCookie(w, cookie(name, value, int(age/time.Second)))
	kept := r.Cookies()
	r.Header.Del("Cookie")
	for _, c := range kept {
		if c.Name != name {
			r.AddCookie(c)
		}
	}
	r.AddCookie(&http.Cookie{Name: name, Value: value})
}

// cookie has every attribute of E23. Lax, and not Strict, because a client sends
// its people here by a link.
func cookie(name, value string, age int) *http.Cookie {
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// cookieOf returns the value of a cookie; empty when there is none, or more than
// one: which of them is ours could not be told.
func cookieOf(r *http.Request, name string) string {
	found := r.CookiesNamed(name)
	if len(found) != 1 {
		return ""
	}
	return found[0].Value
}

// Browser returns the random value of the browser cookie, and sets one where
// there is none.
func (s *Sessions) Browser(w http.ResponseWriter, r *http.Request) (value string) {
	if value = cookieOf(r, CookieBrowser); randomForm.MatchString(value) {
		return value
	}
	value = secret.NewSecret(s.Rand)
	setCookie(w, r, CookieBrowser, value, 0)
	return value
}

// BrowserHash is the stored form of the value of the browser cookie.
func BrowserHash(value string) []byte {
	sum := sha256.Sum256([]byte(value))
	return sum[:]
}

// Forget removes the session cookie.
func (s *Sessions) Forget(w http.ResponseWriter) { http.SetCookie(w, cookie(CookieSession, "", -1)) }
