package permission

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"claviger/internal/config"
	"claviger/internal/dialect"
	"claviger/oauth"
)

// Headers that tell a backend who asks. Every answer that lets a request through
// has every one of them, blank where there is nothing to say, so that a client
// cannot put in its own.
const (
	headerSubject      = "X-Claviger-Subject"
	headerSubjectType  = "X-Claviger-Subject-Type"
	headerOrganisation = "X-Claviger-Organisation"
	headerAccount      = "X-Claviger-Account"
	headerClient       = "X-Claviger-Client"
	headerScopes       = "X-Claviger-Scopes"
	headerRoles        = "X-Claviger-Roles"
	headerProducts     = "X-Claviger-Products"
	headerError        = "X-Claviger-Error"
)

// identityHeaders are all of them.
var identityHeaders = []string{
	headerSubject, headerSubjectType, headerOrganisation, headerAccount, headerClient, headerScopes, headerRoles,
	headerProducts, config.ForwardTokenHeader,
}

// writeTo sets the identity headers. Lists are separated by spaces; what is not
// visible ASCII is percent-encoded.
func (in *admitted) writeTo(h http.Header, f *Forward) {
	blank := []string{""}
	for _, name := range identityHeaders {
		h[name] = blank
	}
	if f.Tokens.Lifetime > 0 { // the token goes on in place of the caller's credential
		h["Authorization"] = blank
		for _, d := range f.Dialects {
			if name := d.APIKeyHeader(); name != "" {
				h[name] = blank
			}
		}
	}
	in.identify(func(name, value string) { h[name] = []string{value} })
	switch {
	case in.token == "":
	case f.Tokens.Header == "Authorization":
		h["Authorization"] = []string{"Bearer " + in.token}
	default:
		h[f.Tokens.Header] = []string{in.token}
	}
	h["Cache-Control"] = []string{"no-store"}
}

// identify says who asks.
func (in *admitted) identify(set func(name, value string)) {
	a := in.authorization
	if a == nil {
		return
	}
	kind, id := a.Subject()
	set(headerSubject, visible(id))
	set(headerSubjectType, kind)
	set(headerClient, visible(a.ClientID()))
	set(headerScopes, list(a.Scope))
	set(headerRoles, list(in.roles))
	if a.Organisation != nil {
		set(headerOrganisation, visible(a.Organisation.ID))
	}
	if in.account != nil {
		set(headerAccount, visible(in.account.ID))
	}
	if a.Client != nil {
		set(headerProducts, list(a.Client.Products))
	}
}

func list(items []string) string {
	encoded := make([]string, len(items))
	for i, item := range items {
		encoded[i] = visible(item)
	}
	return strings.Join(encoded, " ")
}

// visible makes text fit for a header, and for a list of words.
func visible(text string) string {
	odd := func(c byte) bool { return c <= ' ' || c >= 0x7f || c == '%' }
	if !slices.ContainsFunc([]byte(text), odd) {
		return text
	}
	var out strings.Builder
	for _, c := range []byte(text) {
		if odd(c) {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// refuse answers in the shape that the caller understands. A proxy that cannot pass
// on the body of the answer, as nginx, asks for it in a header.
func (x *exchange) refuse(w http.ResponseWriter, e *oauth.Error) {
	if x.request.URL.Path != PathForward || x.request.URL.RawQuery != "error=header" {
		x.render(w, e)
		return
	}
	captured := &captured{header: http.Header{}}
	x.render(captured, e)
	for name, values := range captured.header {
		w.Header()[name] = values
	}
	if text := string(captured.body); len(text) <= longestError && !strings.ContainsFunc(text, unprintable) {
		w.Header().Set(headerError, text)
	}
	w.WriteHeader(captured.status)
	_, _ = w.Write(captured.body)
}

func (x *exchange) render(w http.ResponseWriter, e *oauth.Error) {
	if x.dialect == nil {
		oauth.WriteError(w, e)
		return
	}
	info := dialect.RequestFacts{ID: oauth.SourceOf(x.request.Context()).RequestID, Issuer: x.URL}
	x.dialect.Fail(w, x.request, info, e)
}

const longestError = 2 << 10

func unprintable(r rune) bool { return r < ' ' || r > '~' }

// captured is an answer that is not sent yet.
type captured struct {
	header http.Header
	status int
	body   []byte
}

func (c *captured) Header() http.Header { return c.header }

func (c *captured) WriteHeader(status int) { c.status = status }

func (c *captured) Write(body []byte) (int, error) {
	c.body = append(c.body, body...)
	return len(body), nil
}
