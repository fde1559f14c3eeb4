package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"claviger/internal/core"

	"github.com/google/go-cmp/cmp"
)

// Lifetimes must stay convertible to those of the core.
var _ = core.Lifetimes(Lifetimes{})

func TestServedDialects(t *testing.T) {
	builtIn := []string{"centrapay", "jpay", "spendesk"}
	for _, tt := range []struct{ asked, want []string }{
		{[]string{"all"}, builtIn},
		{[]string{"spendesk", "jpay"}, []string{"spendesk", "jpay"}},
		{nil, nil},
	} {
		config := Default()
		config.Dialects = tt.asked
		if got, err := config.ServedDialects(builtIn); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%v serves %v, %v", tt.asked, got, err)
		}
	}
	config, err := Load("", []string{"CLAVIGER_DIALECTS=jpai"})
	if err != nil {
		t.Fatal(err)
	}
	const want = `CLAVIGER_DIALECTS: dialects has "jpai", which is no built-in dialect; did you mean "jpay"?`
	if _, err := config.ServedDialects(builtIn); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if !slices.Equal(builtIn, []string{"centrapay", "jpay", "spendesk"}) {
		t.Error("the names given were changed")
	}
}

func TestAllowedHosts(t *testing.T) {
	config, err := Load("", []string{"CLAVIGER_ISSUER=https://a.example:8443/x", "CLAVIGER_HOSTS=B.example"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := config.AllowedHosts(), []string{"a.example:8443", "b.example"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestG02_NobodyIsTrustedByDefault(t *testing.T) {
	config := Default()
	for _, sender := range []string{"127.0.0.1", "10.1.2.3", "::1"} {
		if config.Trusts(netip.MustParseAddr(sender)) {
			t.Errorf("%s is trusted", sender)
		}
	}
	config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fe80::/10")}
	for sender, want := range map[string]bool{
		"10.1.2.3": true, "::ffff:10.1.2.3": true, "fe80::1%eth0": true, "11.0.0.1": false, "::1": false,
	} {
		if got := config.Trusts(netip.MustParseAddr(sender)); got != want {
			t.Errorf("%s trusted: %v, want %v", sender, got, want)
		}
	}
}

const goodMasterKey = "c2f7105f0d9c4ab6e8813b57d2706f94a15be3c8427d906bf61e38a4dc09b572"

func TestH13_ConfigHidesSecrets(t *testing.T) {
	config, err := Load("", []string{"CLAVIGER_DATABASE_URL=postgres://u:canary@h/d", "CLAVIGER_MASTER_KEY=" + goodMasterKey,
		"CLAVIGER_MAIL_FROM=a@b.example", "CLAVIGER_MAIL_SMTP_URL=smtp://u:canary@h",
		"CLAVIGER_SMS_WEBHOOK_URL=https://h/canary", "CLAVIGER_SMS_WEBHOOK_SECRET=canary-0123456789"})
	if err != nil {
		t.Fatal(err)
	}
	if config.DatabaseURL.Reveal() != "postgres://u:canary@h/d" || config.MasterKey.Reveal() != goodMasterKey {
		t.Fatal("the secrets were not read")
	}
	var out strings.Builder
	slog.New(slog.NewJSONHandler(&out, nil)).Info("start", "config", config, "url", config.DatabaseURL)
	slog.New(slog.NewTextHandler(&out, nil)).Info("start", "config", config, "url", config.DatabaseURL)
	encoded, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(&out, "%v %+v %#v %s %q %x %s", *config, *config, *config, config.DatabaseURL, config.MasterKey, config.MasterKey, encoded)
	out.WriteString(config.Describe())
	for _, secret := range []string{"canary", goodMasterKey} {
		if strings.Contains(out.String(), secret) || strings.Contains(out.String(), fmt.Sprintf("%x", secret)) {
			t.Errorf("a secret was printed:\n%s", out.String())
		}
	}
}

func TestDescribe(t *testing.T) {
	path := writeConfig(t, "trusted_proxies: [10.0.0.0/8]\n")
	config, err := Load(path, []string{"CLAVIGER_LOG_LEVEL=warn"})
	if err != nil {
		t.Fatal(err)
	}
	got := config.Describe()
	for _, want := range []string{
		"listen = 127.0.0.1:8080 (default)\n",
		"database_url = (hidden) (default)\n",
		"master_key =  (default)\n",
		"dialects = [all] (default)\n",
		"log.level = warn (CLAVIGER_LOG_LEVEL)\n",
		"trusted_proxies = [10.0.0.0/8] (" + path + ":1:18)\n",
		"lifetimes.access_token = 1h0m0s (default)\n",
		"password_hashing.queue = 64 (default)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no line %q in\n%s", want, got)
		}
	}
}

// The example must hold every key with its default: taken out of its comments
// it changes nothing.
func TestExampleHoldsEveryDefault(t *testing.T) {
	text, err := os.ReadFile("../../examples/claviger.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if config, err := Load(writeConfig(t, string(text)), nil); err != nil || len(config.sources) != 0 {
		t.Errorf("as it is the example sets %v, %v", config, err)
	}
	uncommented := regexp.MustCompile(`(?m)^#([a-z]|  )`).ReplaceAllString(string(text), "$1")
	config, err := Load(writeConfig(t, uncommented), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(completeDefaults(t), config, compareConfigs); diff != "" {
		t.Error(diff)
	}
	for _, s := range config.settings() {
		if s.key == "master_key" {
			if !strings.Contains(string(text), s.variable()) {
				t.Errorf("the example does not name %s", s.variable())
			}
		} else if config.Source(s.key) == "default" {
			t.Errorf("%s is not in the example", s.key)
		}
	}
}
