package authorize

import (
	"context"
	"net/http"
	"net/url"
	"regexp"

	"claviger/internal/core"
	"claviger/internal/store"
	"claviger/internal/web"
	"claviger/oauth"
)

// answer sends an authorization response to the client, by the mode it asked for
// (RFC 6749 §4.1.2, Form Post Response Mode). iss is part of every one, also of
// errors (RFC 9207 §2, A17).
func (e *Endpoint) answer(w http.ResponseWriter, r *http.Request, request *oauth.AuthorizationRequest, values [][2]string) {
	if request.State != "" {
		values = append(values, [2]string{"state", request.State})
	}
	values = append(values, [2]string{"iss", e.Issuer})
	if request.ResponseMode == oauth.ResponseModeFormPost {
		e.Pages.Render(w, r, web.View{
			Locale: e.Pages.Locale(r, request.UILocales), FormTargets: formTargets(request.RedirectURI),
			Data: web.FormPost{Action: request.RedirectURI, Fields: values},
		})
		return
	}
	leave(w, r, withQuery(request.RedirectURI, values))
}

// leave sends the browser to an address of a client.
func leave(w http.ResponseWriter, r *http.Request, address string) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", address)
	w.WriteHeader(redirectStatus(r))
}

// redirectStatus is 302 where integrators were promised it: at the authorization
// endpoint and when a person approves or refuses (SD-3, SD-4). Forms with a secret
// are answered 303, so that no browser sends them on (RFC 9700 §4.12, A18).
func redirectStatus(r *http.Request) int {
	if r.Method == http.MethodPost && r.URL.Path != web.PathConsent {
		return http.StatusSeeOther
	}
	return http.StatusFound
}

// withQuery adds parameters to a URI and keeps those that it has (RFC 6749 §3.1.2).
// The URI is not parsed and put together again: it stays as it is registered.
func withQuery(uri string, values [][2]string) string {
	separator := byte('?')
	for i := range uri {
		if uri[i] == '?' {
			separator = '&'
		}
	}
	out := []byte(uri)
	for _, pair := range values {
		out = append(append(out, separator), url.QueryEscape(pair[0])+"="+url.QueryEscape(pair[1])...)
		separator = '&'
	}
	return string(out)
}

// refuse ends a flow with an error for the client. What is no fault of the client
// or the person is a server_error there, and in the log here (RFC 6749 §4.1.2.1).
func (e *Endpoint) refuse(w http.ResponseWriter, r *http.Request, flow *core.Flow, err error) {
	failed := oauth.Failed(e.Log, r, err)
	if flow.Selector != "" || flow.PushedAs != "" {
		if err := e.finish(r.Context(), flow, nil); err != nil {
			e.problem(w, r, err)
			return
		}
	}
	code := failed.Code
	if code == oauth.InvalidClient { // stopped meanwhile; the code is none of this endpoint's
		code = oauth.UnauthorizedClient
	}
	e.answer(w, r, &flow.Request, [][2]string{{"error", string(code)}, {"error_description", describe(failed)}})
}

// parameterName is that of a parameter that somebody knows.
var parameterName = regexp.MustCompile(`^[a-z_]{1,40}$`)

// describe is the error_description of an error. A name that somebody made up is not
// repeated: it may hold what has no place there (RFC 6749 §4.1.2.1).
func describe(e *oauth.Error) string {
	if !parameterName.MatchString(e.Param) {
		return e.Description
	}
	return e.Description + " (" + e.Param + ")"
}

// finish marks a flow as answered, together with whatever more is to be written.
// A flow has one answer.
func (e *Endpoint) finish(ctx context.Context, flow *core.Flow, more func(*store.Tx) error) error {
	now := e.Now()
	answered := false
	err := e.Store.Write(ctx, func(tx *store.Tx) error {
		answered = false
		for _, selector := range []string{flow.Selector, flow.PushedAs} {
			if selector == "" {
				continue
			}
			ok, err := tx.FinishFlow(selector, now)
			if err != nil {
				return err
			}
			if !ok {
				answered = true
				return nil
			}
		}
		if more == nil {
			return nil
		}
		return more(tx)
	})
	if err == nil && answered {
		return errFlow("answered already")
	}
	return err
}
