package config

import (
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// compareConfigs ignores where values came from.
var compareConfigs = cmp.Options{
	cmpopts.IgnoreUnexported(Config{}, ForwardRule{}),
	cmpopts.EquateComparable(netip.Prefix{}),
	cmpopts.EquateEmpty(),
}

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "claviger.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func completeDefaults(t *testing.T) *Config {
	t.Helper()
	config := Default()
	if err := config.Complete(); err != nil {
		t.Fatal(err)
	}
	return config
}

// otherValues is what everyKey sets, in the order of the keys.
func otherValues(t *testing.T) *Config {
	t.Helper()
	logo, err := os.ReadFile("testdata/logo.svg")
	if err != nil {
		t.Fatal(err)
	}
	return &Config{
		Listen:           ":9090",
		Issuer:           "https://auth.example.com/tenant-1",
		Data:             "/var/lib/claviger",
		DatabaseURL:      "postgres://claviger:pa55@db.example.com/claviger",
		MasterKeyFile:    "/run/secrets/master.key",
		Migrate:          MigrateManual,
		Dialects:         []string{"jpay", "spendesk"},
		DialectDir:       "/etc/claviger/dialects",
		Log:              Log{Level: slog.LevelDebug, Format: LogText},
		TrustedProxies:   []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::1/128")},
		Hosts:            []string{"auth.internal:8080", "[::1]"},
		Audience:         "https://api.example.com",
		SigningAlgorithm: "EdDSA",
		IDTokenAlgorithm: "ES256",
		Lifetimes: Lifetimes{
			AccessToken: 15 * time.Minute, RefreshToken: 48 * time.Hour, RefreshAbsolute: 96 * time.Hour, RefreshGrace: 0,
		},
		SessionLifetime: 5 * time.Minute,
		Platform: Platform{
			Name: "Gate & Co", Colour: "#00aaff", Logo: "testdata/logo.svg",
			LogoImage: Image{Type: "image/svg+xml", Data: logo},
		},
		Mail:              Mail{From: "Gate <auth@gate.example>", SMTPURL: "smtps://gate:pa55@mail.example.com:465"},
		Operator:          Operator{Email: "ops@gate.example", Password: "a lantern on the pier", PasswordFile: "/run/secrets/operator"},
		SMS:               SMS{WebhookURL: "https://sms.example.com/send?token=t0ken", WebhookSecret: "0123456789abcdef"},
		PrivateLogoutURIs: true,
		AccountTypes:      []string{"wallet", "merchant"},
		ForwardAuth: ForwardAuth{
			TrustedPeers: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16"), netip.MustParsePrefix("192.0.2.7/32")},
			Rules: []ForwardRule{
				{Host: "api.example.com", Path: "/accounts/{id}", Methods: []string{"GET", "PUT"}, Permission: "accounts:read", Account: "{id}"},
				{Path: "/health", Public: true},
			},
			TokenLifetime: time.Minute, TokenAudience: "https://backends.example.com", TokenHeader: "Authorization",
		},
		RateLimits:      RateLimitsOff,
		Limits:          Limits{WrongAttempts: 5, AccountRequests: 1000, ClientRequests: 1001, KeyRequests: 1002, SourceRequests: 1003, Connections: 99},
		InFlight:        InFlight{Issue: 11, Verify: 12, Pages: 13, Manage: 14},
		PasswordHashing: Hashing{Parallel: 3, Queue: 7},
		CacheEntries:    5000,
		AuditRetention:  48 * time.Hour,
		CleanUpEvery:    time.Minute,
		ShutdownTimeout: 90 * time.Second,
	}
}

