package server_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/json"

	"claviger/internal/server/servertest"
)

// TestOIDCC_RPInitiatedLogout is oidcc-rp-initiated-logout-certification-test-plan.
func TestOIDCC_RPInitiatedLogout(t *testing.T) {
	t.Run("oidcc-rp-initiated-logout-discovery-endpoint-verification", func(t *testing.T) {
		_, document := discovered(t)
		if document["end_session_endpoint"] != overTLS+"/oauth2/logout" {
			t.Errorf("end_session_endpoint %v", document["end_session_endpoint"])
		}
	})
	runModules(t, "", logoutModules)
}

var logoutModules = []module{
	{"oidcc-rp-initiated-logout", func(p *party) {
		p.signedOut(p.signOut(p.flow()), p.endState())
	}},
	{"oidcc-rp-initiated-logout-bad-post-logout-redirect-uri", func(p *party) {
		p.signOut(p.flow(), "post_logout_redirect_uri", suiteBase+"bad_post_logout_redirect").Problem(http.StatusBadRequest)
	}},
	{"oidcc-rp-initiated-logout-modified-id-token-hint", func(p *party) {
		got := p.flow()
		p.signOut(got, "id_token_hint", unsignedToken(got.id)).Problem(http.StatusBadRequest)
	}},
	{"oidcc-rp-initiated-logout-bad-id-token-hint", func(p *party) {
		got := p.flow()
		p.signOut(got, "id_token_hint", p.forged(got.id)).Problem(http.StatusBadRequest)
	}},
	{"oidcc-rp-initiated-logout-no-id-token-hint", func(p *party) {
		p.flow()
		p.confirms(p.signOut(nil)) // a page with a question, and never back to the client
	}},
	{"oidcc-rp-initiated-logout-no-params", func(p *party) {
		p.flow()
		p.confirms(p.signOut(nil, "post_logout_redirect_uri", "-", "state", "-"))
		p.isOut()
	}},
	{"oidcc-rp-initiated-logout-only-state", func(p *party) {
		p.flow()
		p.confirms(p.signOut(nil, "post_logout_redirect_uri", "-"))
		p.isOut()
	}},
	{"oidcc-rp-initiated-logout-no-post-logout-redirect-uri", func(p *party) {
		p.loggedOut(p.signOut(p.flow(), "post_logout_redirect_uri", "-"))
		p.isOut()
	}},
	{"oidcc-rp-initiated-logout-no-state", func(p *party) {
		p.signedOut(p.signOut(p.flow(), "state", "-"), "")
	}},
	{"oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri", func(p *party) {
		p.signOut(p.flow(), "post_logout_redirect_uri", suiteSignOut+"?foo=bar").Problem(http.StatusBadRequest)
	}},
}

// unsignedToken is an ID token with alg none and without its signature.
func unsignedToken(idToken string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + strings.Split(idToken, ".")[1] + "."
}

// endState is what the suite sends: long, and with whatever may be in it.
func (p *party) endState() string { return strings.Repeat("aZ09-._~ &=+%", 10) }

// signOut sends the browser to the end_session_endpoint; "-" leaves a parameter
// out. With no tokens there is no id_token_hint.
func (p *party) signOut(got *suiteTokens, changes ...string) *servertest.Page {
	p.t.Helper()
	query := url.Values{"post_logout_redirect_uri": {suiteSignOut}, "state": {p.endState()}}
	if got != nil {
		query.Set("id_token_hint", got.id)
	}
	for i := 0; i < len(changes); i += 2 {
		if query.Set(changes[i], changes[i+1]); changes[i+1] == "-" {
			query.Del(changes[i])
		}
	}
	return p.browser.Get("/oauth2/logout?" + query.Encode())
}

// signedOut checks that the browser is back at the client with nothing but the
// state, and that the person is signed out.
func (p *party) signedOut(page *servertest.Page, state string) {
	p.t.Helper()
	if page.Left == nil {
		p.t.Fatalf("%d %s\n%s", page.Status, page.Path, page.Body)
	}
	at, _, _ := strings.Cut(page.Left.String(), "?")
	answer := page.Left.Query()
	if has := answer.Has("state"); at != suiteSignOut || answer.Get("state") != state || has != (state != "") || len(answer) > 1 {
		p.t.Errorf("back at %s", page.Left)
	}
	p.isOut()
}

