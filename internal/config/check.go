package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"claviger/internal/keys"
)

// Complete fills the defaults that follow from other keys and checks every
// value. The error lists all problems with the key and where its value came from.
func (c *Config) Complete() error {
	c.derive()
	k := &checker{config: c}
	if k.address() { // else the default issuer says nothing new
		k.issuer()
	}
	k.hosts()
	k.accountTypes()
	k.storage()
	k.words()
	k.lifetimes()
	k.bounds()
	k.platform()
	k.messages()
	k.operator()
	k.forwardAuth()
	return errors.Join(k.problems...)
}

func (c *Config) derive() {
	c.DatabaseURL = cmp.Or(c.DatabaseURL, Hidden("sqlite:"+filepath.Join(c.Data, "claviger.db")))
	c.MasterKeyFile = cmp.Or(c.MasterKeyFile, filepath.Join(c.Data, "master.key"))
	if c.Issuer == "" {
		c.Issuer = loopbackIssuer(c.Listen)
	}
	c.Audience = cmp.Or(c.Audience, c.Issuer)
}

// loopbackIssuer is the issuer of a server that only this machine can reach;
// for any other address just the operator knows its public name.
func loopbackIssuer(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil || port == "0" || !isLoopback(host) {
		return ""
	}
	return "http://" + net.JoinHostPort(host, port)
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// checker collects what is wrong with a Config.
type checker struct {
	config   *Config
	problems []error
}

// require notes a problem with key unless it holds.
func (k *checker) require(holds bool, key, format string, args ...any) {
	if !holds {
		k.problems = append(k.problems, problemAt(k.config.Source(key), key, fmt.Sprintf(format, args...)))
	}
}

func (k *checker) address() bool {
	host, port, err := net.SplitHostPort(k.config.Listen)
	_, portErr := strconv.ParseUint(port, 10, 16) // 0 lets the system choose
	good := err == nil && portErr == nil && (host == "" || isHost(host))
	k.require(good, "listen", "must be host:port such as 127.0.0.1:8080, not %q", k.config.Listen)
	return good
}

var plainPath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)*$`)

// issuer checks the one name that clients compare byte by byte (RFC 8414 §2,
// RFC 9207 §2.4), so only one spelling of it is allowed. A URL with a user name
// is not printed: a password may follow it.
func (k *checker) issuer() {
	text := k.config.Issuer
	if text == "" {
		k.require(false, "issuer", "is missing: set the https URL under which clients reach this server")
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil {
		k.require(false, "issuer", "must be an absolute URL such as https://auth.example.com")
		return
	}
	k.require(u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()), "issuer",
		"must begin with https:// (http:// is for loopback addresses), not %q", text)
	k.require(isHost(u.Hostname()) && hasPlainPort(u), "issuer",
		"must have a plain host name and no default port: %q", text)
	rest, lower := strings.CutPrefix(text, strings.ToLower(u.Scheme+"://"+u.Host))
	k.require(lower, "issuer", "must have scheme and host in lower case: %q", text)
	k.require(!strings.ContainsAny(text, "?#"), "issuer", "must have no query and no fragment: %q", text)
	k.require(!strings.HasSuffix(text, "/"), "issuer", "must not end in a slash: %q", text)
	if len(k.problems) == 0 { // one complaint about the end of the text is enough
		k.require(plainPath.MatchString(rest) && path.Clean("/"+rest) == "/"+strings.TrimPrefix(rest, "/"), "issuer",
			"must have a path without dot segments and escapes: %q", text)
	}
}

// hasPlainPort reports whether u has no port, or a number other than the
// default one, which clients leave out.
func hasPlainPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	number, err := strconv.ParseUint(u.Port(), 10, 16)
	isDefault := u.Scheme == "https" && number == 443 || u.Scheme == "http" && number == 80
	return err == nil && number > 0 && !isDefault
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?)*$`)

// isHost takes ASCII names without a trailing dot, and addresses without a zone.
func isHost(text string) bool {
	address, err := netip.ParseAddr(text)
	return len(text) <= 253 && hostName.MatchString(text) || err == nil && address.Zone() == ""
}

func (k *checker) hosts() {
	for i, host := range k.config.Hosts {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), "443"
		}
		_, portErr := strconv.ParseUint(port, 10, 16)
		k.require(isHost(name) && portErr == nil, "hosts", "has %q, which is no host: write NAME or NAME:PORT, without wildcard", host)
		k.config.Hosts[i] = strings.ToLower(host)
	}
}

// reservedTypes are resource types that have a meaning of their own.
var reservedTypes = []string{"account", "product", "scope", "service"}

func (k *checker) accountTypes() {
	for _, name := range k.config.AccountTypes {
		k.require(!slices.Contains(reservedTypes, name), "account_types", "has %q, which means something else", name)
	}
}

func (k *checker) storage() {
	scheme, rest, _ := strings.Cut(k.config.DatabaseURL.Reveal(), ":")
	known := slices.Contains([]string{"sqlite", "postgres", "postgresql"}, scheme)
	k.require(known && rest != "" && rest != "//", "database_url", "must be sqlite:FILE or postgres://USER@HOST/DATABASE")
	if k.config.MasterKey == "" {
		return
	}
	k.require(k.config.Source("master_key_file") == "default", "master_key_file",
		"and %s are both set; keep one of them", setting{key: "master_key"}.variable())
	_, err := keys.ParseMasterKey(k.config.MasterKey.Reveal())
	k.require(err == nil, "master_key", "is refused: %v", err)
}

