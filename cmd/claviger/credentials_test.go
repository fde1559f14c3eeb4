package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// status sends a request and returns the status and body of the answer.
func (s *devServer) status(method, path string, adjust func(*http.Request)) (int, string) {
	s.t.Helper()
	request, err := http.NewRequest(method, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	adjust(request)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// exchange asks for an access token with an API key (SD-1).
func (s *devServer) exchange(id, secret string) (int, string) {
	s.t.Helper()
	return s.status(http.MethodPost, "/auth/token", func(r *http.Request) { r.SetBasicAuth(id, secret) })
}

func (s *devServer) works(id, secret string) func() bool {
	return func() bool {
		code, _ := s.exchange(id, secret)
		return code == http.StatusOK
	}
}

func (s *devServer) isRefused(id, secret string) func() bool {
	return func() bool {
		code, _ := s.exchange(id, secret)
		return code == http.StatusUnauthorized
	}
}

func (s *devServer) newKey(args ...string) (id, secret string) {
	s.t.Helper()
	out := s.cli(append([]string{"apikey", "create", "--organisation", "acme-fr", "--dialect", "spendesk",
		"--scope", "wallet-summary:read"}, args...)...)
	if !strings.Contains(out, "not shown again") {
		s.t.Errorf("it is not said that the secret is shown once:\n%s", out)
	}
	return fieldOf(out, "id"), fieldOf(out, "secret")
}

// member returns a member of a JSON object whose value is a text.
func member(body, name string) string {
	_, rest, _ := strings.Cut(body, `"`+name+`":"`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

func TestALL_6_ARunningServerNoticesTheCommandLine(t *testing.T) {
	dev := startDev(t, t.TempDir())
	id, secret := dev.newKey("--name", "Noticed")
	eventually(t, "the new key works", dev.works(id, secret))
	_, body := dev.exchange(id, secret)
	wallet := func() int {
		code, _ := dev.status(http.MethodGet, "/wallet-summaries", func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+member(body, "access_token"))
		})
		return code
	}
	if code := wallet(); code != http.StatusOK {
		t.Fatalf("the token is answered %d", code)
	}
	dev.cli("apikey", "disable", id)
	eventually(t, "the disabled key is refused", dev.isRefused(id, secret))
	if code := wallet(); code != http.StatusUnauthorized {
		t.Errorf("the token of a disabled key is answered %d", code)
	}
	dev.cli("apikey", "enable", id)
	eventually(t, "the key works again", dev.works(id, secret))
}

func TestALL_6_ADisabledClientStops(t *testing.T) {
	dev := startDev(t, t.TempDir())
	token := func() int {
		code, _ := dev.status(http.MethodPost, "/oauth2/token", func(r *http.Request) {
			r.SetBasicAuth("your_app_key", "your_app_secret")
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = io.NopCloser(strings.NewReader("grant_type=client_credentials"))
		})
		return code
	}
	if code := token(); code != http.StatusOK {
		t.Fatalf("before: %d", code)
	}
	dev.cli("client", "disable", "your_app_key")
	eventually(t, "the disabled client is refused", func() bool { return token() == http.StatusUnauthorized })
	dev.cli("client", "enable", "your_app_key")
	eventually(t, "the client works again", func() bool { return token() == http.StatusOK })
}

func TestSD_2_KeysByTheCommandLine(t *testing.T) {
	dev := startDev(t, t.TempDir())
	dev.refused(exitFailed, []string{"--expires", "one year"}, "apikey", "create", "--data", dev.data, "--organisation", "acme-fr",
		"--dialect", "spendesk", "--name", "Too long", "--expires", "400d")

	id, secret := dev.newKey("--name", "Books", "--expires", "90d")
	expires := dev.clock.now().Add(90 * day).UTC().Format(time.DateOnly)
	list := dev.cli("apikey", "list", "--organisation", "acme-fr")
	line := lineWith(list, id)
	if !strings.Contains(line, "wallet-summary:read") || !strings.Contains(line, expires) || !strings.Contains(line, "never") {
		t.Errorf("the list has %q", line)
	}
	if strings.Contains(list, secret) {
		t.Error("the list shows a secret")
	}

	eventually(t, "the new key works", dev.works(id, secret))
	eventually(t, "the last use is listed", func() bool {
		return !strings.Contains(lineWith(dev.cli("apikey", "list"), id), "never")
	})
	dev.refused(exitFailed, []string{"already", "--name"}, "apikey", "create", "--data", dev.data, "--organisation", "acme-fr", "--name", "Books")

	rotated := fieldOf(dev.cli("apikey", "rotate", id, "--overlap", "24h"), "secret")
	eventually(t, "the new secret works", dev.works(id, rotated))
	if !dev.works(id, secret)() {
		t.Error("the old secret does not work in the overlap")
	}
	dev.clock.advance(25 * time.Hour)
	if !dev.isRefused(id, secret)() {
		t.Error("the old secret works after the overlap")
	}
	if !dev.works(id, rotated)() {
		t.Error("the new secret does not work after the overlap")
	}
	leaked := fieldOf(dev.cli("apikey", "rotate", id, "--overlap", "0s"), "secret")
	eventually(t, "a leaked secret ends at once", dev.isRefused(id, rotated))
	if !dev.works(id, leaked)() {
		t.Error("the newest secret does not work")
	}

	dev.clock.advance(90 * day)
	eventually(t, "the expired key is refused", dev.isRefused(id, leaked))
	if line := lineWith(dev.cli("apikey", "list"), id); !strings.Contains(line, "expired") {
		t.Errorf("the list has %q", line)
	}
}

func TestSP_9_ClientSecretsOverlap(t *testing.T) {
	dev := startDev(t, t.TempDir())
	out := dev.cli("client", "rotate-secret", "your_app_key", "--overlap", "2h")
	works := func(secret string) bool {
		code, _ := dev.status(http.MethodPost, "/oauth2/token", func(r *http.Request) {
			r.SetBasicAuth("your_app_key", secret)
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Body = io.NopCloser(strings.NewReader("grant_type=client_credentials"))
		})
		return code == http.StatusOK
	}
	fresh := fieldOf(out, "client_secret")
	eventually(t, "the new secret works", func() bool { return works(fresh) })
	if !works("your_app_secret") {
		t.Error("the old secret does not work in the overlap")
	}
	dev.clock.advance(3 * time.Hour)
	if works("your_app_secret") || !works(fresh) {
		t.Error("after the overlap, the old secret works or the new one does not")
	}
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return line
		}
	}
	return ""
}

