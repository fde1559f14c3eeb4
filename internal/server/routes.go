package server

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"claviger/internal/dialect"
	"claviger/internal/endpoints"
	"claviger/internal/grants"
	"claviger/internal/permission"
	"claviger/oauth"
)

// routes is every path of the server: the standard endpoints, then those of the
// dialects. Which codec a path has is decided here and nowhere else.
func (s *Server) routes(dialects []*dialect.Dialect) (_ http.Handler, err error) {
	mux := http.NewServeMux()
	defer func() { // ServeMux tells of two patterns that collide by a panic
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the routes collide: %v", cause)
		}
	}()
	s.standardRoutes(mux)
	s.accessRoutes(mux)
	s.apiRoutes(mux)
	s.browserRoutes(mux)
	for pattern, handler := range s.environment.Beside {
		mux.Handle(pattern, s.metrics.Observe(pattern, handler))
	}
	for _, d := range dialects {
		if err := s.dialectRoutes(mux, d); err != nil {
			return nil, fmt.Errorf("dialect %s: %w", d.Name, err)
		}
	}
	return s.cors(mux, dialects), nil
}

// cors says which routes pages of other origins may call.
func (s *Server) cors(mux *http.ServeMux, dialects []*dialect.Dialect) http.Handler {
	c := &cors{
		routes: mux, known: s.Store.HasOrigin, issuer: s.config.Issuer, log: s.log,
		shared: map[string]bool{
			http.MethodPost + " " + endpoints.PathToken:      true,
			http.MethodPost + " " + endpoints.PathRevocation: true,
			http.MethodPost + " " + endpoints.PathUserInfo:   true,
			http.MethodGet + " " + endpoints.PathUserInfo:    true,
		},
		public: map[string]bool{
			http.MethodGet + " " + endpoints.PathMetadata: true,
			http.MethodGet + " " + endpoints.PathOpenID:   true,
			http.MethodGet + " " + endpoints.PathJWKS:     true,
		},
	}
	for _, d := range dialects {
		for _, route := range d.Routes {
			if route.Operation == dialect.OperationToken {
				c.shared[route.Method+" "+route.Path()] = true
			}
		}
	}
	return c
}

func (s *Server) standardRoutes(mux *http.ServeMux) {
	token := &grants.Handler{Exchange: s.Exchange, Codec: grants.Standard{}, Log: s.log}
	fail := func(w http.ResponseWriter, _ *http.Request, e *oauth.Error) { oauth.WriteError(w, e) }
	issue := func(handler http.Handler) http.Handler { return s.workload.issue.bound(handler, fail) }
	verify := func(handler http.Handler) http.Handler { return s.workload.verify.bound(handler, fail) }
	for path, handlers := range map[string]map[string]http.Handler{
		endpoints.PathToken:         {http.MethodPost: issue(token)},
		endpoints.PathPAR:           {http.MethodPost: issue(http.HandlerFunc(s.authorize.Push))},
		endpoints.PathIntrospection: {http.MethodPost: verify(http.HandlerFunc(s.tokenState.Introspect))},
		endpoints.PathRevocation:    {http.MethodPost: issue(http.HandlerFunc(s.tokenState.Revoke))},
		endpoints.PathUserInfo:      {http.MethodGet: verify(s.userInfo), http.MethodPost: verify(s.userInfo)},
		endpoints.PathMetadata:      {http.MethodGet: http.HandlerFunc(s.discovery.Metadata)},
		endpoints.PathOpenID:        {http.MethodGet: http.HandlerFunc(s.discovery.Metadata)},
		endpoints.PathJWKS:          {http.MethodGet: http.HandlerFunc(s.discovery.JWKS)},
		"/healthz":                  {http.MethodGet: http.HandlerFunc(s.health.Live)},
		"/readyz":                   {http.MethodGet: http.HandlerFunc(s.health.Ready)},
		"/metrics":                  {http.MethodGet: s.metrics.Handler()},
	} {
		s.register(mux, path, handlers, fail)
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		oauth.WriteError(w, oauth.NewError(oauth.ReasonNotFound).Describe("There is nothing at this path."))
	})
}