var dialectName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// words checks the values that are one of a few, or a name.
func (k *checker) words() {
	c := k.config
	k.oneOf("migrate", c.Migrate, MigrateAuto, MigrateManual)
	k.oneOf("rate_limits", c.RateLimits, RateLimitsOn, RateLimitsOff)
	k.oneOf("log.format", c.Log.Format, LogJSON, LogText)
	k.oneOf("signing_algorithm", c.SigningAlgorithm, "ES256", "EdDSA", "RS256")
	k.oneOf("id_token_signing_algorithm", c.IDTokenAlgorithm, "ES256", "EdDSA", "RS256")
	k.require(!strings.ContainsFunc(c.Audience, func(r rune) bool { return r <= ' ' || r == 0x7f }), "audience",
		"must have no spaces or control characters: %q", c.Audience)
	for i, name := range c.Dialects {
		k.require(dialectName.MatchString(name), "dialects", "has %q, which is no name of a dialect", name)
		k.require(!slices.Contains(c.Dialects[:i], name), "dialects", "has %q twice", name)
		k.require(name != allDialects || len(c.Dialects) == 1, "dialects", "has %q beside other names", name)
	}
}

func (k *checker) oneOf(key, value string, allowed ...string) {
	k.require(slices.Contains(allowed, value), key, "must be one of %s, not %q", strings.Join(allowed, ", "), value)
}

// lifetimes are whole seconds, because expires_in is (RFC 6749 §5.1).
func (k *checker) lifetimes() {
	l := k.config.Lifetimes
	k.seconds("lifetimes.access_token", l.AccessToken, time.Minute, 24*time.Hour)
	k.seconds("lifetimes.refresh_token", l.RefreshToken, time.Minute, 10*8760*time.Hour)
	k.seconds("lifetimes.refresh_absolute", l.RefreshAbsolute, time.Minute, 10*8760*time.Hour)
	// Within the grace period a stolen token works once more (RFC 9700 §4.14).
	k.seconds("lifetimes.refresh_grace", l.RefreshGrace, 0, time.Minute)
	key := "lifetimes.refresh_absolute"
	if k.config.Source(key) == "default" { // then the other one was set
		key = "lifetimes.refresh_token"
	}
	k.require(l.RefreshAbsolute >= l.RefreshToken, key,
		"must fit: refresh_absolute (%s) must be at least refresh_token (%s)", l.RefreshAbsolute, l.RefreshToken)
	k.seconds("session_lifetime", k.config.SessionLifetime, 5*time.Minute, 720*time.Hour)
	k.duration("clean_up_every", k.config.CleanUpEvery, time.Second, 24*time.Hour)
	k.require(k.config.AuditRetention == 0 || k.config.AuditRetention >= 24*time.Hour, "audit_retention",
		"must be 0s, which keeps everything, or at least 24h, not %s", k.config.AuditRetention)
	k.duration("shutdown_timeout", k.config.ShutdownTimeout, time.Millisecond, 10*time.Minute)
}

func (k *checker) seconds(key string, value, least, most time.Duration) {
	k.require(value == value.Truncate(time.Second), key, "must be whole seconds, not %s", value)
	k.duration(key, value, least, most)
}

func (k *checker) duration(key string, value, least, most time.Duration) {
	k.require(least <= value && value <= most, key, "must be from %s to %s, not %s", least, most, value)
}

// bounds never lets a limit be switched off by a 0 where the default is to have one.
func (k *checker) bounds() {
	k.number("limits.wrong_attempts_per_minute", k.config.Limits.WrongAttempts, 1, 1000)
	k.number("limits.requests_per_minute_per_account", k.config.Limits.AccountRequests, 1, 10_000_000)
	k.number("limits.requests_per_minute_per_client", k.config.Limits.ClientRequests, 0, 10_000_000)
	k.number("limits.requests_per_minute_per_api_key", k.config.Limits.KeyRequests, 0, 10_000_000)
	k.number("limits.requests_per_minute_per_source", k.config.Limits.SourceRequests, 0, 10_000_000)
	k.number("limits.connections", k.config.Limits.Connections, 16, 1_000_000)
	k.number("in_flight.issue", k.config.InFlight.Issue, 1, 100_000)
	k.number("in_flight.verify", k.config.InFlight.Verify, 1, 100_000)
	k.number("in_flight.pages", k.config.InFlight.Pages, 1, 100_000)
	k.number("in_flight.manage", k.config.InFlight.Manage, 1, 100_000)
	k.number("password_hashing.parallel", k.config.PasswordHashing.Parallel, 0, 1024)
	k.number("password_hashing.queue", k.config.PasswordHashing.Queue, 0, 100_000)
	k.number("cache_entries", k.config.CacheEntries, 1000, 100_000_000)
}

func (k *checker) number(key string, value, least, most int) {
	k.require(least <= value && value <= most, key, "must be from %d to %d, not %d", least, most, value)
}
