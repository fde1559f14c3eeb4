package web

import (
	"net/http"

	"claviger/oauth"
)

// RenderError shows an error as a page, with its status and headers. Its
// description is shown as it is; the cause never is.
func (p *Pages) RenderError(w http.ResponseWriter, r *http.Request, e *oauth.Error) {
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	detail := e.Description
	if e.Param != "" {
		detail += " (" + e.Param + ")"
	}
	key := "problem." + problemOf(e)
	p.Render(w, r, View{Status: e.Status, Data: Problem{
		Title: key + ".title", Text: key + ".text", Detail: detail, RequestID: oauth.SourceOf(r.Context()).RequestID,
	}})
}

// problemOf chooses the text that tells a person what to do.
func problemOf(e *oauth.Error) string {
	switch {
	case e.Reason == oauth.ReasonRedirectURI, e.Param == "redirect_uri":
		return "redirect"
	case e.Reason == oauth.ReasonClientInactive, e.Param == "client_id":
		return "client"
	case e.Reason == oauth.ReasonFlowEnded:
		return "expired"
	case e.Reason == oauth.ReasonFlowElsewhere:
		return "browser"
	case e.Reason == oauth.ReasonFormElsewhere:
		return "origin"
	case e.Status == http.StatusForbidden:
		return "forbidden"
	case e.Status == http.StatusNotFound:
		return "not_found"
	case e.Status == http.StatusMethodNotAllowed:
		return "method"
	case e.Status == http.StatusTooManyRequests:
		return "too_many"
	case e.Status == http.StatusServiceUnavailable:
		return "unavailable"
	case e.Status >= http.StatusInternalServerError:
		return "server"
	}
	return "request"
}
