package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// problemsOf loads text as a file called claviger.yaml and returns the lines of
// the error, with the directory taken out.
func problemsOf(t *testing.T, text string, environ ...string) []string {
	t.Helper()
	path := writeConfig(t, text)
	config, err := Load(path, environ)
	if err == nil {
		t.Fatalf("%q %q was accepted: %+v", text, environ, config)
	}
	if config != nil {
		t.Error("a configuration came with the error")
	}
	return strings.Split(strings.ReplaceAll(err.Error(), path, "claviger.yaml"), "\n")
}

func TestFileProblems(t *testing.T) {
	for text, want := range map[string]string{
		"liste: x\n":                              `claviger.yaml:1:1: unknown key "liste"; did you mean "listen"?`,
		"log:\n  lvl: info\n":                     `claviger.yaml:2:3: unknown key "log.lvl"; did you mean "log.level"?`,
		"log.level: info\n":                       `claviger.yaml:1:1: unknown key "log.level"; keys below another one are indented under it`,
		"data: a\ndata: b\n":                      `claviger.yaml:2:1: mapping key "data" already defined at [1:1]`,
		"data: a\n\"data\": b\n":                  `claviger.yaml:2:1: mapping key "data" already defined at [1:1]`,
		"log: {level: info, level: warn}\n":       `claviger.yaml:1:20: mapping key "level" already defined at [1:7]`,
		"log: info\n":                             `claviger.yaml:1:6: log must hold keys and values`,
		"- listen\n":                              `claviger.yaml:1:1: must hold keys and values`,
		"data: a\n---\ndata: b\n":                 `claviger.yaml: must hold one YAML document`,
		"data: [a\n":                              `claviger.yaml:1:7: sequence end token ']' not found`,
		"data: &a x\n":                            `claviger.yaml:1:7: data must be a plain value`,
		"data: !!str x\n":                         `claviger.yaml:1:7: data must be a plain value`,
		"data: {a: b}\n":                          `claviger.yaml:1:7: data must be a plain value`,
		"data: [a]\n":                             `claviger.yaml:1:7: data must be a plain value`,
		"data:\n":                                 `claviger.yaml:1:7: data has no value; leave the key out to have the default`,
		"data: \"\"\n":                            `claviger.yaml:1:7: data is empty; leave it out to have the default`,
		"dialects: jpay\n":                        `claviger.yaml:1:11: dialects must be a list: [a, b]`,
		"dialects: [[jpay]]\n":                    `claviger.yaml:1:11: dialects must be a list of plain values`,
		"hosts: [\"\"]\n":                         `claviger.yaml:1:8: hosts has an empty item`,
		"log:\n  level: loud\n":                   `claviger.yaml:2:10: log.level must be one of debug, info, warn, error, not "loud"`,
		"lifetimes:\n  access_token: 3600\n":      `claviger.yaml:2:17: lifetimes.access_token must be a duration such as "90s" or "1h30m", not "3600"`,
		"password_hashing: {queue: 6.5}\n":        `claviger.yaml:1:27: password_hashing.queue must be a whole number, not "6.5"`,
		"trusted_proxies: [proxy]\n":              `claviger.yaml:1:18: trusted_proxies has "proxy", which is no address or network such as 10.0.0.0/8`,
		"trusted_proxies: [10.0.0.1/8]\n":         `claviger.yaml:1:18: trusted_proxies has "10.0.0.1/8", which is no network: write 10.0.0.0/8, or the address alone`,
		"trusted_proxies: [0.0.0.0/0]\n":          `claviger.yaml:1:18: trusted_proxies has "0.0.0.0/0", which would trust every sender`,
		"trusted_proxies: [\"::ffff:1.2.3.4\"]\n": `claviger.yaml:1:18: trusted_proxies has "::ffff:1.2.3.4", which is no address or network such as 10.0.0.0/8`,
		"account_types: [scope]\n":                `claviger.yaml:1:16: account_types has "scope", which means something else`,
		"migrate: never\n":                        `claviger.yaml:1:10: migrate must be one of auto, manual, not "never"`,
	} {
		if got := problemsOf(t, text); len(got) != 1 || got[0] != want {
			t.Errorf("%q\n got %q\nwant %q", text, got, want)
		}
	}
}

