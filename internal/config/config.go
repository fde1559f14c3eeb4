package config

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"
)

// Config is what an operator sets, by a YAML file and by the environment. The
// yaml tags are the keys; lists may be nil. Durations are written as Go writes
// them ("1h30m"). examples/claviger.yaml explains every key.
type Config struct {
	Listen           string         `yaml:"listen"`          // host:port
	Issuer           string         `yaml:"issuer"`          // absolute URL, no trailing slash
	Data             string         `yaml:"data"`            // directory of database and master key
	DatabaseURL      Hidden         `yaml:"database_url"`    // "sqlite:FILE" or "postgres://…"
	MasterKeyFile    string         `yaml:"master_key_file"` // read when MasterKey is empty
	MasterKey        Hidden         `yaml:"master_key"`      // base64 or hex; from the environment alone
	Migrate          string         `yaml:"migrate"`         // MigrateAuto or MigrateManual
	Dialects         []string       `yaml:"dialects"`        // see ServedDialects
	DialectDir       string         `yaml:"dialect_dir"`     // "" for none
	Log              Log            `yaml:"log"`
	TrustedProxies   []netip.Prefix `yaml:"trusted_proxies"`
	Hosts            []string       `yaml:"hosts"` // beside the issuer's, lower case; see AllowedHosts
	Audience         string         `yaml:"audience"`
	SigningAlgorithm string         `yaml:"signing_algorithm"`          // "ES256", "EdDSA" or "RS256"
	IDTokenAlgorithm string         `yaml:"id_token_signing_algorithm"` // of the same; for clients that registered none
	Lifetimes        Lifetimes      `yaml:"lifetimes"`
	SessionLifetime  time.Duration  `yaml:"session_lifetime"` // of a browser's sign-in
	Platform         Platform       `yaml:"platform"`
	Mail             Mail           `yaml:"mail"`
	SMS              SMS            `yaml:"sms"`
	Operator         Operator       `yaml:"operator"`
	// PrivateLogoutURIs lets back-channel logout reach addresses that are not
	// public: loopback and private networks.
	PrivateLogoutURIs bool          `yaml:"allow_private_logout_uris"`
	ForwardAuth       ForwardAuth   `yaml:"forward_auth"`
	AccountTypes      []string      `yaml:"account_types"` // resource types by which decision requests name accounts, beside "account"
	RateLimits        string        `yaml:"rate_limits"`   // RateLimitsOn or RateLimitsOff; never about wrong attempts
	Limits            Limits        `yaml:"limits"`
	InFlight          InFlight      `yaml:"in_flight"`
	PasswordHashing   Hashing       `yaml:"password_hashing"`
	CacheEntries      int           `yaml:"cache_entries"`   // what is kept in memory of the database
	AuditRetention    time.Duration `yaml:"audit_retention"` // 0 keeps audit records for ever
	CleanUpEvery      time.Duration `yaml:"clean_up_every"`  // what nothing needs any more is removed
	ShutdownTimeout   time.Duration `yaml:"shutdown_timeout"`

	sources map[string]string // key -> where its value came from
}

// Log says what is logged and how.
type Log struct {
	Level  slog.Level `yaml:"level"`
	Format string     `yaml:"format"` // LogJSON or LogText
}

// Lifetimes has the fields of core.Lifetimes, to which it converts; clients
// and dialects may set their own.
type Lifetimes struct {
	AccessToken     time.Duration `yaml:"access_token"`
	RefreshToken    time.Duration `yaml:"refresh_token"`
	RefreshAbsolute time.Duration `yaml:"refresh_absolute"`
	RefreshGrace    time.Duration `yaml:"refresh_grace"`
}

// Platform is what people see of whoever runs the server.
type Platform struct {
	Name   string `yaml:"name"`
	Colour string `yaml:"colour"` // "#rrggbb", lower case
	Logo   string `yaml:"logo"`   // file, .png or .svg; "" for none

	LogoImage Image // what the file held when it was loaded
}

// Image is a picture. Data is nil when there is none.
type Image struct {
	Type string // "image/png" or "image/svg+xml"
	Data []byte
}

// Mail is how messages leave by mail. Without SMTPURL none do.
type Mail struct {
	From    string `yaml:"from"`     // "auth@example.com" or "Example <auth@example.com>"
	SMTPURL Hidden `yaml:"smtp_url"` // smtp:// or smtps://USER:PASSWORD@HOST:PORT
}

// SMS is how text messages leave: by a request to WebhookURL, signed with
// WebhookSecret. Without an URL none do.
type SMS struct {
	WebhookURL    Hidden `yaml:"webhook_url"` // hidden, because such URLs often hold a token
	WebhookSecret Hidden `yaml:"webhook_secret"`
}