// isOut checks that the person is signed out: without pages the client gets nothing.
func (p *party) isOut() {
	p.t.Helper()
	p.refused(p.open("prompt", "none", "state", strings.Repeat("s", 128)), needsPages...)
}

// confirms answers the question whether to sign out with yes.
func (p *party) confirms(page *servertest.Page) {
	p.t.Helper()
	if page.Left != nil || page.Status != http.StatusOK {
		p.t.Fatalf("%d, left for %v\n%s", page.Status, page.Left, page.Body)
	}
	p.loggedOut(page.Press("decision", "sign_out"))
}

func (p *party) loggedOut(page *servertest.Page) {
	p.t.Helper()
	if page.Left != nil || page.Status != http.StatusOK || !strings.Contains(page.Body, "You are signed out") {
		p.t.Errorf("%d, left for %v\n%s", page.Status, page.Left, page.Body)
	}
}

// forged is an ID token with the same header and claims, signed with a key that is
// not the server's.
func (p *party) forged(idToken string) string {
	p.t.Helper()
	parsed, err := jose.ParseSignedCompact(idToken, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		p.t.Fatal(err)
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		p.t.Fatal(err)
	}
	options := (&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", parsed.Signatures[0].Protected.KeyID)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, options)
	if err != nil {
		p.t.Fatal(err)
	}
	signed, err := signer.Sign(parsed.UnsafePayloadWithoutVerification())
	if err != nil {
		p.t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

// TestOIDCC_BackChannelLogout is
// oidcc-backchannel-rp-initiated-logout-certification-test-plan.
func TestOIDCC_BackChannelLogout(t *testing.T) {
	t.Run("oidcc-backchannel-logout-discovery-endpoint-verification", func(t *testing.T) {
		_, document := discovered(t)
		if document["backchannel_logout_supported"] != true || document["backchannel_logout_session_supported"] != true ||
			document["end_session_endpoint"] != overTLS+"/oauth2/logout" {
			t.Errorf("%v", document)
		}
	})
	t.Run("oidcc-backchannel-rp-initiated-logout", func(t *testing.T) {
		p := newSuite(t).party(t, "")
		client := &logoutReceiver{t: t}
		p.Outbox.HTTP = &http.Client{Transport: client}
		got := p.flow()
		p.signedOut(p.signOut(got), p.endState())
		if sent, err := p.Outbox.Deliver(t.Context()); sent != 1 || err != nil || len(client.forms) != 1 {
			t.Fatalf("%d sent: %v", sent, err)
		}
		form := client.forms[0]
		if len(form) != 1 || len(form["logout_token"]) != 1 {
			t.Fatalf("form %v", form)
		}
		p.provedLogout(form.Get("logout_token"), got)
	})
}

// provedLogout checks a logout token (OpenID Connect Back-Channel Logout §2.4, §2.6).
func (p *party) provedLogout(token string, got *suiteTokens) {
	p.t.Helper()
	_, claims := p.LogoutToken(p.t, token)
	for claim, want := range map[string]any{"iss": suiteIssuer, "aud": p.id, "sub": got.claims["sub"], "sid": got.claims["sid"]} {
		if want == nil || claims[claim] != want {
			p.t.Errorf("%s: %v, want %v", claim, claims[claim], want)
		}
	}
	issued, _ := claims["iat"].(float64)
	expires, _ := claims["exp"].(float64)
	if at := time.Unix(int64(issued), 0); at.After(p.Clock.Now()) || p.Clock.Now().Sub(at) > 5*time.Minute || expires <= issued {
		p.t.Errorf("iat %v, exp %v", claims["iat"], claims["exp"])
	}
	if id, _ := claims["jti"].(string); id == "" || claims["nonce"] != nil {
		p.t.Errorf("jti %v, nonce %v", claims["jti"], claims["nonce"])
	}
	events, err := json.Marshal(claims["events"])
	if err != nil || string(events) != `{"http://schemas.openid.net/event/backchannel-logout":{}}` {
		p.t.Errorf("events %s", events)
	}
}

// logoutReceiver is a client's backchannel_logout_uri.
type logoutReceiver struct {
	t     *testing.T
	forms []url.Values
}

func (l *logoutReceiver) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" ||
		r.URL.String() != suiteBase+"backchannel_logout" {
		l.t.Errorf("%s %s, %v: %s", r.Method, r.URL, err, body)
	}
	l.forms = append(l.forms, form)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}
