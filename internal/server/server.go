package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"claviger/internal/api"
	"claviger/internal/authn"
	"claviger/internal/authorize"
	"claviger/internal/config"
	"claviger/internal/console"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/endpoints"
	"claviger/internal/grants"
	"claviger/internal/keys"
	"claviger/internal/outbox"
	"claviger/internal/permission"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/internal/web"
)

// Server is an instance with its endpoints.
type Server struct {
	*Instance

	config        *config.Config
	log           *slog.Logger
	authenticator *authn.Authenticator
	Exchange      *grants.Exchange
	Issuer        *tokens.Issuer
	tokenState    *endpoints.TokenState
	userInfo      *endpoints.UserInfo
	discovery     *endpoints.Discovery
	health        *endpoints.Health
	metrics       *endpoints.Metrics
	clock         *clock
	cleaner       *cleaner
	operations    *operations
	workload      *workload
	connections   *connections
	sharing       *sharing
	authzen       *permission.AuthZEN
	authorize     *authorize.Endpoint
	console       *console.Console
	api           *api.API
	Pages         *web.Pages
	Outbox        *outbox.Outbox
	handler       http.Handler
}

// Time limits of a connection (H01).
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 32 << 10
)

// forgetEnded is how long the end of a grant is kept where no refresh token
// says: longer than any access token lives.
const forgetEnded = LongestAccessToken + time.Hour

// New puts the endpoints of an instance together, with the dialects to serve.
func New(instance *Instance, dialects []*dialect.Dialect) (*Server, error) {
	s := &Server{Instance: instance, config: instance.Config, log: instance.environment.Log}
	s.wireTokens(dialects)
	s.wireEndpoints()
	if err := s.wireBrowser(dialects); err != nil {
		return nil, err
	}
	if err := s.wireAPI(dialects); err != nil {
		return nil, err
	}
	routes, err := s.routes(dialects)
	if err != nil {
		return nil, err
	}
	forward, err := s.forward(dialects)
	if err != nil {
		return nil, err
	}
	s.handler = &edge{
		config: s.config, hosts: s.config.AllowedHosts(), log: s.log,
		now: instance.environment.Now, rand: instance.environment.Rand, next: ahead{s.clock.guard(permission.PathForward, forward, failStandard), routes},
	}
	return s, nil
}

func (s *Server) wireTokens(dialects []*dialect.Dialect) {
	env := s.environment
	profiles := map[string]*dialect.Profile{}
	for _, d := range dialects {
		profiles[d.Name] = &d.Profile
	}
	directory := &tokens.Directory{Store: s.Store}
	verifier := &tokens.Verifier{URL: s.config.Issuer, Ring: s.Ring, Directory: directory, Now: env.Now}
	gate := secret.NewGate(env.Now)
	gate.Limit = s.config.Limits.WrongAttempts
	s.Issuer = &tokens.Issuer{
		URL: s.config.Issuer, Audience: s.config.Audience, Ring: s.Ring, Algorithm: s.config.SigningAlgorithm,
		IDTokenAlgorithm: s.config.IDTokenAlgorithm, PairwiseKey: s.master.Derive(labelPairwise),
		Successors: s.master.Derive(labelSuccessor), RefreshJWT: keys.NewSymmetric(s.master.Derive(labelRefreshJWT)),
		Lifetimes: core.Lifetimes(s.config.Lifetimes), Profiles: profiles, Now: env.Now, Rand: env.Rand,
	}
	s.authenticator = &authn.Authenticator{
		Store: s.Store, Secrets: s.Secrets, Gate: gate, Verifier: verifier, Directory: directory,
		Limits: newLimits(s.config, s.Store, env.Now), Audience: s.config.Audience, Log: s.log, Now: env.Now,
	}
	s.Exchange = &grants.Exchange{
		Store: s.Store, Authenticator: s.authenticator, Directory: directory, Issuer: s.Issuer, Now: env.Now,
	}
	s.tokenState = &endpoints.TokenState{
		Store: s.Store, Authenticator: s.authenticator, Verifier: verifier, Directory: directory, Issuer: s.Issuer,
		Log: s.log, Now: env.Now,
	}
	s.userInfo = &endpoints.UserInfo{
		Verifier: verifier, Issuer: s.Issuer, Limits: s.authenticator.Limits, Audience: s.config.Audience, Log: s.log,
	}
}

func (s *Server) wireEndpoints() {
	s.discovery = &endpoints.Discovery{Issuer: s.config.Issuer, Locales: web.Locales(), Ring: s.Ring}
	s.health = &endpoints.Health{Store: s.Store, Log: s.log, Now: s.environment.Now}
	s.metrics = endpoints.NewMetrics(s.environment.Now)
	s.clock = &clock{store: s.Store, now: s.environment.Now, log: s.log}
	s.metrics.Gauge("claviger_clock_offset_seconds", "How far the clock is ahead of the one of PostgreSQL.", nil, s.clock.seconds)
	s.sharing = s.newSharing()
	s.cleaner = &cleaner{
		store: s.Store, every: s.config.CleanUpEvery, retention: s.config.AuditRetention,
		metrics: s.metrics.CleanUp(store.GrowingTables()), log: s.log, now: s.environment.Now,
	}
	s.operations = &operations{store: s.Store, admin: s.Admin, decider: s.Decider, now: s.environment.Now}
	s.authzen = &permission.AuthZEN{
		Decider: s.Decider, Authenticator: s.authenticator, Issuer: s.config.Issuer,
		AccountTypes: s.config.AccountTypes, Log: s.log,
	}
	s.workload, s.connections = newWorkload(s.config.InFlight), newConnections(s.config.Limits.Connections)
	s.observeLoad()
}

// Handler serves every request of the server.
func (s *Server) Handler() http.Handler { return s.handler }

// Run serves on a listener, which it closes, until ctx ends, then lets requests
// under way finish (R18).
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	defer s.flushUsage(ctx) // also of the requests that were let finish
	var group sync.WaitGroup
	defer group.Wait() // what is being delivered is settled before the database closes
	background, stop := context.WithCancel(ctx)
	defer stop()
	s.clock.look(background)
	group.Go(debug.FreeOSMemory) // what starting took: half of what an idle server would hold
	group.Go(func() { s.clock.watch(background) })
	group.Go(func() { s.warnUndurable(background) })
	group.Go(func() { s.Ring.Watch(background, 5*time.Second) })
	group.Go(func() { s.cleaner.run(background) })
	group.Go(func() { s.Outbox.Run(background) })
	group.Go(func() { s.keepUsage(background) })
	group.Go(func() { s.shareLimits(background) })
	group.Go(func() { s.workload.report(background, s.log) })
	server := &http.Server{
		Handler: s.handler, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, ConnState: s.connections.changed,
		ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	s.log.Info("stopping")
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.ShutdownTimeout)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return errors.Join(err, server.Close())
	}
	return nil
}
