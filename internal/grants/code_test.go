package grants_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

// verifier and challenge are the example of RFC 7636 Appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

const user = "user@centrapay.example"

// newSite makes a client that people sign in at.
func newSite(t *testing.T, h *servertest.Harness, adjust ...func(*admin.NewClient)) *party {
	t.Helper()
	return newParty(t, h, append([]func(*admin.NewClient){func(c *admin.NewClient) {
		c.OrganisationID = ""
		c.GrantTypes = []string{"authorization_code", "refresh_token"}
		c.Scopes = []string{"openid", "profile", "email", "phone", "address", "offline_access", "read"}
		c.RedirectURIs = []string{servertest.RedirectURI}
	}}, adjust...)...)
}

func public(c *admin.NewClient) { c.Kind = core.Public }

// code makes a code with a challenge.
func (p *party) code(t *testing.T, change ...func(*servertest.CodeOptions)) string {
	t.Helper()
	o := servertest.CodeOptions{Client: p.id, Email: user, Challenge: challenge, Nonce: "n-0S6_WzA2Mj"}
	for _, c := range change {
		c(&o)
	}
	return p.h.Code(o)
}

func scope(text string) func(*servertest.CodeOptions) {
	return func(o *servertest.CodeOptions) { o.Scope = text }
}

// redeem sends a code as a client should, with changes: an empty value leaves a
// parameter out.
func (p *party) redeem(t *testing.T, code string, changes ...string) answer {
	t.Helper()
	form := values("grant_type", "authorization_code", "code", code, "redirect_uri", servertest.RedirectURI, "code_verifier", verifier)
	if p.secret == "" {
		form.Set("client_id", p.id)
	}
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
	}
	return read(t, p.post(t, "/oauth2/token", form))
}

func TestSD_5_ACodeBecomesTokensOnce(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newSite(t, h)
		code := p.code(t)
		h.Clock.Advance(59 * time.Second)
		a := p.redeem(t, code, "scope", "read admin") // RFC 6749 §4.1.3 knows no scope here
		wantTokens(t, a)
		if a.Scope != "openid profile email phone address offline_access read" || a.RefreshToken == "" || a.ExpiresIn != 3600 {
			t.Errorf("got %+v", a)
		}
		if claims := claimsOf(t, a.AccessToken); claims["sub"] != h.Person(user).ID || claims["subject_type"] != "person" {
			t.Errorf("claims %v", claims)
		}
		events, err := h.Store.Events(t.Context(), store.EventFilter{Type: core.TokenIssued, ClientID: p.id, Limit: 9})
		if err != nil || len(events) != 1 || events[0].GrantType != "authorization_code" || events[0].GrantID == "" {
			t.Errorf("F12: records %+v, %v", events, err)
		}
	})
}

func TestB05_ACodeLivesAMinute(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	for _, age := range []time.Duration{time.Minute, 61 * time.Second, time.Hour} {
		code := p.code(t)
		h.Clock.Advance(age)
		wantRefused(t, p.redeem(t, code), 400, "invalid_grant")
	}
}

func TestB04_ACodeIsBoundToWhatItWasAskedFor(t *testing.T) {
	h := servertest.New(t)
	p, other := newSite(t, h), newSite(t, h)
	code := p.code(t)
	wantRefused(t, other.redeem(t, code), 400, "invalid_grant")
	for name, redirect := range map[string]string{
		"another": "https://evil.example/callback", "a longer one": servertest.RedirectURI + "/x", "none": "",
		"another case": strings.ToUpper(servertest.RedirectURI), "a query": servertest.RedirectURI + "?x=1",
	} {
		a := p.redeem(t, code, "redirect_uri", redirect)
		if a.Status != 400 || a.Error != "invalid_grant" {
			t.Errorf("redirect_uri %s: %d %s", name, a.Status, a.Error)
		}
	}
	wantRefused(t, p.redeem(t, code+"x"), 400, "invalid_grant")
	last := map[bool]string{true: "y", false: "x"}[strings.HasSuffix(code, "x")]
	wantRefused(t, p.redeem(t, code[:len(code)-1]+last), 400, "invalid_grant")
	wantRefused(t, p.redeem(t, ""), 400, "invalid_request")
	wantTokens(t, p.redeem(t, code)) // none of them used it up
}

