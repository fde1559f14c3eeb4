package canary

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"claviger"
	"claviger/test/testlog"
)

func allRules(t *testing.T) []rule {
	t.Helper()
	text, err := claviger.Examples.ReadFile("examples/demo.yaml")
	if err != nil {
		t.Fatal(err)
	}
	secrets, err := secretsIn(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"my_secret", "correct horse battery staple", "your_app_secret_here", "svc-demo-password"} {
		if !slices.Contains(secrets, want) {
			t.Fatalf("%q was not found in the demo data: has its format changed?", want)
		}
	}
	return append(forms(), known(secrets)...)
}

func TestH13_PlantedSecretsAreFound(t *testing.T) {
	rules := allRules(t)
	const jwt = "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c3JfMSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ"
	for name, secret := range map[string]string{
		"demo secret":         "my_secret",
		"demo password":       "open the gate at dawn",
		"demo key":            "f32c5497297084e5354b47c40d5ccacb109ce483",
		"in a form":           "username=a&password=open+the+gate+at+dawn&x=1",
		"in a path":           "/x?p=open%20the%20gate%20at%20dawn",
		"as base64":           "bXlfc2VjcmV0",
		"as hex":              "6d795f736563726574",
		"Basic header":        "Basic bXlfaWQ6c29tZXRoaW5n",
		"Basic, lower case":   "authorization: basic eDp5eg==",
		"Bearer header":       "Bearer 0123456789abcdef0123456789",
		"client secret":       "clv_sec_0123456789abcdefghjkmnpqrstvwxyz012",
		"refresh token":       "clv_rt_06abcdefgh.0123456789abcdefghjkmnpqrst",
		"truncated key":       "clv_key_0123456789abcdefghjk",
		"JWT":                 jwt,
		"JWT in text":         `refresh_token \"` + jwt + `\" was used`,
		"secret of a test":    "my-" + testlog.Canary + "-7",
		"argon2 hash":         "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA",
		"bcrypt hash":         "$2b$12$abcdefghijklmnopqrstuv",
		"digest":              "hmac-sha256:0123456789abcdef0123456789abcdef",
		"private key":         "-----BEGIN PRIVATE KEY-----",
		"private key as JSON": `{\"kty\":\"EC\",\"d\":\"0123456789abcdef01234567\"}`,
	} {
		t.Run(name, func(t *testing.T) {
			line := fmt.Sprintf(`{"level":"INFO","msg":"before %s after"}`, secret)
			logs := fstest.MapFS{
				"a.jsonl":   {Data: []byte("{\"msg\":\"nothing\"}\n")},
				"b/c.jsonl": {Data: []byte("{\"msg\":\"nothing\"}\n" + line)},
			}
			findings, lines, err := scan(logs, rules)
			if err != nil || lines != 3 {
				t.Fatalf("%d lines, %v", lines, err)
			}
			if len(findings) == 0 {
				t.Fatal("not found")
			}
			if f := findings[0]; f.file != "b/c.jsonl" || f.line != 2 || strings.Contains(f.String(), secret) {
				t.Errorf("got %s", f)
			}
		})
	}
}

// Words that a log is full of must not stop a run.
func TestH13_OrdinaryLinesPass(t *testing.T) {
	for _, line := range []string{
		`{"msg":"token issued","client_id":"your_app_key_here","grant_id":"gnt_06abcdefghjkmnpqrstvwxyz01"}`,
		`{"msg":"basic authentication failed","scheme":"Basic realm"}`,
		`{"msg":"bearer authentication is missing","key_id":"my_id"}`,
		`{"path":"/v1/auth/login","user":"integration-user","password":"(hidden)"}`,
		`{"kid":"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs","alg":"ES256"}`,
		`{"detail":"clv_sec_…"}`,
	} {
		findings, _, err := scan(fstest.MapFS{"a": {Data: []byte(line)}}, allRules(t))
		if err != nil || len(findings) != 0 {
			t.Errorf("%s: %v, %v", line, findings, err)
		}
	}
}