func TestVariableProblems(t *testing.T) {
	for variable, want := range map[string]string{
		"CLAVIGER_LOG_LVL=info":                      `CLAVIGER_LOG_LVL: is no setting; did you mean CLAVIGER_LOG_LEVEL?`,
		"CLAVIGER_DATABASE=x":                        `CLAVIGER_DATABASE: is no setting; did you mean CLAVIGER_DATA?`,
		"CLAVIGER_LOG_LEVEL=loud":                    `CLAVIGER_LOG_LEVEL: log.level must be one of debug, info, warn, error, not "loud"`,
		"CLAVIGER_DATABASE_URL=":                     `CLAVIGER_DATABASE_URL: database_url is empty; leave it out to have the default`,
		"CLAVIGER_DATA=a\nb":                         `CLAVIGER_DATA: data must be one line`,
		"CLAVIGER_HOSTS=a,,b":                        `CLAVIGER_HOSTS: hosts has an empty item`,
		"CLAVIGER_LISTEN=8080":                       `CLAVIGER_LISTEN: listen must be host:port such as 127.0.0.1:8080, not "8080"`,
		"CLAVIGER_LISTEN=127.0.0.1:70000":            `CLAVIGER_LISTEN: listen must be host:port such as 127.0.0.1:8080, not "127.0.0.1:70000"`,
		"CLAVIGER_HOSTS=https://a.example":           `CLAVIGER_HOSTS: hosts has "https://a.example", which is no host: write NAME or NAME:PORT, without wildcard`,
		"CLAVIGER_HOSTS=*.example":                   `CLAVIGER_HOSTS: hosts has "*.example", which is no host: write NAME or NAME:PORT, without wildcard`,
		"CLAVIGER_HOSTS=a.example:https":             `CLAVIGER_HOSTS: hosts has "a.example:https", which is no host: write NAME or NAME:PORT, without wildcard`,
		"CLAVIGER_DATABASE_URL=mysql://h":            `CLAVIGER_DATABASE_URL: database_url must be sqlite:FILE or postgres://USER@HOST/DATABASE`,
		"CLAVIGER_DATABASE_URL=sqlite:":              `CLAVIGER_DATABASE_URL: database_url must be sqlite:FILE or postgres://USER@HOST/DATABASE`,
		"CLAVIGER_LOG_FORMAT=xml":                    `CLAVIGER_LOG_FORMAT: log.format must be one of json, text, not "xml"`,
		"CLAVIGER_SIGNING_ALGORITHM=HS256":           `CLAVIGER_SIGNING_ALGORITHM: signing_algorithm must be one of ES256, EdDSA, RS256, not "HS256"`,
		"CLAVIGER_AUDIENCE=a b":                      `CLAVIGER_AUDIENCE: audience must have no spaces or control characters: "a b"`,
		"CLAVIGER_DIALECTS=JPay":                     `CLAVIGER_DIALECTS: dialects has "JPay", which is no name of a dialect`,
		"CLAVIGER_DIALECTS=jpay,jpay":                `CLAVIGER_DIALECTS: dialects has "jpay" twice`,
		"CLAVIGER_DIALECTS=jpay,all":                 `CLAVIGER_DIALECTS: dialects has "all" beside other names`,
		"CLAVIGER_ID_TOKEN_SIGNING_ALGORITHM=none":   `CLAVIGER_ID_TOKEN_SIGNING_ALGORITHM: id_token_signing_algorithm must be one of ES256, EdDSA, RS256, not "none"`,
		"CLAVIGER_SESSION_LIFETIME=1m":               `CLAVIGER_SESSION_LIFETIME: session_lifetime must be from 5m0s to 720h0m0s, not 1m0s`,
		"CLAVIGER_ALLOW_PRIVATE_LOGOUT_URIS=yes":     `CLAVIGER_ALLOW_PRIVATE_LOGOUT_URIS: allow_private_logout_uris must be true or false, not "yes"`,
		"CLAVIGER_PLATFORM_NAME=\u202egate":          `CLAVIGER_PLATFORM_NAME: platform.name must be at most 60 printable characters`,
		"CLAVIGER_PLATFORM_COLOUR=blue":              `CLAVIGER_PLATFORM_COLOUR: platform.colour must be a colour such as #1f4f8f, not "blue"`,
		"CLAVIGER_PLATFORM_LOGO=no.png":              `CLAVIGER_PLATFORM_LOGO: platform.logo cannot be read: stat no.png: no such file or directory`,
		"CLAVIGER_PLATFORM_LOGO=testdata":            `CLAVIGER_PLATFORM_LOGO: platform.logo names testdata, which is no file`,
		"CLAVIGER_PLATFORM_LOGO=javascript:alert(1)": `CLAVIGER_PLATFORM_LOGO: platform.logo cannot be read: stat javascript:alert(1): no such file or directory`,
		"CLAVIGER_MAIL_FROM=auth":                    `CLAVIGER_MAIL_FROM: mail.from must be an address such as auth@example.com or "Example <auth@example.com>", not "auth"`,
		"CLAVIGER_MAIL_SMTP_URL=smtp://mail.example": `default: mail.from is missing: mail.smtp_url is set, and mail needs a sender`,
		"CLAVIGER_AUDIT_RETENTION=1h":                `CLAVIGER_AUDIT_RETENTION: audit_retention must be 0s, which keeps everything, or at least 24h, not 1h0m0s`,
		"CLAVIGER_CLEAN_UP_EVERY=0s":                 `CLAVIGER_CLEAN_UP_EVERY: clean_up_every must be from 1s to 24h0m0s, not 0s`,
		"CLAVIGER_CACHE_ENTRIES=0":                   `CLAVIGER_CACHE_ENTRIES: cache_entries must be from 1000 to 100000000, not 0`,
		"CLAVIGER_SHUTDOWN_TIMEOUT=-1s":              `CLAVIGER_SHUTDOWN_TIMEOUT: shutdown_timeout must be from 1ms to 10m0s, not -1s`,

		"CLAVIGER_LIFETIMES_ACCESS_TOKEN=90500ms":            `CLAVIGER_LIFETIMES_ACCESS_TOKEN: lifetimes.access_token must be whole seconds, not 1m30.5s`,
		"CLAVIGER_LIFETIMES_ACCESS_TOKEN=48h":                `CLAVIGER_LIFETIMES_ACCESS_TOKEN: lifetimes.access_token must be from 1m0s to 24h0m0s, not 48h0m0s`,
		"CLAVIGER_LIFETIMES_REFRESH_TOKEN=9000h":             `CLAVIGER_LIFETIMES_REFRESH_TOKEN: lifetimes.refresh_token must fit: refresh_absolute (8760h0m0s) must be at least refresh_token (9000h0m0s)`,
		"CLAVIGER_LIFETIMES_REFRESH_ABSOLUTE=700h":           `CLAVIGER_LIFETIMES_REFRESH_ABSOLUTE: lifetimes.refresh_absolute must fit: refresh_absolute (700h0m0s) must be at least refresh_token (720h0m0s)`,
		"CLAVIGER_LIFETIMES_REFRESH_GRACE=2m":                `CLAVIGER_LIFETIMES_REFRESH_GRACE: lifetimes.refresh_grace must be from 0s to 1m0s, not 2m0s`,
		"CLAVIGER_LIMITS_WRONG_ATTEMPTS_PER_MINUTE=0":        `CLAVIGER_LIMITS_WRONG_ATTEMPTS_PER_MINUTE: limits.wrong_attempts_per_minute must be from 1 to 1000, not 0`,
		"CLAVIGER_LIMITS_REQUESTS_PER_MINUTE_PER_ACCOUNT=-1": `CLAVIGER_LIMITS_REQUESTS_PER_MINUTE_PER_ACCOUNT: limits.requests_per_minute_per_account must be from 1 to 10000000, not -1`,
		"CLAVIGER_PASSWORD_HASHING_PARALLEL=-1":              `CLAVIGER_PASSWORD_HASHING_PARALLEL: password_hashing.parallel must be from 0 to 1024, not -1`,
		"CLAVIGER_PASSWORD_HASHING_QUEUE=-1":                 `CLAVIGER_PASSWORD_HASHING_QUEUE: password_hashing.queue must be from 0 to 100000, not -1`,
	} {
		if got := problemsOf(t, "", variable); len(got) != 1 || got[0] != want {
			t.Errorf("%q\n got %q\nwant %q", variable, got, want)
		}
	}
}

