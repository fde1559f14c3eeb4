package dialect

import (
	"errors"
	"net/http"
	"strconv"

	"claviger/oauth"
)

// Fail answers with an error in the route's shape. It never fails itself: a
// template that does is replaced by the default case, and that by a bare 500.
func (rt *Route) Fail(w http.ResponseWriter, r *http.Request, info RequestFacts, err *oauth.Error) {
	if !rt.fail(w, info, err) && !rt.fail(w, info, oauth.NewError(oauth.ReasonInternal)) {
		rt.noStore(w.Header())
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// Fail answers with an error in the dialect's shape, where no route of it was
// asked for.
func (d *Dialect) Fail(w http.ResponseWriter, r *http.Request, info RequestFacts, err *oauth.Error) {
	(&Route{dialect: d}).Fail(w, r, info, err)
}

// fail reports whether the error could be rendered; nothing is sent otherwise.
func (rt *Route) fail(w http.ResponseWriter, info RequestFacts, err *oauth.Error) bool {
	found := rt.errorCase(err)
	status := found.status
	if status == 0 {
		status = err.Status
	}
	if status < 400 || status > 599 {
		status = http.StatusInternalServerError
	}
	e := borrow(0)
	defer e.release()
	e.facts = &Facts{Request: info, Error: rt.errorFacts(err, status)}
	e.values = found.values
	buffer := buffers.Get().(*[]byte)
	body := rt.errorBody(found).append((*buffer)[:0], e)
	defer func() { recycle(buffer, body) }()
	header := err.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	evaluate(rt.dialect.errors.header, header, e)
	evaluate(rt.errors.header, header, e)
	evaluate(found.header, header, e)
	if e.err != nil {
		return false
	}
	out := w.Header()
	for name, values := range header {
		out[name] = values
	}
	rt.noStore(out)
	write(w, status, body)
	return true
}

// errorCase finds how an error looks: by its reason, on the route first; then by
// its code; then the default.
func (rt *Route) errorCase(err *oauth.Error) *errorCase {
	for _, name := range [...]string{string(err.Reason), string(err.Code), defaultCase} {
		if c := rt.errors.cases[name]; c != nil {
			return c
		}
		if c := rt.dialect.errors.cases[name]; c != nil {
			return c
		}
	}
	return &errorCase{} // no dialect is without a default
}

func (rt *Route) errorBody(c *errorCase) program {
	switch {
	case c.body != nil:
		return c.body
	case rt.errors.body != nil:
		return rt.errors.body
	}
	return rt.dialect.errors.body
}

func (rt *Route) errorFacts(err *oauth.Error, status int) *ErrorFacts {
	out := &ErrorFacts{
		Code: string(err.Code), Reason: string(err.Reason), Status: int64(status),
		Description: err.Description, Retryable: err.Retryable(),
	}
	if err.Param != "" {
		param := err.Param
		if !errors.Is(err.Err, errReading) {
			param = rt.wireName(param)
		}
		out.Param = &param
	}
	if seconds, bad := strconv.ParseInt(err.Header.Get("Retry-After"), 10, 64); bad == nil {
		out.RetryAfter = seconds
	}
	return out
}
