package dialect

import (
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"claviger/oauth"
)

// inputSetter fills one field of Input.
type inputSetter struct {
	wire  string // for errors
	url   bool   // it comes from the path: what does not parse is not there
	eval  func(e *env) value
	store func(in *Input, v value) bool // false: the value does not fit
}

// basicProof lists the body fields and headers that stand beside Authorization
// for the same credential (B20).
type basicProof struct {
	slots   []int
	headers []string
	id      bool // an id may be repeated, a secret may not
}

// inputs compiles input:, and checks that credentials come from where they may.
func (l *loader) inputs(rt *Route, op operation, n *node, entry pair) {
	scope := &requestScope{body: &rt.body, token: rt.Operation == OperationToken}
	for _, m := range pathVariable.FindAllStringSubmatch(rt.path, -1) {
		scope.path = append(scope.path, m[1])
	}
	rt.wire = map[string]string{}
	from := n.get("input")
	if from != nil && from.kind != mapNode {
		l.at(from.line, from.column, "expected a mapping of inputs, not %s", from.kind)
		return
	}
	read := map[string][][]string{} // input -> what of the request it reads
	if from != nil {
		for _, p := range from.pairs {
			read[p.key] = l.input(rt, op, scope, p)
		}
	}
	l.ownVerifier(n, read)
	for _, group := range slices.Concat(op.needs, tokenNeeds(rt)) {
		if from == nil || !slices.ContainsFunc(from.pairs, func(p pair) bool { return slices.Contains(group, p.key) }) {
			l.at(entry.place.line, entry.place.column, "the route needs the input %s", strings.Join(group, " or "))
		}
	}
}

// tokenNeeds lists what a token route cannot do without (J05).
func tokenNeeds(rt *Route) [][]string {
	if rt.Operation != OperationToken {
		return nil
	}
	var needs [][]string
	uses := func(grantType string) bool { return slices.Contains(rt.Grants, grantType) }
	switch {
	case rt.bySecret:
		needs = append(needs, []string{"client_secret"})
	case uses(oauth.GrantClientCredentials), uses(oauth.GrantPassword):
		needs = append(needs, []string{"client_id"}, []string{"client_secret"})
	}
	if len(rt.Grants) > 1 {
		needs = append(needs, []string{"grant_type"})
	}
	if uses(oauth.GrantPassword) {
		needs = append(needs, []string{"username"}, []string{"password"})
	}
	if uses(oauth.GrantRefreshToken) {
		needs = append(needs, []string{"refresh_token"})
	}
	if uses(oauth.GrantAuthorizationCode) { // without the last two it would skip PKCE, or could not repeat the redirect URI
		needs = append(needs, []string{"client_id"}, []string{"code"}, []string{"code_verifier"}, []string{"redirect_uri"})
	}
	return needs
}

// ownVerifier refuses a code_verifier that is read from where the code is: who
// steals the one would have the other (J05).
func (l *loader) ownVerifier(n *node, read map[string][][]string) {
	for _, path := range read["code_verifier"] {
		if slices.ContainsFunc(read["code"], samePath(path)) {
			at := n.get("input").get("code_verifier")
			l.at(at.line, at.column, "code_verifier may not be read from where the code is")
			return
		}
	}
}

// input compiles one input and returns the paths of the request that it reads.
func (l *loader) input(rt *Route, op operation, scope *requestScope, p pair) [][]string {
	n := p.value
	if !slices.Contains(op.inputs, p.key) {
		l.at(p.place.line, p.place.column, "%s takes no input %q; it takes %s", rt.Operation, p.key, orNone(op.inputs))
		return nil
	}
	if n.kind != textNode {
		l.at(n.line, n.column, "an input is an expression, not %s; put quotes around it", n.kind)
		return nil
	}
	if strings.Contains(n.text, "${") {
		l.at(n.line, n.column, "an input is an expression already; write it without ${ }")
		return nil
	}
	x, err := l.inputExpression(n.text, scope)
	if err != nil {
		l.at(n.line, n.column, "%v", err)
		return nil
	}
	if slices.Contains(secretInputs, p.key) {
		l.secretInput(rt, p, x)
	}
	if p.key == "client_id" && rt.bySecret {
		l.at(p.place.line, p.place.column, "with identify: by_secret there is no client_id")
	}
	rt.bearer = rt.bearer || slices.ContainsFunc(x.paths, samePath([]string{"bearer"}))
	store := storeInto(p.key, x.kind)
	if store == nil {
		l.at(n.line, n.column, "%s cannot be %s", p.key, x.kind)
		return nil
	}
	setter := inputSetter{wire: wireName(x), eval: x.eval, store: store,
		url: x.plain && x.paths[0][0] == "path"}
	if setter.wire != "" {
		rt.wire[p.key] = setter.wire
	}
	rt.inputs = append(rt.inputs, setter)
	l.besideBasic(rt, p.key, x)
	return x.paths
}