// Secrets are shown once, and never kept in the audit trail (F12).
func TestF12_SecretsAreShownOnce(t *testing.T) {
	dev := startDev(t, t.TempDir())
	id, secret := dev.newKey("--name", "Once")
	secrets := []string{secret, fieldOf(dev.cli("apikey", "rotate", id), "secret")}
	out := dev.cli("client", "create", "--name", "Partner", "--company", "Partner Ltd", "--website", "https://partner.example",
		"--contact", "dev@partner.example", "--grant", "client_credentials", "--scope", "read")
	client := fieldOf(out, "client_id")
	secrets = append(secrets, fieldOf(out, "client_secret"), fieldOf(dev.cli("client", "rotate-secret", client), "client_secret"))
	eventually(t, "the key works", dev.works(id, secrets[1]))
	dev.exchange("my_id", "my_secret")
	dev.exchange("my_id", "not my_secret")
	secrets = append(secrets, "my_secret", "your-client-secret", "correct horse battery staple")

	for _, args := range [][]string{
		{"audit", "list", "--limit", "1000"}, {"audit", "list", "--json", "--limit", "1000"},
		{"apikey", "list"}, {"apikey", "list", "--json"}, {"client", "list"}, {"client", "list", "--json"},
	} {
		shown := dev.cli(args...)
		if !strings.Contains(shown, id) && !strings.Contains(shown, client) {
			t.Errorf("%q shows neither the key nor the client", args)
		}
		for _, s := range secrets {
			if s == "" || strings.Contains(shown, s) || strings.Contains(shown, "hmac-sha256:") || strings.Contains(shown, "$argon2") {
				t.Errorf("%q shows a secret", args)
			}
		}
	}
}

func TestPE_6_OnboardingADeveloper(t *testing.T) {
	dev := startDev(t, t.TempDir())
	flags := map[string]string{
		"--company": "Example Till", "--website": "https://till.example", "--contact": "dev@till.example",
	}
	args := func(without string) []string {
		out := []string{"client", "create", "--data", dev.data, "--name", "Till", "--dialect", "powerepos",
			"--grant", "password", "--scope", "partnerservices"}
		for flag, value := range flags {
			if flag != without {
				out = append(out, flag, value)
			}
		}
		return out
	}
	for flag := range flags {
		dev.refused(exitUsage, []string{"missing flags", flag}, args(flag)...)
	}
	out := dev.must(args("")...)
	id, secret := fieldOf(out, "client_id"), fieldOf(out, "client_secret")
	if !strings.Contains(out, "not shown again") {
		t.Errorf("it is not said that the secret is shown once:\n%s", out)
	}
	eventually(t, "the new client works", func() bool {
		code, _ := dev.status(http.MethodPost, "/authorisation/token", func(r *http.Request) {
			r.Header.Set("Content-Type", formType)
			r.Body = io.NopCloser(strings.NewReader("grant_type=password&client_id=" + id + "&client_secret=" + secret +
				"&org_id=EPOS-DEMO&username=svc-demo&password=svc-demo-password&scope=partnerservices"))
		})
		return code == http.StatusOK
	})
}
