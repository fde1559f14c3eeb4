package authn_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/oauth"
)

func (n *node) factors(t *testing.T) *authn.Factors {
	t.Helper()
	passkeys, err := authn.NewPasskeys("https://id.example.com", "Example")
	if err != nil {
		t.Fatal(err)
	}
	return &authn.Factors{People: n.People, Master: keys.NewMasterKey(rand.Reader), Passkeys: passkeys}
}

// setUp gives somebody who is signed in an app, and returns its secret.
func (n *node) setUp(t *testing.T, f *authn.Factors, b *browser, signedIn *authn.SignedIn) (secret string) {
	t.Helper()
	binding := b.binding(n)
	s, err := f.BeginApp(t.Context(), signedIn.User, binding, false)
	if err != nil {
		t.Fatal(err)
	}
	secret = strings.ReplaceAll(s.Secret, " ", "")
	if _, err := f.ConfirmApp(from(b.ip), b.request(), signedIn, codeOf(t, secret, n.clock.Now()), binding); err != nil {
		t.Fatal(err)
	}
	n.clock.advance(time.Minute)
	return secret
}

func codeOf(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestE18_ACeremonyIsForOneBrowserAndPerson: what one began, no other finishes, and
// nobody twice.
func TestE18_ACeremonyIsForOneBrowserAndPerson(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		f := n.factors(t)
		user, other := n.person(anna), n.person("bob@example.com")
		b, elsewhere := newBrowser(home), newBrowser(away)
		signedIn := n.signIn(b, user)
		stranger := n.signIn(elsewhere, other)
		s, err := f.BeginApp(t.Context(), user, b.binding(n), false)
		if err != nil {
			t.Fatal(err)
		}
		code := codeOf(t, strings.ReplaceAll(s.Secret, " ", ""), n.clock.Now())
		_, err = f.ConfirmApp(from(home), b.request(), signedIn, code, elsewhere.binding(n))
		refused(t, "in another browser", err, oauth.ReasonUserCredentials)
		_, err = f.ConfirmApp(from(home), b.request(), stranger, code, b.binding(n))
		refused(t, "by another person", err, oauth.ReasonUserCredentials)
		if _, err = f.ConfirmApp(from(home), b.request(), signedIn, code, b.binding(n)); err != nil {
			t.Fatal(err)
		}
		_, err = f.ConfirmApp(from(home), b.request(), signedIn, code, b.binding(n))
		refused(t, "twice", err, oauth.ReasonUserCredentials)
		app, err := n.store.AuthenticatorApp(t.Context(), user.ID)
		if err != nil || bytes.Contains(app.Sealed, []byte(strings.ReplaceAll(s.Secret, " ", ""))) {
			t.Errorf("the secret is stored as it is (%v)", err)
		}

		for _, passkeys := range []func() error{
			func() error {
				_, err := f.FinishPasskey(from(home), signedIn, "{}", b.binding(n))
				return err
			},
			func() error {
				_, _, err := f.FinishAssertion(from(home), b.request(), nil, "{}", b.binding(n))
				return err
			},
			func() error {
				_, _, err := f.FinishAssertion(from(home), b.request(), user, `{"id":"x"}`, b.binding(n))
				return err
			},
		} {
			refused(t, "a passkey that nobody asked for", passkeys(), oauth.ReasonUserCredentials)
		}
		if _, err := f.BeginAssertion(t.Context(), nil, b.binding(n)); err != nil {
			t.Fatal(err)
		}
		n.clock.advance(core.ChallengeLifetime)
		_, _, err = f.FinishAssertion(from(home), b.request(), nil, "{}", b.binding(n))
		refused(t, "too late", err, oauth.ReasonUserCredentials)
	})
}

// TestE11_StartIsThePlace: no caller of it signs somebody with a second factor in
// without one, until the operator took their factors away.
func TestE11_StartIsThePlace(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		f := n.factors(t)
		user := n.person(anna)
		b := newBrowser(home)
		signedIn := n.signIn(b, user)
		secret := n.setUp(t, f, b, signedIn)
		for _, amr := range [][]string{{core.AMRPassword}, {core.AMROneTimeCode}, {core.AMRPassword, core.AMROneTimeCode}, nil} {
			for _, event := range []core.EventType{core.SignedIn, core.SteppedUp} {
				r := newBrowser(away).request()
				if _, err := n.Sessions.Start(httptest.NewRecorder(), r, user, authn.Proof{AMR: amr}, event); !errors.Is(err, authn.ErrSecondFactor) {
					t.Errorf("%s with %v: %v", event, amr, err)
				}
			}
		}
		proof, err := f.AppCode(from(home), b.request(), user, codeOf(t, secret, n.clock.Now()))
		if err != nil {
			t.Fatal(err)
		}
		proof.AMR = append(proof.AMR, core.AMRPassword)
		started, err := n.Sessions.Start(httptest.NewRecorder(), newBrowser(away).request(), user, proof, core.SignedIn)
		if err != nil || started.Session.ACR != core.ACRTwoFactors {
			t.Fatalf("with the factor: %v", err)
		}

		// In a browser that is remembered the password is enough, and nothing else is.
		n.clock.advance(time.Minute)
		if proof, err = f.AppCode(from(home), b.request(), user, codeOf(t, secret, n.clock.Now())); err != nil {
			t.Fatal(err)
		}
		proof.Remember = true
		mine, w := newBrowser(away), httptest.NewRecorder()
		if _, err := n.Sessions.Start(w, mine.request(), user, proof, core.SignedIn); err != nil {
			t.Fatal(err)
		}
		mine.take(w)
		for _, try := range []struct {
			method string
			event  core.EventType
			want   error
		}{
			{core.AMRPassword, core.SignedIn, nil}, {core.AMROneTimeCode, core.SignedIn, authn.ErrSecondFactor},
			{core.AMRPassword, core.SteppedUp, authn.ErrSecondFactor},
		} {
			_, err := n.Sessions.Start(httptest.NewRecorder(), mine.request(), user, authn.Proof{AMR: []string{try.method}}, try.event)
			if !errors.Is(err, try.want) {
				t.Errorf("in a remembered browser, %s by %s: %v", try.event, try.method, err)
			}
		}

		if err := f.Reset(t.Context(), user.ID, core.Event{Detail: "by the operator"}); err != nil {
			t.Fatal(err)
		}
		if n.of(b) != "" {
			t.Error("a session outlives the reset")
		}
		n.signIn(newBrowser(home), user)
		if sent := n.sent(); !strings.Contains(sent[len(sent)-1], "message.factors_reset") {
			t.Errorf("the person was told %q", sent)
		}
	})
}

// TestPasskeysOfAHost: a host that is an address has none.
func TestPasskeysOfAHost(t *testing.T) {
	for issuer, want := range map[string]bool{
		"https://id.example.com": true, "http://localhost:8080": true, "http://127.0.0.1:8080": false, "https://[2001:db8::1]": false,
	} {
		passkeys, err := authn.NewPasskeys(issuer, "Example")
		if err != nil || (passkeys != nil) != want {
			t.Errorf("%s: %v, %v", issuer, passkeys, err)
		}
	}
}