// TestMessageProblems has a canary in each secret: no message may hold it.
func TestMessageProblems(t *testing.T) {
	const from, url = "CLAVIGER_MAIL_FROM=a@b.example", "CLAVIGER_SMS_WEBHOOK_URL=https://sms.example/canary"
	for _, tt := range []struct {
		environ []string
		want    string
	}{
		{[]string{from, "CLAVIGER_MAIL_SMTP_URL=http://u:canary@h"}, "mail.smtp_url must be smtp://"},
		{[]string{from, "CLAVIGER_MAIL_SMTP_URL=smtp://u:canary%@h"}, "mail.smtp_url must be smtp://"},
		{[]string{from, "CLAVIGER_MAIL_SMTP_URL=smtp:canary"}, "mail.smtp_url must be smtp://"},
		{[]string{url}, "sms.webhook_secret must have at least 16"},
		{[]string{url, "CLAVIGER_SMS_WEBHOOK_SECRET=canary"}, "sms.webhook_secret must have at least 16"},
		{[]string{"CLAVIGER_SMS_WEBHOOK_SECRET=0123456789abcdef", "CLAVIGER_SMS_WEBHOOK_URL=http://sms.example/canary"}, "sms.webhook_url must be an https URL"},
		{[]string{"CLAVIGER_SMS_WEBHOOK_SECRET=0123456789abcdef", "CLAVIGER_SMS_WEBHOOK_URL=https://u:canary@sms.example/"}, "sms.webhook_url must be an https URL"},
	} {
		got := problemsOf(t, "", tt.environ...)
		if len(got) != 1 || !strings.Contains(got[0], tt.want) || strings.Contains(got[0], "canary") {
			t.Errorf("%q: got %q, want %q", tt.environ, got, tt.want)
		}
	}
}