var everyKey = map[string]string{
	"listen":                     ":9090",
	"issuer":                     "https://auth.example.com/tenant-1",
	"data":                       "/var/lib/claviger",
	"database_url":               "postgres://claviger:pa55@db.example.com/claviger",
	"master_key_file":            "/run/secrets/master.key",
	"migrate":                    "manual",
	"dialects":                   "jpay, spendesk",
	"dialect_dir":                "/etc/claviger/dialects",
	"log.level":                  "debug",
	"log.format":                 "text",
	"trusted_proxies":            "10.0.0.0/8,fd00::1",
	"hosts":                      `Auth.Internal:8080,[::1]`,
	"account_types":              "wallet, merchant",
	"audience":                   "https://api.example.com",
	"signing_algorithm":          "EdDSA",
	"id_token_signing_algorithm": "ES256",
	"session_lifetime":           "5m",
	"platform.name":              "Gate & Co",
	"platform.colour":            "#00AAff",
	"platform.logo":              "testdata/logo.svg",
	"mail.from":                  "Gate <auth@gate.example>",
	"mail.smtp_url":              "smtps://gate:pa55@mail.example.com:465",
	"sms.webhook_url":            "https://sms.example.com/send?token=t0ken",
	"sms.webhook_secret":         "0123456789abcdef",
	"operator.email":             "ops@gate.example",
	"operator.password":          "a lantern on the pier",
	"operator.password_file":     "/run/secrets/operator",
	"allow_private_logout_uris":  "true",
	"forward_auth.trusted_peers": "10.1.0.0/16,192.0.2.7",
	"forward_auth.rules": `[{host: API.example.com, path: "/accounts/{id}", methods: [GET, PUT], ` +
		`permission: "accounts:read", account: "{id}"}, {path: /health, public: true}]`,
	"forward_auth.token_lifetime":            "1m",
	"forward_auth.token_audience":            "https://backends.example.com",
	"forward_auth.token_header":              "Authorization",
	"lifetimes.access_token":                 "15m",
	"lifetimes.refresh_token":                "48h",
	"lifetimes.refresh_absolute":             "96h",
	"lifetimes.refresh_grace":                "0s",
	"rate_limits":                            "off",
	"limits.wrong_attempts_per_minute":       "5",
	"limits.requests_per_minute_per_account": "1000",
	"limits.requests_per_minute_per_client":  "1001",
	"limits.requests_per_minute_per_api_key": "1002",
	"limits.requests_per_minute_per_source":  "1003",
	"limits.connections":                     "99",
	"in_flight.issue":                        "11",
	"in_flight.verify":                       "12",
	"in_flight.pages":                        "13",
	"in_flight.manage":                       "14",
	"password_hashing.parallel":              "3",
	"password_hashing.queue":                 "7",
	"cache_entries":                          "5000",
	"audit_retention":                        "48h",
	"clean_up_every":                         "1m",
	"shutdown_timeout":                       "1m30s",
}

func TestEveryKeyByVariable(t *testing.T) {
	var environ []string
	for _, s := range Default().settings() {
		if text, ok := everyKey[s.key]; ok {
			environ = append(environ, s.variable()+"="+text)
		} else if s.key != "master_key" {
			t.Errorf("no test value for %s", s.key)
		}
	}
	config, err := Load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(otherValues(t), config, compareConfigs); diff != "" {
		t.Error(diff)
	}
	for _, s := range config.settings() {
		if _, set := everyKey[s.key]; set && config.Source(s.key) != s.variable() {
			t.Errorf("source of %s is %s, want %s", s.key, config.Source(s.key), s.variable())
		}
	}
}

func TestEveryKeyByFile(t *testing.T) {
	var text strings.Builder
	section, line := "", 0
	positions := map[string]int{}
	for _, s := range Default().settings() {
		if s.key == "master_key" {
			continue
		}
		group, name, nested := strings.Cut(s.key, ".")
		indent := ""
		if !nested {
			name = group
		} else {
			indent = "  "
			if group != section {
				section, line = group, line+1
				fmt.Fprintf(&text, "%s:\n", group)
			}
		}
		value := fmt.Sprintf("%q", everyKey[s.key])
		if s.isRules() {
			value = everyKey[s.key]
		}
		if s.isList() {
			value = `["` + strings.ReplaceAll(strings.ReplaceAll(everyKey[s.key], " ", ""), ",", `", "`) + `"]`
		}
		line++
		fmt.Fprintf(&text, "%s%s: %s\n", indent, name, value)
		positions[s.key] = line
	}
	path := writeConfig(t, text.String())
	config, err := Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(otherValues(t), config, compareConfigs); diff != "" {
		t.Error(diff)
	}
	for key, line := range positions {
		if want := fmt.Sprintf("%s:%d:", path, line); !strings.HasPrefix(config.Source(key), want) {
			t.Errorf("source of %s is %s, want %s…", key, config.Source(key), want)
		}
	}
}

