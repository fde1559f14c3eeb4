package permission

import (
	"errors"
	"net"
	"net/http"
	"regexp"
	"strings"
)

// PathForward is where proxies ask. What they ask about is in headers, or follows
// the path.
const PathForward = "/forward-auth"

// IsForward reports whether a request is for the forward-auth endpoint. Its path
// may be one that a multiplexer would clean.
func IsForward(r *http.Request) bool {
	return r.URL.Path == PathForward || strings.HasPrefix(r.URL.Path, PathForward+"/")
}

// original is the request that a proxy asks about.
type original struct {
	method string
	host   string   // lower case, without port
	path   []string // segments, decoded
}

// String is for the audit trail.
func (o *original) String() string {
	return o.method + " " + shown(o.host+"/"+strings.Join(o.path, "/"))
}

// readOriginal returns the request that a trusted proxy asks about. There are two
// ways to say it: by headers, and, as Envoy does, by the request itself, with the
// original target behind PathForward. Where a proxy leaves something out that its
// client could have filled in, there is no answer.
func readOriginal(r *http.Request) (*original, error) {
	target, ok := strings.CutPrefix(r.RequestURI, PathForward)
	if ok && strings.HasPrefix(target, "/") {
		for _, name := range []string{"X-Forwarded-Uri", "X-Original-Uri"} {
			if len(r.Header.Values(name)) > 0 {
				return nil, errors.New("the request is said by the path and by " + name)
			}
		}
		return newOriginal(r.Method, r.Host, target)
	}
	if !ok || (target != "" && target[0] != '?') {
		return nil, errors.New("the path of the endpoint is written in another way")
	}
	target, err := said(r.Header, "Uri")
	if err != nil {
		return nil, err
	}
	method, err := said(r.Header, "Method")
	if err != nil {
		return nil, err
	}
	host, err := saidHost(r.Header)
	if err != nil {
		return nil, err
	}
	return newOriginal(method, host, target)
}

// said reads X-Forwarded-NAME, or X-Original-NAME as nginx is often set up. A
// family of headers must be there as a whole, or a client of a proxy that sets
// half of one could add the other half; where both are there they must agree.
func said(h http.Header, name string) (string, error) {
	value := ""
	for _, family := range []string{"X-Forwarded-", "X-Original-"} {
		if len(h.Values(family+"Uri")) == 0 && len(h.Values(family+"Method")) == 0 {
			continue
		}
		values := h.Values(family + name)
		if len(values) != 1 || values[0] == "" {
			return "", errors.New(family + name + " is missing, or there twice")
		}
		if value != "" && value != values[0] {
			return "", errors.New("X-Forwarded-" + name + " and X-Original-" + name + " differ")
		}
		value = values[0]
	}
	if value == "" {
		return "", errors.New("the proxy does not say what it asks about: X-Forwarded-" + name + " is missing")
	}
	return value, nil
}

func saidHost(h http.Header) (string, error) {
	values := append(h.Values("X-Forwarded-Host"), h.Values("X-Original-Host")...)
	if len(values) == 0 || len(values) > 2 || values[0] != values[len(values)-1] {
		return "", errors.New("X-Forwarded-Host is missing, or there twice")
	}
	return values[0], nil
}

var (
	methodForm = regexp.MustCompile(`^[A-Z][A-Z_-]{0,31}$`)
	hostForm   = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$`)
)

func newOriginal(method, host, target string) (*original, error) {
	if !methodForm.MatchString(method) {
		return nil, errors.New("the method is none")
	}
	name := strings.ToLower(host)
	if bare, _, err := net.SplitHostPort(name); err == nil {
		name = bare
	}
	name = strings.TrimSuffix(strings.Trim(name, "[]"), ".")
	if !hostForm.MatchString(name) && net.ParseIP(name) == nil {
		return nil, errors.New("the host is none")
	}
	path, err := pathOf(target)
	if err != nil {
		return nil, err
	}
	return &original{method: method, host: name, path: path}, nil
}
