package api

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"claviger/oauth"
)

// Problem is an error as RFC 9457 has it, with the code and the reason that the rest
// of the server uses.
type Problem struct {
	Type      string `json:"type" doc:"about:blank: the status says what kind of problem it is."`
	Title     string `json:"title"`
	Status    int    `json:"status"`
	Detail    string `json:"detail"`
	Code      string `json:"code" doc:"As in RFC 6749 where it has one: invalid_request, access_denied, not_found, conflict." example:"invalid_request"`
	Reason    string `json:"reason" doc:"Finer than the code, and stable." example:"invalid_value"`
	Param     string `json:"param,omitempty" doc:"The field or parameter at fault."`
	RequestID string `json:"request_id,omitempty"`

	header http.Header
}

// Error, GetStatus, GetHeaders and ContentType make a Problem what huma answers with.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders returns headers of the answer.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType returns that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func problemOf(e *oauth.Error, requestID string) *Problem {
	return &Problem{
		Type: "about:blank", Title: http.StatusText(e.Status), Status: e.Status, Detail: e.Description, Code: string(e.Code),
		Reason: string(e.Reason), Param: e.Param, RequestID: requestID, header: e.Header,
	}
}

// Fail answers with an error.
func (a *API) Fail(w http.ResponseWriter, r *http.Request, e *oauth.Error) {
	p := problemOf(e, oauth.SourceOf(r.Context()).RequestID)
	for name, values := range e.Header {
		w.Header()[name] = values
	}
	if e.Status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
		w.Header().Set("WWW-Authenticate", `Bearer error="`+string(e.Code)+`"`)
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client is gone: nobody is left to tell
}

// transform turns what huma finds wrong with a request into a Problem.
func transform(ctx huma.Context, _ string, value any) (any, error) {
	model, ok := value.(*huma.ErrorModel)
	if !ok {
		return value, nil
	}
	e := oauth.NewError(reasonOf(model.Status))
	switch {
	case model.Status >= http.StatusInternalServerError:
	case len(model.Errors) > 0: // the first is enough; the value is not repeated, it may be a secret
		e.At(strings.TrimPrefix(strings.TrimPrefix(model.Errors[0].Location, "body."), "query.")).Describe(sentence(model.Errors[0].Message))
	case model.Detail != "":
		e.Describe(sentence(model.Detail))
	}
	p := problemOf(e, oauth.SourceOf(ctx.Context()).RequestID)
	p.Status, p.Title = statusOf(model.Status), http.StatusText(statusOf(model.Status))
	return p, nil
}

func reasonOf(status int) oauth.Reason {
	switch {
	case status == http.StatusRequestEntityTooLarge:
		return oauth.ReasonBodyTooLarge
	case status == http.StatusUnsupportedMediaType:
		return oauth.ReasonContentType
	case status >= http.StatusInternalServerError:
		return oauth.ReasonInternal
	}
	return oauth.ReasonInvalidValue
}

// sentence makes huma's messages look like ours. What was sent is not part of them.
func sentence(text string) string {
	if text == "" {
		return "The request is not valid."
	}
	return strings.ToUpper(text[:1]) + strings.TrimSuffix(text[1:], ".") + "."
}

// statusOf is 400 for everything that is wrong with a request.
func statusOf(status int) int {
	if status == http.StatusUnprocessableEntity || status == http.StatusUnsupportedMediaType || status == http.StatusRequestEntityTooLarge {
		return http.StatusBadRequest
	}
	return status
}

// badRequests answers 400 where huma says 422, as every other route of the server
// does.
type badRequests struct{ inner }

// inner is huma's context under a name that is not one of its methods.
type inner huma.Context

// Unwrap is for huma's adapter.
func (c badRequests) Unwrap() huma.Context { return c.inner }

// SetStatus sets the status of the answer.
func (c badRequests) SetStatus(status int) { c.inner.SetStatus(statusOf(status)) }
