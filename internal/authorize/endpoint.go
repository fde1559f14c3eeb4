package authorize

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/tokens"
	"claviger/internal/web"
	"claviger/oauth"
)

// Endpoint serves the browser flow. All fields are set once, by the composition
// root.
type Endpoint struct {
	Issuer        string // URL, without a slash at the end
	Store         *store.Store
	Authenticator *authn.Authenticator // of clients that push requests
	Sessions      *authn.Sessions
	People        *authn.People
	Factors       *authn.Factors
	Directory     *tokens.Directory
	Tokens        *tokens.Issuer
	Verifier      *tokens.Verifier
	Pages         *web.Pages
	Log           *slog.Logger
	Now           func() time.Time
	Rand          io.Reader
}

// Authorize serves the authorization endpoint (RFC 6749 §3.1, OpenID Connect Core
// §3.1.2).
func (e *Endpoint) Authorize(w http.ResponseWriter, r *http.Request) {
	if err := e.Authenticator.Limits.Source(oauth.SourceOf(r.Context()).IP); err != nil {
		e.problem(w, r, err)
		return
	}
	p, err := readParameters(w, r)
	if err != nil {
		e.problem(w, r, err)
		return
	}
	flow, q, err := e.flowOf(r.Context(), p)
	switch {
	case err != nil && q != nil:
		e.refuse(w, r, &core.Flow{Request: q.request}, err)
	case err != nil:
		e.problem(w, r, err)
	case r.Method == http.MethodPost:
		e.again(w, r, flow, p.get("request_uri"))
	default:
		e.proceed(w, r, flow)
	}
}

// flowOf returns the flow that a request begins: its own, or the one that the
// client pushed before. With an inquiry beside it, the error may go to the client.
func (e *Endpoint) flowOf(ctx context.Context, p *parameters) (*core.Flow, *inquiry, error) {
	if isPushed(p.get("request_uri")) {
		flow, err := e.pushed(ctx, p)
		return flow, nil, err
	}
	q, err := e.identify(ctx, p)
	if err != nil {
		return nil, q, err
	}
	if err := e.check(ctx, q); err != nil {
		return nil, q, err
	}
	return &core.Flow{ClientID: q.client.ID, Request: q.request}, nil, nil
}

// again turns a POST into a GET. The cookies of this site do not come with a form
// that another site sends, and do come with the GET.
func (e *Endpoint) again(w http.ResponseWriter, r *http.Request, flow *core.Flow, uri string) {
	if flow.PushedAs == "" {
		var err error
		if uri, err = e.push(r.Context(), flow.ClientID, flow.Request); err != nil {
			e.problem(w, r, err)
			return
		}
	}
	query := url.Values{"client_id": {flow.ClientID}, "request_uri": {uri}}
	http.Redirect(w, r, e.Issuer+web.PathAuthorize+"?"+query.Encode(), http.StatusSeeOther)
}

// proceed takes the next step of a flow: a page, or the answer to the client.
func (e *Endpoint) proceed(w http.ResponseWriter, r *http.Request, flow *core.Flow) {
	signedIn, err := e.Sessions.Of(r)
	if err != nil {
		e.problem(w, r, err)
		return
	}
	step, err := e.next(r.Context(), flow, signedIn)
	if err == nil && step.page != "" && flow.Request.HasPrompt(oauth.PromptNone) {
		err = oauth.NewError(step.silent)
	}
	switch {
	case err != nil:
		e.refuse(w, r, flow, err)
	case step.page != "":
		e.show(w, r, flow, step.page)
	default:
		e.approve(w, r, flow, signedIn, step.approval)
	}
}

// show sends the browser to a page of the flow, which it stores first.
func (e *Endpoint) show(w http.ResponseWriter, r *http.Request, flow *core.Flow, page string) {
	if flow.Selector == "" {
		if err := e.begin(w, r, flow); err != nil {
			e.problem(w, r, err)
			return
		}
	}
	query := url.Values{"flow": {flow.Selector}}
	if flow.Request.UILocales != "" {
		query.Set("ui_locales", e.Pages.Locale(r, flow.Request.UILocales))
	}
	e.to(w, r, page+"?"+query.Encode())
}

// to redirects within this server.
func (e *Endpoint) to(w http.ResponseWriter, r *http.Request, path string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, e.Issuer+path, redirectStatus(r))
}

// problem shows an error that cannot go to a client.
func (e *Endpoint) problem(w http.ResponseWriter, r *http.Request, err error) {
	e.Pages.RenderError(w, r, oauth.Failed(e.Log, r, err))
}
