package dialect

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"claviger/oauth"
)

// requestRoots are the first names of input expressions.
var requestRoots = []string{"body", "path", "query", "header", "basic", "has_basic", "bearer"}

// authorizationRoots are those of Authorization, which only token routes read as
// input.
var authorizationRoots = []string{"basic", "has_basic", "bearer"}

// requestScope is what an input expression can read.
type requestScope struct {
	body *bodyShape
	path []string // wildcards of the route
	// of a token route; any other has taken its credential from Authorization
	token bool
}

func (s *requestScope) resolve(path []string) (expression, error) {
	name := strings.Join(path[1:], ".")
	x := expression{kind: textKind, plain: true, paths: [][]string{path}}
	switch {
	case slices.Contains(authorizationRoots, path[0]) && !s.token:
		return x, fmt.Errorf("only the operation token reads %s", path[0])
	case path[0] == "bearer" && len(path) == 1:
		x.eval = func(e *env) value { return sent(e.bearer) }
		return x, nil
	case path[0] == "has_basic" && len(path) == 1:
		x.kind = boolKind
		x.eval = func(e *env) value { return boolValue(e.hasBasic) }
		return x, nil
	case !slices.Contains(requestRoots, path[0]):
		return x, fmt.Errorf("unknown name %s; an input can read %s", path[0], strings.Join(requestRoots, ", "))
	case name == "":
		return x, fmt.Errorf("write %s.NAME", path[0])
	}
	switch path[0] {
	case "body":
		return s.field(x, name)
	case "path":
		if !slices.Contains(s.path, name) {
			return x, fmt.Errorf("the path of the route has no {%s}", name)
		}
		x.eval = func(e *env) value { return sent(e.request.PathValue(name)) }
	case "query":
		x.eval = func(e *env) value { return e.single(e.query[name], name) }
	case "header":
		key := http.CanonicalHeaderKey(name)
		if !headerForm.MatchString(name) || key == "Authorization" || key == "Cookie" {
			return x, fmt.Errorf("the header %s cannot be read", name)
		}
		x.eval = func(e *env) value { return e.single(e.request.Header[key], name) }
	case "basic":
		return basicPart(x, name)
	default:
		return x, fmt.Errorf("%s has no %s", path[0], name)
	}
	return x, nil
}

func (s *requestScope) field(x expression, name string) (expression, error) {
	slot := s.body.slot(name)
	if slot < 0 {
		return x, fmt.Errorf("the body of the route declares no field %s", name)
	}
	x.kind = s.body.fields[slot].kind
	x.eval = func(e *env) value { return e.slots[slot] }
	return x, nil
}

func basicPart(x expression, name string) (expression, error) {
	switch name {
	case "id":
		x.eval = func(e *env) value { return sent(e.basic.id) }
	case "secret":
		x.eval = func(e *env) value { return sent(e.basic.secret) }
	default:
		return x, fmt.Errorf("basic has id and secret")
	}
	return x, nil
}

// sent is null for what was not sent, or sent empty.
func sent(text string) value {
	if text == "" {
		return value{}
	}
	return textValue(text)
}

// single is the value of a header or query parameter, which may be sent once.
func (e *env) single(values []string, name string) value {
	if len(values) > 1 {
		return e.failed(refused(oauth.ReasonDuplicateParameter, name))
	}
	if len(values) == 0 {
		return value{}
	}
	return sent(values[0])
}

// variable gives CEL the path itself. Text that was not sent is empty there; of
// another type that was not sent there is no value.
func (s *requestScope) variable(path []string, x expression) variable {
	return variable{name: pathText(path), of: celTypes[x.kind], get: func(e *env) any {
		v := x.eval(e)
		if v.kind == nullKind && x.kind == textKind {
			return ""
		}
		return v.native()
	}}
}

// headerPath lets a header that stands alone be written as it is:
// header.X-Client-Id. In a longer expression it is header['X-Client-Id'].
var headerPath = regexp.MustCompile(`^header\.([A-Za-z0-9-]+)$`)

// inputExpression compiles an input.
func (c *compiler) inputExpression(source string, s *requestScope) (expression, error) {
	if m := headerPath.FindStringSubmatch(source); m != nil {
		return s.resolve([]string{"header", m[1]})
	}
	return c.compile(source, s)
}
