package canary

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"claviger/test/testlog"

	"github.com/goccy/go-yaml"
)

// rule is one form of secret. match returns the part of the line at fault, or "".
type rule struct {
	name  string
	match func(line string) string
}

// forms are what a secret can be known by without knowing it.
func forms() []rule {
	return []rule{
		{"made-up secret of a test", pattern(`(?i)` + testlog.Canary)},
		{"generated credential", pattern(`clv_[a-z]+_[0-9A-Za-z_.-]{20,}`)},
		{"JWT", pattern(`eyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}`)},
		{"bearer credential", pattern(`(?i)\bbearer(\s|\+|%20)+[0-9A-Za-z._~+/-]{20,}`)},
		{"basic credential", basicCredential},
		{"stored hash", pattern(`\$(argon2(id|i|d)|2[aby]|scrypt|pbkdf2[a-z0-9-]*)\$|hmac-sha256:[0-9A-Za-z_-]{20,}`)},
		{"private key", pattern(`-----BEGIN [A-Z ]*PRIVATE KEY|"d\\?"\s*:\s*\\?"[0-9A-Za-z_-]{20,}`)},
	}
}

func pattern(expression string) func(string) string {
	return regexp.MustCompile(expression).FindString
}

var basic = regexp.MustCompile(`(?i)\bbasic\s+([0-9A-Za-z+/_-]{4,})`)

// basicCredential tells a credential from the words "basic authentication".
func basicCredential(line string) string {
	for _, found := range basic.FindAllStringSubmatch(line, -1) {
		text := strings.NewReplacer("-", "+", "_", "/").Replace(found[1])
		decoded, err := base64.RawStdEncoding.DecodeString(text)
		if err == nil && strings.Contains(string(decoded), ":") {
			return found[0]
		}
	}
	return ""
}

// known returns a rule for each secret, in the spellings that it may take on
// its way into a log.
func known(secrets []string) []rule {
	var rules []rule
	for _, secret := range secrets {
		spellings := []string{
			secret, url.QueryEscape(secret), url.PathEscape(secret),
			base64.RawStdEncoding.EncodeToString([]byte(secret)), base64.RawURLEncoding.EncodeToString([]byte(secret)),
			fmt.Sprintf("%x", secret),
		}
		rules = append(rules, rule{"secret of the demo data", func(line string) string {
			for _, spelling := range spellings {
				if strings.Contains(line, spelling) {
					return spelling
				}
			}
			return ""
		}})
	}
	return rules
}

// secretsIn returns the values of every secret and password in a YAML file.
func secretsIn(text []byte) ([]string, error) {
	var document any
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	return collect(document, nil), nil
}

func collect(node any, found []string) []string {
	switch node := node.(type) {
	case []any:
		for _, item := range node {
			found = collect(item, found)
		}
	case map[string]any:
		for key, value := range node {
			if text, ok := value.(string); ok && (key == "secret" || key == "password") {
				found = append(found, text)
			}
			found = collect(value, found)
		}
	}
	return found
}
