package authorize

import (
	"errors"
	"net/http"
	"net/url"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/web"
	"claviger/oauth"
)

// page is a request for one of the pages of the flow, with what belongs to it.
// flow is nil on a page that somebody opened by itself.
type page struct {
	w        http.ResponseWriter
	r        *http.Request
	form     map[string]string // of a POST; else nil
	flow     *core.Flow
	signedIn *authn.SignedIn
	back     string // where to go after a sign-in without a flow: a path of this server
}

// handle makes a handler of a function for one page: it reads the form, the flow
// and the session.
func (e *Endpoint) handle(serve func(*page) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p := &page{w: w, r: r}
		err := e.load(p)
		if err == nil {
			err = serve(p)
		}
		if err != nil {
			e.problem(w, r, err)
		}
	})
}

func (e *Endpoint) load(p *page) error {
	selector, back := p.r.URL.Query().Get("flow"), p.r.URL.Query().Get("return_to")
	if p.r.Method == http.MethodPost {
		if err := e.Authenticator.Limits.Source(oauth.SourceOf(p.r.Context()).IP); err != nil {
			return err
		}
		form, err := authn.ReadForm(p.w, p.r)
		if err != nil {
			return err
		}
		p.form, selector, back = form, form["flow"], form["return_to"]
	}
	p.back = safeReturn(back)
	var err error
	if selector != "" {
		if p.flow, err = e.resume(p.w, p.r, selector); err != nil {
			return err
		}
	}
	if chosen := p.r.URL.Query().Get("ui_locales"); chosen != "" && p.flow != nil {
		p.flow.Request.UILocales = chosen // the pages that follow keep what the person chose
	}
	p.signedIn, err = e.Sessions.Of(p.r)
	return err
}

// flowID is what the forms of a page carry.
func (p *page) flowID() string {
	if p.flow == nil {
		return ""
	}
	return p.flow.Selector
}

// locale is the language of a page: the one that the client asked for comes first.
func (e *Endpoint) locale(p *page) string {
	if p.flow == nil {
		return e.Pages.Locale(p.r, "")
	}
	return e.Pages.Locale(p.r, p.flow.Request.UILocales)
}

// render shows a page of the flow.
func (e *Endpoint) render(p *page, status int, data any) error {
	view := web.View{Locale: e.locale(p), Status: status, Data: data}
	if p.flow != nil {
		view.Popup = true // a client may have opened a window for it, whatever it says in display
		view.FormTargets = formTargets(p.flow.Request.RedirectURI)
	}
	e.Pages.Render(p.w, p.r, view)
	return nil
}

// onward leaves a page that has done its part: on with the flow, or back to where
// the person came from.
func (e *Endpoint) onward(p *page, signedIn *authn.SignedIn) error {
	if p.flow == nil {
		e.to(p.w, p.r, p.back)
		return nil
	}
	next, err := e.next(p.r.Context(), p.flow, signedIn)
	switch {
	case err != nil:
		e.refuse(p.w, p.r, p.flow, err)
	case next.page != "":
		e.show(p.w, p.r, p.flow, next.page)
	default:
		e.approve(p.w, p.r, p.flow, signedIn, next.approval)
	}
	return nil
}

// elsewhere reports whether a flow needs another page than the one that was asked
// for, and goes there.
func (e *Endpoint) elsewhere(p *page, path string) (bool, error) {
	next, err := e.next(p.r.Context(), p.flow, p.signedIn)
	if err != nil {
		e.refuse(p.w, p.r, p.flow, err)
		return true, nil
	}
	if next.page == path {
		return false, nil
	}
	return true, e.onward(p, p.signedIn)
}

// clientName is who asks, for pages.
func (e *Endpoint) clientName(p *page) (string, error) {
	if p.flow == nil {
		return "", nil
	}
	client, err := e.client(p.r.Context(), p.flow.ClientID)
	if err != nil {
		return "", err
	}
	return client.Name, nil
}

// withRetry returns an error for a form: a text key by field, the seconds to wait,
// and false when it is nothing that the person can mend on the form.
func withRetry(err error, field, key string) (wrong web.Errors, retry string, ok bool) {
	refused := oauth.RefusalOf(err)
	if refused == nil {
		return nil, "", false
	}
	switch refused.Reason {
	case oauth.ReasonUserCredentials, oauth.ReasonInvalidValue, oauth.ReasonMissingParameter:
		return web.Errors{field: key}, "", true
	case oauth.ReasonTooManyAttempts:
		return web.Errors{field: web.ErrorTooMany}, refused.Header.Get("Retry-After"), true
	}
	return nil, "", false
}

// query is what the address of a page of this flow carries.
func (p *page) query() url.Values {
	query := url.Values{}
	if chosen := p.r.URL.Query().Get("ui_locales"); chosen != "" {
		query.Set("ui_locales", chosen)
	}
	if p.flow == nil {
		query.Set("return_to", p.back)
	} else {
		query.Set("flow", p.flow.Selector)
	}
	return query
}

func isNotFound(err error) bool { return errors.Is(err, core.ErrNotFound) }
