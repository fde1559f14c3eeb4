package permission

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime/debug"
	"slices"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// Forward answers proxies that ask whether to let a request through: nginx
// (auth_request), Traefik and Caddy (forward auth), Envoy (ext_authz over HTTP).
// 200 means yes; whatever goes wrong is another status (G07).
type Forward struct {
	Decider       *Decider
	Authenticator *authn.Authenticator
	Dialects      map[string]*dialect.Dialect // by name
	Rules         ForwardRules
	Trusts        func(peer netip.Addr) bool // which proxies are answered
	Tokens        BackendTokens
	URL           string        // of the issuer, for errors in the shape of a dialect
	Timeout       time.Duration // for one decision
	Log           *slog.Logger
}

// BackendTokens are what backends get of a caller. Without a lifetime there are
// none.
type BackendTokens struct {
	Issuer   *tokens.Issuer
	Lifetime time.Duration
	Audience string
	Header   string
}

// admitted is a request that may go through: who asks, none for what is public,
// and the account that was decided on or that the caller acts for.
type admitted struct {
	authorization *core.Authorization
	account       *core.Account
	roles         []string // codes of those that the caller has there
	token         string   // for the backend
}

// ServeHTTP decides. Nothing is sent before the decision is whole.
func (f *Forward) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Forward: f, request: r}
	defer func() {
		if cause := recover(); cause != nil {
			f.Log.ErrorContext(r.Context(), "panic", "path", PathForward, "cause", cause, "stack", string(debug.Stack()))
			x.refuse(w, oauth.NewError(oauth.ReasonUnavailable))
		}
	}()
	ctx, cancel := context.WithTimeout(r.Context(), f.Timeout)
	defer cancel()
	in, err := x.decide(ctx)
	if err == nil {
		err = ctx.Err() // too late is no answer
	}
	if err != nil {
		x.refuse(w, f.failure(r, err))
		return
	}
	in.writeTo(w.Header(), f)
	w.WriteHeader(http.StatusOK)
}

// Refuse answers with an error before anything was decided, as ServeHTTP would: in
// the dialect of the rules, and to nobody but the listed proxies.
func (f *Forward) Refuse(w http.ResponseWriter, r *http.Request, e *oauth.Error) {
	x := &exchange{Forward: f, request: r}
	if err := x.believe(); err != nil {
		x.refuse(w, f.failure(r, err))
		return
	}
	x.find()
	x.refuse(w, e)
}

// failure turns whatever is no refusal into 503: the proxy may ask again, and
// lets nobody through meanwhile.
func (f *Forward) failure(r *http.Request, err error) *oauth.Error {
	var refused *oauth.Error
	if !errors.As(err, &refused) || refused.Status == http.StatusInternalServerError {
		refused = oauth.NewError(oauth.ReasonUnavailable).Because(err)
	}
	return oauth.Failed(f.Log, r, refused)
}

// exchange is one question of a proxy.
type exchange struct {
	*Forward
	request *http.Request
	asked   *original
	rules   []*forwardRule
	dialect *dialect.Dialect // whose errors the caller understands; nil: RFC 6750
}

// decide takes the fixed steps: believe the proxy, find the rules, prove the
// credential, limit, and ask for everything that the rules name.
func (x *exchange) decide(ctx context.Context) (*admitted, error) {
	if err := x.believe(); err != nil {
		return nil, err
	}
	if x.Decider.Store.Away() {
		return nil, oauth.NewError(oauth.ReasonUnavailable).Because(errors.New("the database is away, and what is remembered may be out of date"))
	}
	if x.find(); public(x.rules) {
		return &admitted{}, nil
	}
	if err := x.Authenticator.Limits.Source(oauth.SourceOf(ctx).IP); err != nil {
		return nil, err
	}
	a, ends, err := x.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	if err := x.Authenticator.Limits.Request(a); err != nil {
		return nil, err
	}
	in, err := x.permit(ctx, a)
	if err != nil || x.Tokens.Lifetime == 0 {
		return in, err
	}
	in.token, err = x.Tokens.Issuer.ForBackend(a, x.Tokens.Audience, x.Tokens.Lifetime, ends)
	return in, err
}

