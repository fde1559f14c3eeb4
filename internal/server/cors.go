package server

import (
	"context"
	"log/slog"
	"net/http"

	"claviger/internal/authn"
	"claviger/oauth"
)

// cors lets pages of other origins call some of the routes (Fetch standard §3.2):
// those that tokens are had and looked after with, for the origins that clients
// registered, each by its exact name and without cookies (H10); public documents,
// for everybody. No other route can be read from a page of another origin.
type cors struct {
	routes *http.ServeMux
	shared map[string]bool // patterns of routes for registered origins
	public map[string]bool // patterns of public documents
	known  func(ctx context.Context, origin string) (bool, error)
	issuer string
	log    *slog.Logger
}

// preflightAge is how long a browser may remember a preflight, in seconds.
const preflightAge = "600"

func (c *cors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := r.Header.Get("Origin")
	if origin == "" {
		c.routes.ServeHTTP(w, r)
		return
	}
	asked := r.Header.Get("Access-Control-Request-Method")
	preflight := r.Method == http.MethodOptions && asked != ""
	if !preflight {
		asked = r.Method
	}
	pattern := c.pattern(r, asked)
	switch {
	case c.shared[pattern]:
		c.share(w, r, origin, preflight, asked)
	case c.public[pattern] && preflight:
		allow(w, "*", asked)
	default:
		c.routes.ServeHTTP(w, r)
	}
}

// pattern is the route that a request with this method has.
func (c *cors) pattern(r *http.Request, method string) string {
	wanted := *r
	wanted.Method = method
	_, pattern := c.routes.Handler(&wanted)
	return pattern
}

func (c *cors) share(w http.ResponseWriter, r *http.Request, origin string, preflight bool, method string) {
	h := w.Header()
	h.Add("Vary", "Origin")
	known := origin == authn.SiteOf(c.issuer)
	if !known {
		var err error
		if known, err = c.known(r.Context(), origin); err != nil {
			oauth.WriteError(w, oauth.Failed(c.log, r, err))
			return
		}
	}
	switch {
	case preflight && known:
		allow(w, origin, method)
	case preflight:
		oauth.WriteError(w, oauth.NewError(oauth.ReasonOriginNotAllowed))
	default:
		if known {
			h.Set("Access-Control-Allow-Origin", origin)
			h.Set("Access-Control-Expose-Headers", "WWW-Authenticate, X-Request-Id")
		}
		c.routes.ServeHTTP(w, r) // the client decides whether the origin is its own
	}
}

// allow answers a preflight.
func allow(w http.ResponseWriter, origin, method string) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", origin)
	h.Set("Access-Control-Allow-Methods", method)
	h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	h.Set("Access-Control-Max-Age", preflightAge)
	w.WriteHeader(http.StatusNoContent)
}
