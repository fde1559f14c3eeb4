package payments

import (
	"cmp"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"claviger/oauth"
	"claviger/resource"
)

// Config is what the API needs to know. Issuer, ClientID and ClientSecret are
// required.
type Config struct {
	Issuer       string // of the server whose tokens and API keys are taken
	Audience     string // of those tokens; empty: the issuer
	URL          string // of this API, for its metadata; empty: the audience
	ClientID     string // of this API at the server; the client has the scope "introspect"
	ClientSecret string

	StateCache time.Duration    // how long the server's word is kept; 0: the default of package resource
	HTTPClient *http.Client     // to reach the server; nil: one of its own
	Log        *slog.Logger     // nil: slog.Default()
	Now        func() time.Time // nil: time.Now
}

// API serves the paths that Paths lists.
type API struct {
	mux   *http.ServeMux
	paths []string
}

// New puts the four systems together. They have a verifier each, because they
// differ in which credentials they take and in how they refuse one.
func New(c Config) (*API, error) {
	c.Audience = cmp.Or(c.Audience, c.Issuer)
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	a := &API{mux: http.NewServeMux()}
	for _, add := range []func(*API, *Config) error{addJPay, addScratchPower, addSpendesk, addCentrapay} {
		if err := add(a, &c); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Paths lists what the API serves, as patterns of http.ServeMux without methods.
func (a *API) Paths() []string { return slices.Clone(a.paths) }

// ServeHTTP gives the answer a request id, unless somebody in front has.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if w.Header().Get(headerRequestID) == "" {
		w.Header().Set(headerRequestID, "req_"+rand.Text())
	}
	a.mux.ServeHTTP(w, r)
}

const headerRequestID = "X-Request-Id"

// system is one of the payment systems: who may call it, and how it refuses.
type system struct {
	*resource.Verifier

	refuse func(http.ResponseWriter, *http.Request, *oauth.Error)
	api    *API
	log    *slog.Logger
}

// newSystem makes a system. Its verifier takes Bearer tokens, and asks the server
// whether they have been revoked, unless adjust says otherwise.
func (a *API) newSystem(c *Config, refuse func(http.ResponseWriter, *http.Request, *oauth.Error), adjust func(*resource.Config)) (*system, error) {
	config := resource.Config{
		Issuer: c.Issuer, Audience: c.Audience, Resource: c.URL, Name: "Payments",
		ClientID: c.ClientID, ClientSecret: c.ClientSecret, StateCache: c.StateCache,
		BearerOnly: true, CheckRevocation: true, ErrorWriter: refuse,
		HTTPClient: c.HTTPClient, Log: c.Log, Now: c.Now,
	}
	if adjust != nil {
		adjust(&config)
	}
	verifier, err := resource.New(config)
	if err != nil {
		return nil, err
	}
	return &system{Verifier: verifier, refuse: refuse, api: a, log: c.Log}, nil
}

// methods are the handlers of a path.
type methods map[string]http.Handler

// handle registers a path. Other methods are 405 in the system's shape.
func (s *system) handle(path string, handlers methods) {
	allowed := make([]string, 0, len(handlers)+1)
	for method, handler := range handlers {
		allowed = append(allowed, method)
		s.api.mux.Handle(method+" "+path, handler)
	}
	if handlers[http.MethodGet] != nil {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	s.api.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, oauth.NewError(oauth.ReasonMethodNotAllowed).With("Allow", strings.Join(allowed, ", ")))
	})
}

// owns names a path of the system, or with a slash at its end all below it. What
// is not handled there is 404 in the system's shape.
func (s *system) owns(path string) {
	s.api.paths = append(s.api.paths, path)
	if strings.HasSuffix(path, "/") {
		s.api.mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			s.refuse(w, r, oauth.NewError(oauth.ReasonNotFound))
		})
	}
}

// serve answers with what do returns, as JSON.
func (s *system) serve(status int, do func(r *http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := do(r)
		if err != nil {
			s.refuse(w, r, oauth.Failed(s.log, r, err))
			return
		}
		write(w, status, body)
	})
}