// secretInput refuses a secret that is constant or part of a URL (J05, ALL-4).
func (l *loader) secretInput(rt *Route, p pair, x expression) {
	n := p.value
	if x.text {
		l.at(n.line, n.column, "%s may not hold text of the file", p.key)
	}
	if x.fixed || !slices.ContainsFunc(x.paths, func(path []string) bool { return path[0] != "has_basic" }) {
		l.at(n.line, n.column, "%s may not be a constant", p.key)
	}
	for _, path := range x.paths {
		if path[0] == "query" || path[0] == "path" {
			l.at(n.line, n.column, "%s may not come from the URL", p.key)
		}
		if path[0] == "body" || path[0] == "header" {
			l.dialect.secretNames = append(l.dialect.secretNames,
				strings.ToLower(path[len(path)-1]), strings.ToLower(pathText(path[1:])))
		}
	}
}

// besideBasic remembers what Authorization makes superfluous, whether the route
// reads that header or not (RFC 6749 §2.3: one method).
func (l *loader) besideBasic(rt *Route, name string, x expression) {
	if name != "client_id" && name != "client_secret" {
		return
	}
	proof := basicProof{id: name == "client_id"}
	for _, path := range x.paths {
		if path[0] == "body" {
			proof.slots = append(proof.slots, rt.body.slot(pathText(path[1:])))
		}
		if path[0] == "header" {
			proof.headers = append(proof.headers, http.CanonicalHeaderKey(path[1]))
		}
	}
	if len(proof.slots)+len(proof.headers) > 0 {
		rt.proofs = append(rt.proofs, proof)
	}
}

// wireName returns how the caller knows an input: the one name in the request
// that it is read from, or empty. Parts of Authorization have no name.
func wireName(x expression) string {
	var names []string
	for _, path := range x.paths {
		if !slices.Contains(authorizationRoots, path[0]) && !slices.Contains(names, pathText(path[1:])) {
			names = append(names, pathText(path[1:]))
		}
	}
	if len(names) != 1 {
		return ""
	}
	return names[0]
}

// storeInto returns how a value of kind k is put into the field with that json
// tag; nil when it cannot be.
func storeInto(name string, k kind) func(*Input, value) bool {
	of := reflect.TypeFor[Input]()
	index := fieldIndex(of, name)
	if index < 0 {
		return nil
	}
	field := func(in *Input) reflect.Value { return reflect.ValueOf(in).Elem().Field(index) }
	fits := of.Field(index).Type.Kind()
	switch {
	case fits == reflect.String && (k == textKind || k == textsKind && name == "scope"):
		return func(in *Input, v value) bool {
			*field(in).Addr().Interface().(*string) = plainOf(v)
			return true
		}
	case fits == reflect.Int64 && (k == textKind || k == intKind):
		return func(in *Input, v value) bool {
			n := v.n
			if v.kind == textKind {
				var err error
				if n, err = strconv.ParseInt(v.text, 10, 64); err != nil {
					return false
				}
			}
			*field(in).Addr().Interface().(*int64) = n
			return true
		}
	case fits == reflect.Pointer && k == boolKind:
		return func(in *Input, v value) bool {
			truth := v.n != 0
			*field(in).Addr().Interface().(**bool) = &truth
			return true
		}
	}
	return nil
}

func plainOf(v value) string {
	if v.kind == textKind {
		return v.text
	}
	return string(v.appendPlain(nil))
}