func TestE04_LogoCannotRunOrFetch(t *testing.T) {
	const begin, end = `<svg xmlns="http://www.w3.org/2000/svg">`, `</svg>`
	for name, tt := range map[string]struct{ text, want string }{
		"a path":              {begin + `<path d="M0 0"/>` + end, ""},
		"a use of itself":     {begin + `<g id="a"/><use href="#a"/>` + end, ""},
		"script":              {begin + `<script>alert(1)</script>` + end, "<script>"},
		"script, odd case":    {begin + `<ScRipt/>` + end, "<ScRipt>"},
		"html inside":         {begin + `<foreignObject/>` + end, "<foreignObject>"},
		"style":               {begin + `<style>@import "x"</style>` + end, "<style>"},
		"handler":             {begin + `<g onload="alert(1)"/>` + end, "onload="},
		"JaVaScRiPt: link":    {begin + `<a href="JaVaScRiPt:alert(1)"/>` + end, "outside of itself"},
		"data: link":          {begin + `<image xmlns:x="http://www.w3.org/1999/xlink" x:href=" data:text/html,x"/>` + end, "outside of itself"},
		"a fill of itself":    {begin + `<path fill="url(#a)"/>` + end, ""},
		"a fill from outside": {begin + `<path fill="URL( 'https://x.example/a#b')"/>` + end, "outside of itself"},
		"an odd spelling":     {begin + `<path style="fill:u\72l(//x)"/>` + end, "outside of itself"},
		"a style sheet":       {`<?xml-stylesheet href="https://x.example/"?>` + begin + end, "<?xml-stylesheet?>"},
		"entities":            {`<!DOCTYPE svg [<!ENTITY a "b">]>` + begin + end, "document type"},
		"no namespace":        {`<svg/>`, "must begin with <svg xmlns="},
		"something in HTML":   {`<html><svg/></html>`, "must begin with <svg xmlns="},
		"damaged":             {begin + `<g>` + end, "damaged"},
		"cut off":             {begin, "damaged"},
		"a damaged PNG":       {"\x89PNG\r\n\x1a\nxxxx", "damaged"},
		"text":                {"logo", "must be a PNG or SVG picture"},
		"nothing":             {"", "must be a PNG or SVG picture"},
		"more than it may be": {begin + strings.Repeat(" ", 64<<10) + end, "more than 64 KB"},
	} {
		path := filepath.Join(t.TempDir(), "logo")
		if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load("", []string{"CLAVIGER_PLATFORM_LOGO=" + path})
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

func TestIssuer(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://auth.example.com":            "",
		"https://auth.example.com:8443/a/b.c": "",
		"http://localhost:8080":               "",
		"http://127.0.0.2:8080":               "",
		"http://[::1]:8080":                   "",
		"https://192.0.2.1":                   "",
		"http://auth.example.com":             "must begin with https://",
		"http://127.0.0.1.example.com":        "must begin with https://",
		"ftp://auth.example.com":              "must begin with https://",
		"auth.example.com":                    "must be an absolute URL",
		"https://":                            "must be an absolute URL",
		"https://user:canary@a.example":       "must be an absolute URL",
		"https://a.example/":                  "must not end in a slash",
		"https://a.example/x/":                "must not end in a slash",
		"https://a.example?x":                 "must have no query",
		"https://a.example?":                  "must have no query",
		"https://a.example#":                  "must have no query and no fragment",
		"https://a.example/x#y":               "must have no query and no fragment",
		"https://A.example":                   "must have scheme and host in lower case",
		"HTTPS://a.example":                   "must have scheme and host in lower case",
		"https://a.example:443":               "no default port",
		"http://localhost:80":                 "no default port",
		"https://a.example:":                  "no default port",
		"https://a.example:0":                 "no default port",
		"https://a_.example":                  "must have a plain host name",
		"https://a.example.":                  "must have a plain host name",
		"https://bücher.example":              "must have a plain host name",
		"https://a.example/x/../y":            "must have a path without dot segments",
		"https://a.example//x":                "must have a path without dot segments",
		"https://a.example/%41":               "must have a path without dot segments and escapes",
	} {
		_, err := Load("", []string{"CLAVIGER_ISSUER=" + issuer})
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", issuer, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), "CLAVIGER_ISSUER: issuer "+want) && !strings.Contains(err.Error(), want)):
			t.Errorf("%s: got %v, want %s", issuer, err, want)
		case err != nil && (strings.Contains(err.Error(), "canary") || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

func TestIssuerIsRequiredBesideLoopback(t *testing.T) {
	for _, listen := range []string{":8080", "0.0.0.0:8080", "192.0.2.1:8080", "127.0.0.1:0"} {
		got := problemsOf(t, "", "CLAVIGER_LISTEN="+listen)
		if want := "default: issuer is missing: set the https URL under which clients reach this server"; len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q", listen, got)
		}
	}
}

func TestMasterKeyOnlyByVariable(t *testing.T) {
	got := problemsOf(t, "data: x\nmaster_key: canary\n")
	if len(got) != 1 || !strings.HasPrefix(got[0], "claviger.yaml:2:1: master_key can't stand in a file, because") ||
		!strings.Contains(got[0], "CLAVIGER_MASTER_KEY") || strings.Contains(got[0], "canary") {
		t.Errorf("got %q", got)
	}
	got = problemsOf(t, "master_key_file: k\n", "CLAVIGER_MASTER_KEY="+goodMasterKey)
	if want := "claviger.yaml:1:18: master_key_file and CLAVIGER_MASTER_KEY are both set; keep one of them"; len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestH13_ConfigErrorsHideSecrets(t *testing.T) {
	for _, text := range []string{
		"database_url: canary\n",
		"database_url: postgres://u:canary@h/d\nlog: [\n",
		"database_url: [canary]\n",
		"database_url: \"canary\n",
		"database_url: canary: canary\n",
		"database_ur: canary\n",
		"database_url: canary\ndatabase_url: canary\n",
		"master_key: [canary]\n",
	} {
		if got := problemsOf(t, text); strings.Contains(strings.Join(got, "\n"), "canary") {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := problemsOf(t, "", "CLAVIGER_MASTER_KEY=canary"); len(got) != 1 || strings.Contains(got[0], "canary") ||
		!strings.HasPrefix(got[0], "CLAVIGER_MASTER_KEY: master_key is refused: ") {
		t.Errorf("%q", got)
	}
	if got := problemsOf(t, "", "CLAVIGER_MASTERKEY=canary"); strings.Contains(got[0], "canary") {
		t.Errorf("%q", got)
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	got := problemsOf(t, "listen: 1\nlog: {format: xml, level: loud}\nnothing: 1\n", "CLAVIGER_NOTHING=1", "CLAVIGER_LIMITS_WRONG_ATTEMPTS_PER_MINUTE=x")
	if len(got) != 4 {
		t.Errorf("got %q", got)
	}
	got = problemsOf(t, "listen: 1\nlog: {format: xml}\n", "CLAVIGER_ISSUER=https://a.example")
	if len(got) != 2 {
		t.Errorf("got %q", got)
	}
}

func TestMissingFile(t *testing.T) {
	if _, err := Load("no-such-file.yaml", nil); err == nil || !strings.Contains(err.Error(), "no-such-file.yaml") {
		t.Errorf("got %v", err)
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{"listne": "listen", "dta": "data", "": "data", "listens": "listen", "data": "data"} {
		if got := nearest(name, []string{"listen", "data", "database_url"}); got != want {
			t.Errorf("nearest to %q is %q, want %q", name, got, want)
		}
	}
	if got := nearest("x", nil); got != "" {
		t.Errorf("nearest of none is %q", got)
	}
}