// Operator is whom a server makes the account of when it starts and has no operator.
// Without Email a link is printed instead.
type Operator struct {
	Email        string `yaml:"email"`
	Password     Hidden `yaml:"password"`
	PasswordFile string `yaml:"password_file"` // holds the password, in place of Password
}

// Limits bounds what one caller may ask for.
type Limits struct {
	WrongAttempts   int `yaml:"wrong_attempts_per_minute"`       // of one identity
	AccountRequests int `yaml:"requests_per_minute_per_account"` // on the routes of a dialect and forward-auth
	ClientRequests  int `yaml:"requests_per_minute_per_client"`  // 0: no limit
	KeyRequests     int `yaml:"requests_per_minute_per_api_key"` // 0: no limit
	SourceRequests  int `yaml:"requests_per_minute_per_source"`  // 0: no limit
	Connections     int `yaml:"connections"`
}

// InFlight bounds how many requests of a kind are worked on at once; the next one is
// answered 503.
type InFlight struct {
	Issue  int `yaml:"issue"`  // tokens, codes, revocations: what is written before it is answered
	Verify int `yaml:"verify"` // introspection, forward-auth, decisions, reads of dialects
	Pages  int `yaml:"pages"`
	Manage int `yaml:"manage"` // changes by routes of dialects and by the management API
}

// Hashing bounds the slow hashing of passwords.
type Hashing struct {
	Parallel int `yaml:"parallel"` // evaluations at once; 0 chooses by the processors
	Queue    int `yaml:"queue"`    // requests that may wait; the next one is answered 503
}

// Values of Config.Migrate, Log.Format and Config.RateLimits.
const (
	MigrateAuto   = "auto"
	MigrateManual = "manual"
	LogJSON       = "json"
	LogText       = "text"
	RateLimitsOn  = "on"
	RateLimitsOff = "off"
)

// allDialects is the only entry of Config.Dialects when all built-in ones are
// served, so that an empty list can mean none.
const allDialects = "all"

// Default returns what holds for keys that nobody set. Keys whose default
// follows from another key are still empty; Complete fills them.
func Default() *Config {
	return &Config{
		Listen:           "127.0.0.1:8080",
		Data:             "./claviger-data",
		Migrate:          MigrateAuto,
		Dialects:         []string{allDialects},
		Log:              Log{Level: slog.LevelInfo, Format: LogJSON},
		SigningAlgorithm: "ES256",
		IDTokenAlgorithm: "RS256", // what OpenID Connect Core §15.1 has every client understand
		Lifetimes: Lifetimes{
			AccessToken:     time.Hour,
			RefreshToken:    720 * time.Hour,
			RefreshAbsolute: 8760 * time.Hour,
			RefreshGrace:    10 * time.Second,
		},
		SessionLifetime: 12 * time.Hour,
		Platform:        Platform{Name: "Claviger", Colour: "#1f4f8f"},
		ForwardAuth:     ForwardAuth{TokenHeader: ForwardTokenHeader},
		RateLimits:      RateLimitsOn,
		Limits:          Limits{WrongAttempts: 10, AccountRequests: 200, Connections: 4096},
		InFlight:        InFlight{Issue: 512, Verify: 512, Pages: 128, Manage: 64},
		PasswordHashing: Hashing{Queue: 64},
		CacheEntries:    100_000,
		AuditRetention:  9600 * time.Hour, // 400 days: a look back at the same month of last year
		CleanUpEvery:    10 * time.Minute,
		ShutdownTimeout: 15 * time.Second,
		sources:         map[string]string{},
	}
}

// Load reads the YAML file at path, lays environ ("NAME=value", as
// os.Environ returns it) over it, fills the defaults and checks the result. An
// empty path means the file that CLAVIGER_CONFIG names, or none. The error
// lists every problem on a line of its own, with file, line and column or the
// name of the variable; it never holds the value of a secret.
func Load(path string, environ []string) (*Config, error) {
	config := Default()
	load := newLoader(config)
	variables := ownVariables(environ)
	if path == "" {
		path = variables[variablePrefix+"CONFIG"]
	}
	if path != "" {
		load.file(path)
	}
	load.environment(variables)
	if len(load.problems) > 0 {
		return nil, errors.Join(load.problems...)
	}
	if err := config.Complete(); err != nil {
		return nil, err
	}
	return config, nil
}

// Source tells where the value of a key ("log.level") came from: "FILE:LINE:COLUMN",
// the name of a variable, or "default".
func (c *Config) Source(key string) string {
	if source, ok := c.sources[key]; ok {
		return source
	}
	return "default"
}
