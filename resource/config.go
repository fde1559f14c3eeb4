package resource

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"claviger/oauth"
)

// Defaults of Config.
const (
	DefaultAPIKeyHeader = "X-Api-Key"
	DefaultKeyCache     = 5 * time.Minute
	DefaultKeyStale     = time.Hour
	DefaultStateCache   = 10 * time.Second
)

// Config is what a Verifier needs to know. Issuer and Audience are required.
type Config struct {
	Issuer   string // of the Claviger server: "https://auth.example.com", without a trailing slash
	Audience string // aud of the tokens that are for this API

	// ClientID and ClientSecret are this API's own credentials at the server. The
	// client must be registered with the scope "introspect". Without them there is
	// offline verification of access tokens, and nothing else: no API keys, no
	// CheckRevocation, no Permission.
	ClientID     string
	ClientSecret string

	// CheckRevocation asks the server about each access token too, so that a
	// revoked one is refused within StateCache instead of at its expiry.
	CheckRevocation bool
	// APIKeyHeader is where API keys are presented; empty: "X-Api-Key". They are
	// taken if there is a ClientID.
	APIKeyHeader string
	BearerOnly   bool // take no API keys
	// ActingAccountHeader names a header by which a person says which account they
	// act for ("X-Centrapay-Account"); decisions are narrowed to it. Empty: none.
	ActingAccountHeader string

	KeyCache   time.Duration // how long the server's keys are used before they are fetched again; 0: 5 min
	KeyStale   time.Duration // how old they may get while the server cannot be reached; 0: 1 h
	StateCache time.Duration // how long the server's word on a key, token or permission is kept; 0: 10 s; negative: not at all

	// Resource is the URL of this API (RFC 9728 §1.2), for Metadata; empty: the
	// Audience if that is a URL, else there is no metadata.
	Resource string
	Name     string      // of this API, for people, in the metadata
	Scopes   oauth.Scope // of this API, in the metadata
	Realm    string      // of challenges; empty: the Audience

	// ErrorWriter answers instead of RFC 6750. The WWW-Authenticate challenge, and
	// other headers of the answer, are in the error's Header.
	ErrorWriter func(http.ResponseWriter, *http.Request, *oauth.Error)

	HTTPClient *http.Client     // to reach the server; redirects are never followed; nil: one of its own
	Log        *slog.Logger     // that the server cannot be reached; nil: slog.Default()
	Now        func() time.Time // nil: time.Now
}

// Verifier verifies credentials. It is safe for concurrent use, and has nothing
// to close.
type Verifier struct {
	config    Config
	keys      *keySet
	server    *authority
	apiKeys   *stateCache[*Caller]
	tokens    *stateCache[*claims]
	decisions *stateCache[bool]
	now       func() time.Time
	log       *slog.Logger
}

// New returns a Verifier. It does not reach for the server yet, so that an API
// starts while the server is down.
func New(c Config) (*Verifier, error) {
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("resource: %w", err)
	}
	server := newAuthority(&c)
	return &Verifier{
		config: c, server: server, now: c.Now, log: c.Log,
		keys:      newKeySet(&c, server),
		apiKeys:   newStateCache[*Caller](c.Now),
		tokens:    newStateCache[*claims](c.Now),
		decisions: newStateCache[bool](c.Now),
	}, nil
}

// complete fills in the defaults, and refuses what cannot be meant.
func (c *Config) complete() error {
	c.APIKeyHeader = http.CanonicalHeaderKey(cmp.Or(c.APIKeyHeader, DefaultAPIKeyHeader))
	c.ActingAccountHeader = http.CanonicalHeaderKey(c.ActingAccountHeader)
	c.KeyCache = cmp.Or(c.KeyCache, DefaultKeyCache)
	c.KeyStale = max(cmp.Or(c.KeyStale, DefaultKeyStale), c.KeyCache)
	c.StateCache = cmp.Or(c.StateCache, DefaultStateCache)
	c.Realm = cmp.Or(c.Realm, c.Audience)
	if c.Resource == "" && isURL(c.Audience) {
		c.Resource = c.Audience
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.ErrorWriter == nil {
		c.ErrorWriter = func(w http.ResponseWriter, _ *http.Request, e *oauth.Error) { oauth.WriteError(w, e) }
	}
	return c.check()
}

func (c *Config) check() error {
	switch {
	case !isURL(c.Issuer) || strings.HasSuffix(c.Issuer, "/"):
		return fmt.Errorf("Config.Issuer must be an https URL without a trailing slash, not %q", c.Issuer)
	case c.Audience == "":
		return errors.New("Config.Audience is missing: without it any token of the server would do")
	case (c.ClientID == "") != (c.ClientSecret == ""):
		return errors.New("Config.ClientID and ClientSecret belong together")
	case c.CheckRevocation && c.ClientID == "":
		return errors.New("Config.CheckRevocation needs a ClientID")
	case c.KeyCache < 0 || c.KeyStale < 0:
		return errors.New("Config.KeyCache and KeyStale must not be negative")
	case c.Resource != "" && !isURL(c.Resource):
		return fmt.Errorf("Config.Resource must be an https URL, not %q", c.Resource)
	case c.APIKeyHeader == "Authorization":
		return errors.New("Config.APIKeyHeader must not be Authorization, which is for access tokens")
	case strings.ContainsFunc(c.Realm, func(r rune) bool { return !inQuotes(r) }):
		return fmt.Errorf("Config.Realm must have visible ASCII and spaces alone, no quote and no backslash: %q", c.Realm)
	}
	return nil
}

// isURL reports whether text is an https URL without user, query and fragment, or
// an http one on a loopback host.
func isURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || strings.ContainsAny(text, "?#\\") {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && loopback
}
