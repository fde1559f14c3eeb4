package main

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// form asks a token endpoint for tokens.
func (s *devServer) form(path, contentType, body string) string {
	s.t.Helper()
	code, answer := s.status(http.MethodPost, path, func(r *http.Request) {
		r.Header.Set("Content-Type", contentType)
		r.Body = io.NopCloser(strings.NewReader(body))
	})
	if code != http.StatusOK {
		s.t.Fatalf("%s: %d %s", path, code, answer)
	}
	return answer
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
	eposForm = "grant_type=password&client_id=epos-partner&client_secret=epos-partner-secret&org_id=EPOS-DEMO" +
		"&username=svc-demo&password=svc-demo-password&scope=partnerservices+offline_access"
	jpayJSON = `{"app_key":"your_app_key","app_secret":"your_app_secret"}`
)

// inspects inspects a token and wants texts in the answer, and the token not.
func (s *devServer) inspects(token string, wants ...string) {
	s.t.Helper()
	s.stdin = token
	out := s.cli("token", "inspect", "-")
	for _, want := range wants {
		if !strings.Contains(out, want) {
			s.t.Errorf("inspecting does not say %q:\n%s", want, out)
		}
	}
	// The last part is what makes a token work: a signature, or a secret. Parts are
	// divided by dots; base64url has underscores within them (RFC 7515 §2).
	token = strings.TrimSpace(token)
	secret := token[strings.LastIndex(token, ".")+1:]
	if len(secret) > 8 && strings.Contains(out, secret) {
		s.t.Errorf("inspecting shows the token:\n%s", out)
	}
}

func TestTokenInspectAccessToken(t *testing.T) {
	dev := startDev(t, t.TempDir())
	access := member(dev.form("/authorisation/token", formType, eposForm), "access_token")
	dev.inspects(access, "kind", "access token", `"alg": "ES256"`, `"aud": "partnerservices"`, "signing)", "Alive: it works until")
	dev.inspects("Bearer "+access+"\n", "Alive")
	if out := dev.must("token", "inspect", access, "--data", dev.data); !strings.Contains(out, "Alive") {
		t.Errorf("as an argument:\n%s", out)
	}

	parts := strings.Split(access, ".")
	altered := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + dev.url + `","sub":"\u001b[31m` + "\u202e" + `"}`))
	dev.inspects(parts[0]+"."+altered+"."+parts[2], "Dead: its signature is not right", `\u001b`, `\u202e`)
	unknown := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"ES256","kid":"nobody","typ":"at+jwt"}`))
	dev.inspects(unknown+"."+parts[1]+"."+parts[2], "none of this database", "Dead: none of the signing keys")

	// By a configuration, another issuer's tokens are dead.
	p := newProgram(t, "CLAVIGER_DATA="+dev.data, "CLAVIGER_ISSUER=https://auth.example.com")
	if out := p.must("token", "inspect", access); !strings.Contains(out, "Dead: it was issued as "+dev.url) {
		t.Errorf("under another issuer:\n%s", out)
	}

	dev.cli("client", "disable", "epos-partner")
	dev.inspects(access, "Dead: the client is not active")
	dev.cli("client", "enable", "epos-partner")
	dev.clock.advance(9 * time.Hour)
	dev.inspects(access, "Dead: it expired at")
}

func TestTokenInspectRevoked(t *testing.T) {
	dev := startDev(t, t.TempDir())
	answer := dev.form("/authorisation/token", formType, eposForm)
	access, refresh := member(answer, "access_token"), member(answer, "refresh_token")
	dev.inspects(refresh, "refresh token", "checksum", "right", "epos-partner", "EPOS-DEMO", "partnerservices offline_access", "Alive: it works until")

	next := member(dev.form("/authorisation/token", formType,
		"grant_type=refresh_token&client_id=epos-partner&client_secret=epos-partner-secret&refresh_token="+refresh), "refresh_token")
	dev.inspects(refresh, "Dead: it was used at")
	dev.inspects(next, "Alive")
	dev.cli("client", "disable", "epos-partner")
	dev.inspects(next, "Dead: the client is not active")
	dev.cli("client", "enable", "epos-partner")

	code, _ := dev.status(http.MethodPost, "/oauth2/revoke", func(r *http.Request) {
		r.SetBasicAuth("epos-partner", "epos-partner-secret")
		r.Header.Set("Content-Type", formType)
		r.Body = io.NopCloser(strings.NewReader("token=" + next))
	})
	if code != http.StatusOK {
		t.Fatalf("revocation: %d", code)
	}
	dev.inspects(next, "Dead: the authorization behind it ended at", "(revoked)")
	dev.inspects(access, "Dead: the authorization behind it ended at", "(revoked)")
}

func TestTokenInspectRefreshTokenInJWTForm(t *testing.T) {
	dev := startDev(t, t.TempDir())
	answer := dev.form("/api/v1/auth/app/token", jsonType, jpayJSON)
	refresh := member(answer, "refresh")
	dev.inspects(refresh, "refresh token, a JWT", `"jti": "(credential)"`, "your_app_key", "Alive")
	parts := strings.Split(refresh, ".")
	dev.inspects(parts[0]+"."+parts[1]+"."+strings.ToLower(parts[2]), "Dead: its signature is not right")

	// Under another master key, and so in another installation, it is nothing.
	other := newProgram(t)
	data := t.TempDir()
	other.must("key", "create-master", "--data", data)
	other.stdin = refresh
	if out := other.must("token", "inspect", "-", "--data", data); !strings.Contains(out, "another master key") {
		t.Errorf("in another installation:\n%s", out)
	}
}

func TestTokenInspectCredentials(t *testing.T) {
	dev := startDev(t, t.TempDir())
	_, secret := dev.newKey("--name", "Inspected")
	dev.inspects(secret, "API key", "checksum", "right")
	dev.inspects(secret[:len(secret)-1]+"!", "checksum", "wrong")
	refresh := member(dev.form("/authorisation/token", formType, eposForm), "refresh_token")
	dev.inspects(refresh[:len(refresh)-1]+"!", "refresh token", "checksum", "wrong")
	for _, text := range []string{"hello", "clv_what_ever", "a.b.c", "e30.e30", "Zm9v.Zm9v.Zm9v"} {
		dev.refused(exitFailed, []string{"claviger: this "}, "token", "inspect", text, "--data", dev.data)
	}
	dev.stdin = " \n"
	dev.refused(exitUsage, []string{"no token"}, "token", "inspect", "-", "--data", dev.data)
}