// believe reads what a listed proxy says of the original request. Nobody else is
// answered (G02).
func (x *exchange) believe() error {
	refused := oauth.NewError(oauth.ReasonPermissionDenied)
	peer, err := netip.ParseAddrPort(x.request.RemoteAddr)
	if err != nil || !x.Trusts(peer.Addr().Unmap()) {
		x.Log.WarnContext(x.request.Context(), "forward-auth refused: the peer is not in forward_auth.trusted_peers",
			"peer", x.request.RemoteAddr)
		return refused.Because(errors.New("the peer is not trusted"))
	}
	if x.asked, err = readOriginal(x.request); err != nil {
		x.Log.InfoContext(x.request.Context(), "forward-auth refused: "+err.Error(),
			"peer", x.request.RemoteAddr, "request_id", oauth.SourceOf(x.request.Context()).RequestID)
		return refused.Because(err)
	}
	return nil
}

// find looks up the rules, and which dialect the caller speaks by them.
func (x *exchange) find() {
	x.rules = x.Rules.find(x.asked)
	for _, rule := range x.rules {
		if rule.Dialect != "" && !public(x.rules) {
			x.dialect = x.Dialects[rule.Dialect]
		}
	}
}

// public reports whether everybody may: there are rules, and none asks for more.
func public(rules []*forwardRule) bool {
	for _, rule := range rules {
		if !rule.Public {
			return false
		}
	}
	return len(rules) > 0
}

// permit asks for what each rule names. What no rule is for is denied to everybody
// who is known.
func (x *exchange) permit(ctx context.Context, a *core.Authorization) (*admitted, error) {
	if len(x.rules) == 0 {
		return nil, x.deny(ctx, core.EventOf(core.PermissionDenied, a, oauth.SourceOf(ctx)), "denied: there is no rule for it",
			oauth.ReasonPermissionDenied, "")
	}
	in := &admitted{authorization: a, account: a.Account}
	for _, rule := range x.rules {
		if err := x.use(ctx, a, TypeProduct, rule.Product); err != nil {
			return nil, err
		}
		if err := x.use(ctx, a, TypeScope, rule.Scope); err != nil {
			return nil, err
		}
		if err := x.permission(ctx, in, rule); err != nil {
			return nil, err
		}
	}
	var err error
	in.roles, err = x.rolesThere(ctx, in)
	return in, err
}

// rolesThere returns the codes of the roles that the caller has in the account of
// the answer; without one, of the role in the organisation.
func (x *exchange) rolesThere(ctx context.Context, in *admitted) (codes []string, err error) {
	if in.account == nil {
		if role := in.authorization.Role; role != nil {
			codes = []string{role.Code}
		}
		return codes, nil
	}
	subject, err := x.Decider.Subject(ctx, in.authorization)
	if err != nil {
		return nil, err
	}
	for _, held := range subject.Held {
		if held.covers(in.account) && !slices.Contains(codes, held.Role.Code) {
			codes = append(codes, held.Role.Code)
		}
	}
	return codes, nil
}

func (x *exchange) use(ctx context.Context, a *core.Authorization, kind, name string) error {
	if name == "" {
		return nil
	}
	scope := ""
	reason := oauth.ReasonPermissionDenied
	if kind == TypeScope && x.dialect == nil { // RFC 6750 §3.1; no dialect has a case for it
		reason, scope = oauth.ReasonScopeInsufficient, name
	}
	return x.ask(ctx, Query{Authorization: a, Action: ActionUse, Resource: Resource{Type: kind, ID: name}}, reason, scope)
}

func (x *exchange) permission(ctx context.Context, in *admitted, rule *forwardRule) error {
	if rule.Permission == "" {
		return nil
	}
	var err error
	query := Query{Authorization: in.authorization, Action: rule.Permission}
	if rule.acts() {
		if in.account, err = x.Decider.Acting(ctx, in.authorization); err != nil {
			return err
		}
		query.Resource = OnAccount(in.account)
	} else {
		query.Resource = Resource{Type: TypeAccount, ID: rule.named(rule.Account, x.asked)}
	}
	if err := x.ask(ctx, query, oauth.ReasonPermissionDenied, ""); err != nil || rule.acts() {
		return err
	}
	in.account, err = x.Decider.Account(ctx, query.Resource.ID)
	return err
}

// ask decides one query; a denial is in the audit trail before it is answered.
func (x *exchange) ask(ctx context.Context, q Query, reason oauth.Reason, scope string) error {
	decision, err := x.Decider.Decide(ctx, q)
	if err != nil || decision.Allowed {
		return err
	}
	return x.deny(ctx, Denied(ctx, q, decision), decision.Why(), reason, scope)
}
