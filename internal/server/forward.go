package server

import (
	"net/http"
	"net/netip"
	"slices"
	"time"

	"claviger/internal/dialect"
	"claviger/internal/permission"
)

// forwardTimeout is how long a proxy waits for a decision at most.
const forwardTimeout = 5 * time.Second

// forward is the endpoint that proxies ask.
func (s *Server) forward(dialects []*dialect.Dialect) (http.Handler, error) {
	byName, names := map[string]*dialect.Dialect{}, make([]string, 0, len(dialects))
	for _, d := range dialects {
		byName[d.Name], names = d, append(names, d.Name)
	}
	c := s.config.ForwardAuth
	rules, err := permission.NewForwardRules(c.Rules, names)
	if err != nil {
		return nil, err
	}
	endpoint := &permission.Forward{
		Decider: s.Decider, Authenticator: s.authenticator, Dialects: byName, Rules: rules,
		Trusts: func(peer netip.Addr) bool { return contain(c.TrustedPeers, peer) },
		Tokens: permission.BackendTokens{
			Issuer: s.Issuer, Lifetime: c.TokenLifetime, Audience: c.TokenAudience, Header: c.TokenHeader,
		},
		URL: s.config.Issuer, Timeout: forwardTimeout, Log: s.log,
	}
	return s.metrics.Observe(permission.PathForward, s.workload.verify.bound(endpoint, endpoint.Refuse)), nil
}

func contain(networks []netip.Prefix, address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(address) })
}

// ahead takes what proxies ask before the multiplexer sees it, which would clean
// the path that is asked about.
type ahead struct{ forward, routes http.Handler }

func (a ahead) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if permission.IsForward(r) {
		a.forward.ServeHTTP(w, r)
		return
	}
	a.routes.ServeHTTP(w, r)
}
