package server

import (
	"context"
	"net/http"
	"time"

	"claviger/internal/api"
	"claviger/internal/core"
	"claviger/internal/dialect"
)

// wireAPI puts the management API together.
func (s *Server) wireAPI(dialects []*dialect.Dialect) error {
	var err error
	s.api, err = api.New(api.Options{
		Admin: s.Admin, Store: s.Store, Authenticator: s.authenticator, Master: s.master, Issuer: s.config.Issuer,
		Dialects: describeDialects(dialects), Limit: s.limitAPI, Log: s.log, Now: s.environment.Now, Rand: s.environment.Rand,
	})
	return err
}

// limitAPI is the rate limit of a source, and then that of the credential.
func (s *Server) limitAPI(ip string, a *core.Authorization) error {
	if a == nil {
		return s.authenticator.Limits.Source(ip)
	}
	return s.authenticator.Limits.Request(a)
}

func describeDialects(dialects []*dialect.Dialect) []api.Dialect {
	list := make([]api.Dialect, 0, len(dialects))
	for _, d := range dialects {
		described := api.Dialect{Name: d.Name, Routes: []api.DialectRoute{}}
		for _, r := range d.Routes {
			described.Routes = append(described.Routes, api.DialectRoute{
				Method: r.Method, Path: r.Path(), Operation: r.Operation, Permission: r.Permission, Scope: r.Scope,
			})
		}
		list = append(list, described)
	}
	return list
}

// apiRoutes are those of the management API.
func (s *Server) apiRoutes(mux *http.ServeMux) {
	paths := map[string]map[string]http.Handler{
		api.PathDescription: {http.MethodGet: http.HandlerFunc(s.api.Description)},
	}
	for _, route := range s.api.Routes() {
		if paths[route.Path] == nil {
			paths[route.Path] = map[string]http.Handler{}
		}
		paths[route.Path][route.Method] = s.workload.manage.bound(s.api, s.api.Fail)
	}
	for path, handlers := range paths {
		s.register(mux, path, handlers, s.api.Fail)
	}
}

// flushUsageEvery is how often what is counted in memory is written: a kill loses no
// more than that of usage and of last uses.
const flushUsageEvery = 5 * time.Second

// keepUsage writes usage until ctx ends.
func (s *Server) keepUsage(ctx context.Context) {
	for pause(ctx, flushUsageEvery) {
		s.flushUsage(ctx)
	}
}

func (s *Server) flushUsage(ctx context.Context) {
	if _, err := s.Store.FlushUsage(context.WithoutCancel(ctx)); err != nil {
		s.log.Warn("usage not written; it will be tried again", "error", err)
	}
}
