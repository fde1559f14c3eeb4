package permission

import (
	"context"
	"errors"
	"net/http"
	"time"

	"claviger/internal/core"
	"claviger/internal/dialect"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// authenticate proves the one credential of the request that the proxy asks about:
// an access token, or an API key in the header of its dialect. It returns when the
// credential ends; zero for never.
func (x *exchange) authenticate(ctx context.Context) (a *core.Authorization, ends time.Time, err error) {
	header := x.request.Header
	authorization := header["Authorization"]
	name, keys := x.keys(header)
	switch {
	case len(authorization)+len(keys) > 1: // D04; proxies take 401 and 403 for a refusal, and 400 for a failure
		several := oauth.NewError(oauth.ReasonSeveralCredentials)
		several.Status = http.StatusUnauthorized
		return nil, ends, several
	case len(keys) == 1 && keys[0] != "":
		a, err = x.byKey(ctx, name, keys[0])
	case len(authorization) == 1:
		a, ends, err = x.byToken(ctx, authorization[0])
	default:
		err = oauth.NewError(oauth.ReasonAuthenticationMissing)
	}
	if err != nil {
		return nil, ends, err
	}
	if a.Key != nil && ends.IsZero() {
		ends = a.Key.ExpiresAt
	}
	own := x.Dialects[a.Dialect()]
	if x.dialect == nil {
		x.dialect = own
	}
	return a, ends, x.act(ctx, a, own)
}

// keys returns the header in which API keys were sent, and the keys. Where that
// header says of which dialect they are, its errors are the ones to answer with.
func (x *exchange) keys(header http.Header) (name string, keys []string) {
	var of []*dialect.Dialect
	for _, d := range x.Dialects {
		sent := header[d.APIKeyHeader()]
		if d.APIKeyHeader() == "" || len(sent) == 0 {
			continue
		}
		if d.APIKeyHeader() != name {
			keys = append(keys, sent...)
		}
		name, of = d.APIKeyHeader(), append(of, d)
	}
	if len(of) == 1 && x.dialect == nil {
		x.dialect = of[0]
	}
	return name, keys
}

const longestKey = 8 << 10

// byKey proves an API key, which must be of a dialect that has the header. Where a
// rule wants a token for another audience than ours, a key is not one.
func (x *exchange) byKey(ctx context.Context, header, presented string) (*core.Authorization, error) {
	if len(presented) > longestKey {
		return nil, oauth.NewError(oauth.ReasonKeyInvalid)
	}
	a, err := x.Authenticator.APIKey(ctx, presented, "", oauth.SourceOf(ctx).IP)
	if err != nil {
		return nil, err
	}
	own := x.Dialects[a.Dialect()]
	if own == nil || own.APIKeyHeader() != header {
		return nil, oauth.NewError(oauth.ReasonKeyInvalid).Because(errors.New("the key belongs into another header"))
	}
	for _, rule := range x.rules {
		if !rule.takes(a) || (rule.Audience != "" && rule.Audience != x.Authenticator.Audience) {
			return nil, oauth.NewError(oauth.ReasonKeyInvalid).Because(errors.New("the key is of another dialect, or for no audience"))
		}
	}
	return a, nil
}

// byToken proves an access token, for the audience that the rules want (PE-3).
func (x *exchange) byToken(ctx context.Context, header string) (*core.Authorization, time.Time, error) {
	invalid := oauth.NewError(oauth.ReasonTokenInvalid)
	token, ok := dialect.BearerToken(header)
	if !ok {
		return nil, time.Time{}, invalid
	}
	verifier := x.Authenticator.Verifier
	claims, err := verifier.Verify(ctx, token)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !x.audience(claims) {
		return nil, time.Time{}, invalid.Because(errors.New("the token is for another audience"))
	}
	a, err := verifier.Alive(ctx, claims)
	if err != nil {
		return nil, time.Time{}, err
	}
	for _, rule := range x.rules {
		if !rule.takes(a) {
			return nil, time.Time{}, invalid.Because(errors.New("the token is of another dialect"))
		}
	}
	if claims.Audience != x.Authenticator.Audience && a.Service.Name != claims.Audience {
		return nil, time.Time{}, invalid.Because(errors.New("the organisation no longer has the service of the token"))
	}
	return a, time.Unix(claims.ExpiresAt, 0), nil
}

// audience reports whether a token is for what every rule wants: our own API
// unless it says otherwise.
func (x *exchange) audience(claims *tokens.Claims) bool {
	for _, rule := range x.rules {
		if rule.Audience != "" && rule.Audience != claims.Audience {
			return false
		}
		if rule.Audience == "" && claims.Audience != x.Authenticator.Audience {
			return false
		}
	}
	return len(x.rules) > 0 || claims.Audience == x.Authenticator.Audience
}

func (rule *forwardRule) takes(a *core.Authorization) bool {
	return rule.Dialect == "" || rule.Dialect == a.Dialect()
}

// act lets a person name the account to act for, as their dialect has it (CP-11).
func (x *exchange) act(ctx context.Context, a *core.Authorization, own *dialect.Dialect) error {
	if own == nil || own.ActingHeader() == "" {
		return nil
	}
	named := x.request.Header[own.ActingHeader()]
	switch {
	case len(named) == 0:
		return nil
	case len(named) > 1 || named[0] == "": // F05: nothing is not everything
		return oauth.NewError(oauth.ReasonNotMember)
	}
	return x.Decider.Act(ctx, a, named[0])
}

// deny records a denial, and returns the error that tells of it.
func (x *exchange) deny(ctx context.Context, event core.Event, why string, reason oauth.Reason, scope string) error {
	event.Reason, event.Detail = reason, x.asked.String()+": "+why
	err := x.Decider.Store.Write(ctx, func(tx *store.Tx) error {
		tx.Audit(event)
		return nil
	})
	if err != nil {
		return err
	}
	refused := oauth.NewError(reason).Because(errors.New(why))
	if scope != "" { // RFC 6750 §3
		refused = refused.With("WWW-Authenticate", `Bearer error="insufficient_scope", scope="`+scope+`"`)
	}
	return refused
}
