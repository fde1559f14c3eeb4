package dialect

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"claviger/oauth"
)

var (
	methods      = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}
	answered     = append([]string{"OPTIONS"}, methods...) // GET answers HEAD
	pathForm     = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+|/\{[A-Za-z_][A-Za-z0-9_]*\})+$`)
	registeredAt = regexp.MustCompile(` \(registered at [^)]*\)`) // our own source: nothing for an author
	pathVariable = regexp.MustCompile(`\{([A-Za-z0-9_]+)\}`)
)

func (l *loader) routes(root *node) {
	base, n := root.get("base"), root.get("routes")
	prefix := l.string(base)
	if prefix != "" && (!pathForm.MatchString(prefix) || strings.Contains(prefix, "{")) {
		l.at(base.line, base.column, "base is a path such as /api/v1, without a slash at its end")
		return
	}
	if n == nil || n.kind != mapNode || len(n.pairs) == 0 {
		l.at(root.line, root.column, "routes is missing")
		return
	}
	mux, seen := http.NewServeMux(), map[string]bool{}
	for _, entry := range n.pairs {
		method, path, _ := strings.Cut(entry.key, " ")
		if !slices.Contains(methods, method) || !pathForm.MatchString(path) {
			l.at(entry.place.line, entry.place.column, "a route is written METHOD /path, the method one of %s",
				strings.Join(methods, ", "))
			continue
		}
		rt := &Route{Method: method, path: prefix + path, Pattern: method + " " + prefix + path, dialect: l.dialect}
		if err := register(mux, seen, rt); err != nil {
			l.at(entry.place.line, entry.place.column, "%v", err)
		}
		l.route(rt, entry)
		l.dialect.Routes = append(l.dialect.Routes, rt)
	}
}

// register reports a route that the multiplexer refuses: malformed, or in
// conflict with another. Every path is served by each method, as one that has no
// route is answered with 405.
func register(mux *http.ServeMux, seen map[string]bool, rt *Route) (err error) {
	defer func() {
		if failure := recover(); failure != nil {
			text := registeredAt.ReplaceAllString(fmt.Sprint(failure), "")
			text, _, _ = strings.Cut(text, ":\n")
			err = fmt.Errorf("the route collides with another: %s", text)
		}
	}()
	if seen[rt.path] {
		return nil
	}
	seen[rt.path] = true
	mux.Handle(rt.Pattern, http.NotFoundHandler())
	for _, method := range answered {
		if method != rt.Method {
			mux.Handle(method+" "+rt.path, http.NotFoundHandler())
		}
	}
	return nil
}

func (l *loader) route(rt *Route, entry pair) {
	n := entry.value
	if !l.keys(n, "operation", "grants", "authentication", "authorization", "identify", "permission", "scope", "accept",
		"body", "input",
		"reply", "errors") {
		return
	}
	rt.Operation = l.required(n, "operation")
	op, ok := operations[rt.Operation]
	if !ok {
		if at := n.get("operation"); at != nil && rt.Operation != "" {
			l.at(at.line, at.column, "unknown operation %q", rt.Operation)
		}
		return
	}
	rt.Permission = l.string(n.get("permission"))
	rt.Scope = l.routeScope(n.get("scope"))
	rt.Grants = l.grants(rt, n, entry)
	rt.Authentication = l.authentication(rt, n, entry)
	rt.scheme = l.scheme(rt, n.get("authorization"))
	rt.bySecret = l.identify(rt, n.get("identify"))
	rt.accept = l.accepted(n)
	rt.body = l.bodyShape(n.get("body"))
	l.inputs(rt, op, n, entry)
	l.replySection(rt, op, n)
	l.routeErrors(rt, n.get("errors"))
}

func (l *loader) routeScope(n *node) string {
	text := l.string(n)
	if n == nil {
		return ""
	}
	if scope, ok := oauth.ParseScope(text); !ok || len(scope) != 1 {
		l.at(n.line, n.column, "not one scope token")
	}
	return text
}

func (l *loader) grants(rt *Route, n *node, entry pair) []string {
	grants := n.get("grants")
	if rt.Operation != OperationToken {
		if grants != nil {
			l.at(grants.line, grants.column, "only the operation token has grants")
		}
		return nil
	}
	if grants == nil {
		l.at(entry.place.line, entry.place.column, "the operation token needs grants")
	}
	return l.strings(grants, oauth.GrantTypes...)
}

// authentication reads which credentials a route takes. A token route has none:
// its credentials are input. Every other route needs one (J05).
func (l *loader) authentication(rt *Route, n *node, entry pair) Authentication {
	from := n.get("authentication")
	if rt.Operation == OperationToken {
		if from != nil {
			l.at(from.line, from.column, "the operation token authenticates by its input")
		}
		for _, key := range []string{"permission", "scope"} {
			if at := n.get(key); at != nil {
				l.at(at.line, at.column, "the operation token has no %s", key)
			}
		}
		return Authentication{}
	}
	if from == nil && l.defaults != nil {
		from = l.defaults.get("authentication")
	}
	if from == nil {
		l.at(entry.place.line, entry.place.column, "the route needs authentication: [bearer], [api_key] or both")
		return Authentication{}
	}
	ways := l.strings(from, "bearer", "api_key")
	a := Authentication{Bearer: slices.Contains(ways, "bearer"), APIKey: slices.Contains(ways, "api_key")}
	if a.APIKey && l.dialect.apiKeyHeader == "" {
		l.at(from.line, from.column, "api_key needs api_key_header at the top of the file")
	}
	return a
}

// scheme reads under which scheme of Authorization an id and a secret are sent.
func (l *loader) scheme(rt *Route, n *node) string {
	const usual = "Basic"
	if n == nil {
		return usual
	}
	if rt.Operation != OperationToken {
		l.at(n.line, n.column, "only the operation token reads an id and a secret from Authorization")
		return usual
	}
	if !l.keys(n, "scheme") {
		return usual
	}
	scheme := l.required(n, "scheme")
	if at := n.get("scheme"); scheme != "" && !headerForm.MatchString(scheme) {
		l.at(at.line, at.column, "not the name of a scheme")
	} else if strings.EqualFold(scheme, "Bearer") {
		l.at(at.line, at.column, "what Bearer carries is one secret without an id; read it as bearer")
	}
	return scheme
}

// identify reads whether the client is found by its secret alone.
func (l *loader) identify(rt *Route, n *node) bool {
	if n == nil {
		return false
	}
	if rt.Operation != OperationToken {
		l.at(n.line, n.column, "only the operation token identifies clients")
	}
	return l.oneOf(n, "by_secret") == "by_secret"
}

// accept says which bodies a route takes.
type accept struct {
	json  bool
	form  bool
	empty bool
}

func (a accept) any() bool { return a.json || a.form || a.empty }

func (l *loader) accepted(n *node) accept {
	from, body := n.get("accept"), n.get("body")
	if from == nil {
		if body != nil {
			l.at(body.line, body.column, "a route with a body needs accept: [json], [form], [empty] or several")
		}
		return accept{}
	}
	ways := l.strings(from, "json", "form", "empty")
	out := accept{
		json: slices.Contains(ways, "json"), form: slices.Contains(ways, "form"), empty: slices.Contains(ways, "empty"),
	}
	if body == nil {
		l.at(from.line, from.column, "accept needs a body that says which fields there are")
	}
	return out
}