// accessRoutes are those of the decision API (AuthZEN).
func (s *Server) accessRoutes(mux *http.ServeMux) {
	for path, handler := range map[string]http.HandlerFunc{
		permission.PathEvaluation:     s.authzen.Evaluation,
		permission.PathEvaluations:    s.authzen.Evaluations,
		permission.PathSubjectSearch:  s.authzen.SubjectSearch,
		permission.PathResourceSearch: s.authzen.ResourceSearch,
		permission.PathActionSearch:   s.authzen.ActionSearch,
	} {
		bounded := s.workload.verify.bound(handler, failAccess)
		s.register(mux, path, map[string]http.Handler{http.MethodPost: bounded}, failAccess)
	}
	metadata := http.HandlerFunc(s.authzen.Metadata)
	s.register(mux, permission.PathAuthZENMetadata, map[string]http.Handler{http.MethodGet: metadata}, failAccess)
}

func failAccess(w http.ResponseWriter, _ *http.Request, e *oauth.Error) {
	permission.WriteFailure(w, e)
}

// dialectRoutes registers the routes of a dialect, path by path.
func (s *Server) dialectRoutes(mux *http.ServeMux, d *dialect.Dialect) error {
	paths := map[string]map[string]http.Handler{}
	first := map[string]*dialect.Route{}
	for _, route := range d.Routes {
		handler, err := s.dialectHandler(route)
		if err != nil {
			return err
		}
		if paths[route.Path()] == nil {
			paths[route.Path()], first[route.Path()] = map[string]http.Handler{}, route
		}
		paths[route.Path()][route.Method] = s.workload.of(route).bound(handler, s.failDialect(route))
	}
	for path, handlers := range paths {
		s.register(mux, path, handlers, s.failDialect(first[path]))
	}
	return nil
}

// failDialect writes errors as a route of a dialect does.
func (s *Server) failDialect(route *dialect.Route) failure {
	return func(w http.ResponseWriter, r *http.Request, e *oauth.Error) {
		route.Fail(w, r, dialect.RequestFacts{ID: oauth.SourceOf(r.Context()).RequestID, Issuer: s.config.Issuer}, e)
	}
}

func (s *Server) dialectHandler(route *dialect.Route) (http.Handler, error) {
	if route.Operation == dialect.OperationToken {
		codec := grants.Dialect{Route: route, Issuer: s.config.Issuer}
		return &grants.Handler{Exchange: s.Exchange, Codec: codec, Log: s.log}, nil
	}
	op, ok := s.operations.named(route.Operation)
	if !ok {
		return nil, fmt.Errorf("%s %s: no operation %q", route.Method, route.Path(), route.Operation)
	}
	return &dialectRoute{
		route: route, operation: op, operations: s.operations, authenticator: s.authenticator,
		issuer: s.config.Issuer, log: s.log,
	}, nil
}

// methods are those that are answered 405 where a path has no handler for them.
// HEAD goes with GET.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions,
}

// register adds a path with its methods; any other method is 405 in the shape
// of the path's wire format (RFC 9110 §15.5.6). They are registered one by one,
// because a pattern for all methods would collide with a wildcard beside it.
func (s *Server) register(mux *http.ServeMux, path string, handlers map[string]http.Handler, fail failure) {
	allowed := make([]string, 0, len(handlers)+1)
	for method, handler := range handlers {
		allowed = append(allowed, method)
		mux.Handle(method+" "+path, s.metrics.Observe(path, s.clock.guard(path, handler, fail)))
	}
	if _, ok := handlers[http.MethodGet]; ok {
		allowed = append(allowed, http.MethodHead)
	}
	slices.Sort(allowed)
	refuse := s.metrics.Observe(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, oauth.NewError(oauth.ReasonMethodNotAllowed).With("Allow", strings.Join(allowed, ", ")))
	}))
	for _, method := range methods {
		if !slices.Contains(allowed, method) {
			mux.Handle(method+" "+path, refuse)
		}
	}
}
