package authorize

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

// How long a flow may take a person, and how long a pushed request waits for its
// browser (RFC 9126 §2.2).
const (
	flowLifetime   = 30 * time.Minute
	pushedLifetime = 90 * time.Second
)

// requestURIPrefix is that of RFC 9126 §2.2.
const requestURIPrefix = "urn:ietf:params:oauth:request_uri:"

// begin stores a flow, bound to this browser (E01).
func (e *Endpoint) begin(w http.ResponseWriter, r *http.Request, flow *core.Flow) error {
	now := e.Now()
	flow.Selector = core.NewID("", now, e.Rand)
	flow.Hash = authn.BrowserHash(e.Sessions.Browser(w, r))
	flow.CreatedAt, flow.ExpiresAt = now, now.Add(flowLifetime)
	return e.Store.Write(r.Context(), func(tx *store.Tx) error { return tx.InsertFlow(flow) })
}

// errFlow is for a flow that is answered, expired or unknown.
func errFlow(cause string) error {
	return oauth.NewError(oauth.ReasonFlowEnded).Because(errors.New(cause))
}

// resume returns the flow that a page belongs to.
func (e *Endpoint) resume(w http.ResponseWriter, r *http.Request, selector string) (*core.Flow, error) {
	flow, err := e.Store.Flow(r.Context(), selector)
	if errors.Is(err, core.ErrNotFound) {
		return nil, errFlow("unknown")
	}
	if err != nil {
		return nil, err
	}
	browser := authn.BrowserHash(e.Sessions.Browser(w, r))
	switch {
	case flow.Pushed || subtle.ConstantTimeCompare(flow.Hash, browser) != 1:
		return nil, oauth.NewError(oauth.ReasonFlowElsewhere)
	case !flow.DoneAt.IsZero():
		return nil, errFlow("answered")
	case !e.Now().Before(flow.ExpiresAt):
		return nil, errFlow("expired")
	}
	return flow, nil
}

func isPushed(uri string) bool { return strings.HasPrefix(uri, requestURIPrefix) }

// push stores an authorization request and returns its request_uri.
func (e *Endpoint) push(ctx context.Context, clientID string, request oauth.AuthorizationRequest) (string, error) {
	now := e.Now()
	token := secret.Token{Kind: secret.PushedRequest, Selector: core.NewID("", now, e.Rand), Secret: secret.NewSecret(e.Rand)}
	flow := &core.Flow{
		Selector: token.Selector, Hash: token.Hash(), Pushed: true, ClientID: clientID, Request: request,
		CreatedAt: now, ExpiresAt: now.Add(pushedLifetime),
	}
	err := e.Store.Write(ctx, func(tx *store.Tx) error { return tx.InsertFlow(flow) })
	return requestURIPrefix + secret.FormatToken(token.Kind, token.Selector, token.Secret), err
}

// pushed begins a flow with a request that was pushed. It may be loaded until it
// expires or is answered (RFC 9126 §4, A21); everything beside it but client_id is
// left alone.
func (e *Endpoint) pushed(ctx context.Context, p *parameters) (*core.Flow, error) {
	if wrong := p.once("client_id", "request_uri"); wrong != nil {
		return nil, wrong
	}
	client, err := e.client(ctx, p.get("client_id"))
	if err != nil {
		return nil, err
	}
	invalid := oauth.NewError(oauth.ReasonPushedRequestInvalid)
	token, err := secret.ParseToken(secret.PushedRequest, strings.TrimPrefix(p.get("request_uri"), requestURIPrefix))
	if err != nil {
		return nil, invalid.Because(err)
	}
	stored, err := e.Store.Flow(ctx, token.Selector)
	if errors.Is(err, core.ErrNotFound) {
		return nil, invalid.Because(err)
	}
	if err != nil {
		return nil, err
	}
	if !stored.Pushed || !token.Equal(stored.Hash) || stored.ClientID != client.ID || !stored.DoneAt.IsZero() || !e.Now().Before(stored.ExpiresAt) {
		return nil, invalid.Because(errors.New("of another client, answered or expired"))
	}
	return &core.Flow{ClientID: client.ID, PushedAs: stored.Selector, Request: stored.Request}, nil
}