func TestACodeWithoutRedirectURI(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	without := func(o *servertest.CodeOptions) { o.NoRedirect = true }
	wantRefused(t, p.redeem(t, p.code(t, without), "redirect_uri", "https://evil.example/"), 400, "invalid_grant")
	wantTokens(t, p.redeem(t, p.code(t, without), "redirect_uri", ""))
	wantTokens(t, p.redeem(t, p.code(t, without))) // the only one there is
}

func TestA13_TheChallengeCannotBeDropped(t *testing.T) {
	h := servertest.New(t)
	confidential, site := newSite(t, h), newSite(t, h, public)
	bare := func(o *servertest.CodeOptions) { o.Challenge = "" }
	for name, a := range map[string]answer{
		"verifier left out":                    confidential.redeem(t, confidential.code(t), "code_verifier", ""),
		"verifier left out by a public client": site.redeem(t, site.code(t), "code_verifier", ""),
		"verifier for a code without":          confidential.redeem(t, confidential.code(t, bare)),
		"a public client with neither":         site.redeem(t, site.code(t, bare), "code_verifier", ""),
	} {
		if a.Status != 400 || a.Error != "invalid_grant" || a.AccessToken != "" {
			t.Errorf("%s: %d %s", name, a.Status, a.Error)
		}
	}
	wantTokens(t, site.redeem(t, site.code(t)))
	wantTokens(t, confidential.redeem(t, confidential.code(t, bare), "code_verifier", "")) // registered without PKCE
}

func TestA14_TheVerifierIsExact(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h, public)
	code := p.code(t)
	short, long := strings.Repeat("a", 42), strings.Repeat("a", 129)
	for name, wrong := range map[string]string{
		"another": strings.Repeat("a", 43), "the challenge itself": challenge, "one more": verifier + "A",
		"one less": verifier[:42], "a space": verifier + " ", "a NUL": verifier + "\x00",
	} {
		if a := p.redeem(t, code, "code_verifier", wrong); a.Status != 400 || a.Error != "invalid_grant" {
			t.Errorf("verifier %s: %d %s", name, a.Status, a.Error)
		}
	}
	for _, odd := range []string{short, long, strings.Repeat("a", 42) + "\x00", strings.Repeat("é", 22)} { // RFC 7636 §4.1
		sum := sha256.Sum256([]byte(odd))
		ofOdd := func(o *servertest.CodeOptions) { o.Challenge = base64.RawURLEncoding.EncodeToString(sum[:]) }
		if a := p.redeem(t, p.code(t, ofOdd), "code_verifier", odd); a.Status != 400 || a.Error != "invalid_grant" {
			t.Errorf("a verifier of %d bytes outside the grammar: %d %s", len(odd), a.Status, a.Error)
		}
	}
	wantTokens(t, p.redeem(t, code))
}

func TestB18_CodesAreForClientsWithTheGrantType(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	code := p.code(t)
	for _, odd := range []string{"Authorization_Code", "authorization_code ", "code", "implicit", "hybrid"} {
		wantRefused(t, p.redeem(t, code, "grant_type", odd), 400, "unsupported_grant_type")
	}
	change(t, h, p.id, func(c *core.Client) { c.GrantTypes = []string{"refresh_token"} })
	wantRefused(t, p.redeem(t, code), 400, "unauthorized_client")
}