func TestDefaultsFollowOtherKeys(t *testing.T) {
	for name, tt := range map[string]struct {
		environ []string
		want    map[string]string
	}{
		"nothing set": {nil, map[string]string{
			"issuer": "http://127.0.0.1:8080", "audience": "http://127.0.0.1:8080",
			"database_url": "sqlite:claviger-data/claviger.db", "master_key_file": "claviger-data/master.key",
		}},
		"data": {[]string{"CLAVIGER_DATA=/srv/claviger"}, map[string]string{
			"database_url": "sqlite:/srv/claviger/claviger.db", "master_key_file": "/srv/claviger/master.key",
		}},
		"issuer":   {[]string{"CLAVIGER_ISSUER=https://a.example"}, map[string]string{"audience": "https://a.example"}},
		"loopback": {[]string{"CLAVIGER_LISTEN=[::1]:9000"}, map[string]string{"issuer": "http://[::1]:9000"}},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := Load("", tt.environ)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range config.settings() {
				want, named := tt.want[s.key]
				if got := s.field.String(); named && got != want {
					t.Errorf("%s is %q, want %q", s.key, got, want)
				}
			}
		})
	}
}

func TestVariableWinsOverFile(t *testing.T) {
	path := writeConfig(t, "log:\n  level: warn\n  format: text\n")
	config, err := Load(path, []string{"CLAVIGER_LOG_LEVEL=info", "CLAVIGER_LOG_LEVEL=error", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	if config.Log != (Log{Level: slog.LevelError, Format: LogText}) {
		t.Errorf("log is %+v", config.Log)
	}
	if got := config.Source("log.level"); got != "CLAVIGER_LOG_LEVEL" {
		t.Errorf("source is %s", got)
	}
}

func TestConfigVariableNamesTheFile(t *testing.T) {
	path := writeConfig(t, "listen: 127.0.0.1:7001\n")
	other := writeConfig(t, "listen: 127.0.0.1:7002\n")
	environ := []string{"CLAVIGER_CONFIG=" + path}
	for argument, want := range map[string]string{"": "127.0.0.1:7001", other: "127.0.0.1:7002"} {
		config, err := Load(argument, environ)
		if err != nil {
			t.Fatal(err)
		}
		if config.Listen != want {
			t.Errorf("with argument %q: listen is %s, want %s", argument, config.Listen, want)
		}
	}
}

func TestForeignVariables(t *testing.T) {
	environ := []string{
		"CLAVIGER_TEST_POSTGRES=x", "CLAVIGER_DEMO_PORT=x", "CLAVIGER_SERVICE_HOST=10.0.0.1", "CLAVIGER_SERVICE_PORT_HTTP=80",
		"CLAVIGER_PORT=tcp://10.0.0.1:80", "CLAVIGER_PORT_80_TCP=x", "CLAVIGER_PORT_80_TCP_ADDR=x", "CLAVIGERX=x",
	}
	if _, err := Load("", environ); err != nil {
		t.Error(err)
	}
	seen := map[string]string{}
	for _, s := range Default().settings() {
		if foreignVariables.MatchString(s.variable()) {
			t.Errorf("%s can't be set: its variable is ignored", s.key)
		}
		if other, taken := seen[s.variable()]; taken {
			t.Errorf("%s and %s have the same variable", s.key, other)
		}
		seen[s.variable()] = s.key
	}
}

func TestEmptyFilesAndSections(t *testing.T) {
	for _, text := range []string{"", "# nothing\n", "---\n", "log:\n", "log:\n  # level: info\nlimits: {}\n", "dialect_dir: \"\"\n"} {
		config, err := Load(writeConfig(t, text), nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(completeDefaults(t), config, compareConfigs); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestNoDialects(t *testing.T) {
	fromFile := writeConfig(t, "dialects: []\n")
	for path, environ := range map[string][]string{"": {"CLAVIGER_DIALECTS="}, fromFile: nil} {
		config, err := Load(path, environ)
		if err != nil {
			t.Fatal(err)
		}
		if served, err := config.ServedDialects([]string{"jpay"}); err != nil || len(served) != 0 {
			t.Errorf("served %v, %v", served, err)
		}
	}
}
