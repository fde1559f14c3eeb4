package dialect

import (
	"time"

	"claviger/internal/core"
	"claviger/oauth"
)

// Dialect is one wire dialect, checked and compiled. It is immutable and safe
// for concurrent use.
type Dialect struct {
	Name    string
	Title   string
	Profile Profile
	APIKeys *APIKeys // what people may make for themselves; nil: none
	Routes  []*Route // in the order of the file

	file         string
	apiKeyHeader string
	actingHeader string
	errors       errorTable
	values       []string // names under values., by index
	secretNames  []string // wire names of secrets, refused in the URL of a token route
}

// Profile is what a dialect says about the tokens themselves.
type Profile struct {
	Lifetimes       core.Lifetimes
	ServiceRequired bool        // the scope must name a service of the organisation
	RefreshIssue    string      // core.RefreshAlways, core.RefreshOffline or core.RefreshNever
	RefreshJWT      bool        // refresh tokens have the form of a JWT
	Connects        string      // core.ConnectsAccount or core.ConnectsNothing
	IDTokenScopes   oauth.Scope // the claims of these are in every ID token, asked for or not

	accessClaims  program
	refreshClaims program
}

// APIKeys are the keys that the people of an organisation may make.
type APIKeys struct {
	WithID bool        // presented as id and secret only; otherwise the secret alone works too
	Scopes oauth.Scope // to choose from; none: a key may what its role says
}

// AppendAccessClaims appends the dialect's claims of an access token to a JSON
// object under construction, each with a comma before it.
func (p *Profile) AppendAccessClaims(dst []byte, f *Facts) ([]byte, error) {
	return appendClaims(dst, p.accessClaims, f)
}

// AppendRefreshClaims is AppendAccessClaims for a refresh token that is a JWT.
func (p *Profile) AppendRefreshClaims(dst []byte, f *Facts) ([]byte, error) {
	return appendClaims(dst, p.refreshClaims, f)
}

// appendClaims returns dst as it was when a claim cannot be computed.
func appendClaims(dst []byte, claims program, f *Facts) ([]byte, error) {
	if len(claims) == 0 {
		return dst, nil
	}
	e := borrow(0)
	defer e.release()
	e.facts = f
	out := claims.append(dst, e)
	if e.err != nil {
		return dst, e.err
	}
	return out, nil
}

// Authentication says which credentials a route takes. Neither: the route is
// for tokens, and its credentials are part of the input.
type Authentication struct {
	Bearer bool
	APIKey bool
}

// Route is one method and path, and the operation that it stands for.
type Route struct {
	Method         string
	Pattern        string // for net/http: "POST /api/v1/auth/app/token"
	Operation      string
	Grants         []string // grant types of a token route
	Authentication Authentication
	Permission     string // the caller must have it; empty: none is asked for
	Scope          string // the token must have it; empty: none is asked for

	dialect  *Dialect
	path     string
	scheme   string // of basic.id and basic.secret: Authorization: SCHEME base64(id:secret)
	bearer   bool   // an input reads bearer
	bySecret bool   // the secret alone says who the client is
	accept   accept
	body     bodyShape
	inputs   []inputSetter
	wire     map[string]string // canonical input name -> name on the wire
	proofs   []basicProof
	reply    reply
	errors   errorTable
}

// Dialect returns the dialect that the route belongs to.
func (rt *Route) Dialect() *Dialect { return rt.dialect }

// Path returns the path of the pattern, without the method.
func (rt *Route) Path() string { return rt.path }

// APIKeyHeader returns the canonical name of the header that API keys are
// presented in; empty where they are not presented as they are.
func (d *Dialect) APIKeyHeader() string { return d.apiKeyHeader }

// ActingHeader returns the canonical name of the header that names the account
// to act for; empty for none.
func (d *Dialect) ActingHeader() string { return d.actingHeader }

// duration reads a lifetime; zero when it is not given.
func (l *loader) duration(n *node) time.Duration {
	if n == nil {
		return 0
	}
	d, err := time.ParseDuration(n.text)
	if err != nil || n.kind != textNode {
		l.at(n.line, n.column, "not a duration; write 15m, 8h or 1440h")
		return 0
	}
	if d < time.Second {
		l.at(n.line, n.column, "a lifetime is at least one second")
	}
	if d > 10*365*24*time.Hour {
		l.at(n.line, n.column, "a lifetime is at most ten years")
	}
	return d
}