func TestB20_ACodeNeedsItsClient(t *testing.T) {
	h := servertest.New(t)
	p, site := newSite(t, h), newSite(t, h, public)
	code := p.code(t)
	nobody := &party{h: h, id: p.id}
	wantRefused(t, nobody.redeem(t, code), 401, "invalid_client") // confidential, without its secret
	wantRefused(t, (&party{h: h, id: p.id, secret: "wrong"}).redeem(t, code), 401, "invalid_client")
	wantRefused(t, (&party{h: h, id: "unknown"}).redeem(t, code), 401, "invalid_client")
	wantRefused(t, (&party{h: h, id: site.id, secret: "made up"}).redeem(t, site.code(t)), 401, "invalid_client")
	wantTokens(t, p.redeem(t, code))
}

// change changes a client's registration.
func change(t *testing.T, h *servertest.Harness, clientID string, how func(*core.Client)) {
	t.Helper()
	err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
		client, err := tx.Client(clientID)
		if err != nil {
			return err
		}
		changed := *client
		how(&changed)
		return tx.PutClient(&changed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestD05_WhatStopsACode: between the approval and the token request, the ground
// of the approval goes.
func TestD05_WhatStopsACode(t *testing.T) {
	for name, stop := range map[string]func(t *testing.T, h *servertest.Harness, p *party, s *core.Session){
		"the person signed out": func(t *testing.T, h *servertest.Harness, _ *party, s *core.Session) {
			write(t, h, func(tx *store.Tx) error { _, err := tx.EndSession(s.ID, h.Clock.Now(), "logout"); return err })
		},
		"the person is disabled": func(t *testing.T, h *servertest.Harness, _ *party, _ *core.Session) {
			write(t, h, func(tx *store.Tx) error {
				changed := *h.Person(user)
				changed.Status = core.Disabled
				return tx.PutUser(&changed)
			})
		},
		"the consent is revoked": func(t *testing.T, h *servertest.Harness, p *party, _ *core.Session) {
			account, err := h.Store.Account(t.Context(), "Jaim1Cu1Q55uooxSens6yk")
			if err != nil {
				t.Fatal(err)
			}
			consent, err := h.Store.Connection(t.Context(), p.id, account)
			if err != nil {
				t.Fatal(err)
			}
			write(t, h, func(tx *store.Tx) error { _, err := tx.RevokeConsent(consent.ID, h.Clock.Now()); return err })
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := servertest.New(t)
			p, session := newSite(t, h), h.Session(user)
			code := p.code(t, func(o *servertest.CodeOptions) { o.Session, o.Account = session, "Jaim1Cu1Q55uooxSens6yk" })
			stop(t, h, p, session)
			a := p.redeem(t, code)
			wantRefused(t, a, http.StatusBadRequest, "invalid_grant")
		})
	}
}

func write(t *testing.T, h *servertest.Harness, job func(*store.Tx) error) {
	t.Helper()
	if err := h.Store.Write(t.Context(), job); err != nil {
		t.Fatal(err)
	}
}

func TestD05_ANarrowedRegistrationNarrowsACode(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	code := p.code(t)
	change(t, h, p.id, func(c *core.Client) { c.Scopes = []string{"openid", "read"} })
	if a := p.redeem(t, code); a.Scope != "openid read" || a.RefreshToken != "" {
		t.Errorf("got %+v", a)
	}
}

func TestH10_ATokenRequestFromAnotherOrigin(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h, public, func(c *admin.NewClient) { c.Origins = []string{"https://app.example"} })
	ask := func(origin string) answer {
		form := values("grant_type", "authorization_code", "client_id", p.id, "code", p.code(t),
			"redirect_uri", servertest.RedirectURI, "code_verifier", verifier)
		r := formRequest("/oauth2/token", form)
		r.Header.Set("Origin", origin)
		return read(t, h.Do(r))
	}
	wantTokens(t, ask("https://app.example"))
	wantTokens(t, ask("http://"+servertest.Host)) // a page of the server's own
	for _, origin := range []string{
		"https://evil.example", "https://app.example.evil.example", "http://app.example", "https://app.example:444", "null",
		"http://localhost:8090", // another client's
	} {
		wantRefused(t, ask(origin), 403, "unauthorized_client")
	}
}
