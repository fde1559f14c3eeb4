package authn_test

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/authn"
	"claviger/internal/core"
	"claviger/internal/secret"
	"claviger/internal/store"
	"claviger/oauth"
)

func TestE01_NothingThatTheBrowserBroughtIsTakenOver(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		user, attacker := n.person(anna), n.person("mallory@example.com")

		b := newBrowser(home)
		planted := secret.FormatToken(secret.Session, "0123456789abcdefghjkmnpqrs", strings.Repeat("a", 32))
		b.cookies[authn.CookieSession] = &http.Cookie{Name: authn.CookieSession, Value: planted}
		if n.of(b) != "" {
			t.Error("a session of nobody's making is taken")
		}
		first := n.signIn(b, user)
		if got := b.cookies[authn.CookieSession].Value; got == planted || first.Session.ID == "ses_0123456789abcdefghjkmnpqrs" {
			t.Error("the planted session became the real one")
		}

		// The attacker's own live session in the victim's browser.
		mallory := newBrowser(away)
		n.signIn(mallory, attacker)
		victim := newBrowser(home)
		victim.cookies[authn.CookieSession] = mallory.cookies[authn.CookieSession]
		n.signIn(victim, user)
		if n.of(mallory) != "" || n.of(victim) == "" {
			t.Errorf("the attacker is signed in as %q, the victim as %q", n.of(mallory), n.of(victim))
		}
	})
}

func TestE01_TheSecretChangesAtSignInAndStepUp(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		user, b := n.person(anna), newBrowser(home)
		id := n.signIn(b, user).Session.ID
		for _, event := range []core.EventType{core.SignedIn, core.SteppedUp} {
			old := newBrowser(home)
			old.cookies[authn.CookieSession] = b.cookies[authn.CookieSession]
			if n.of(old) != id {
				t.Fatal("not signed in")
			}
			if again := n.start(b, user, event, core.AMROneTimeCode).Session; again.ID != id {
				t.Errorf("%s: the sid changed from %s to %s", event, id, again.ID)
			}
			if n.of(old) != "" || n.of(b) != id {
				t.Errorf("%s: the old secret works, or the new one does not", event)
			}
		}
	})
}

func TestE11_TwoFactorsAreOnesProvedTogether(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	is := func(what string, session *core.Session, acr, amr string) {
		t.Helper()
		if got := strings.Join(session.AMR, " "); session.ACR != acr || got != amr {
			t.Errorf("%s: acr %s amr %s, want %s %s", what, session.ACR, got, acr, amr)
		}
	}
	is("password", n.signIn(b, user).Session, core.ACRPassword, "pwd")
	is("step-up", n.start(b, user, core.SteppedUp, "otp", "sms").Session, core.ACRTwoFactors, "pwd otp sms mfa")
	is("password again", n.signIn(b, user).Session, core.ACRPassword, "pwd")
	is("a step-up of nobody", n.start(newBrowser(home), user, core.SteppedUp, "otp").Session, core.ACRPassword, "otp")
	other := n.person("other@example.com")
	is("a step-up over somebody else's", n.start(b, other, core.SteppedUp, "otp").Session, core.ACRPassword, "otp")
}

func TestTwoTabsThatSignInAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n, other := open(), open()
		user, b := n.person(anna), newBrowser(home)
		n.signIn(b, user)
		tabs := make([]*browser, 8)
		var group sync.WaitGroup
		for i := range tabs {
			tabs[i] = newBrowser(home)
			tabs[i].cookies[authn.CookieSession] = b.cookies[authn.CookieSession]
			group.Go(func() { []*node{n, other}[i%2].signIn(tabs[i], user) })
		}
		group.Wait()
		for i, tab := range tabs {
			if n.of(tab) == "" {
				t.Errorf("tab %d is not signed in", i)
			}
		}
	})
}

func TestE19_DeadOnEveryNodeAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n, other := open(), open()
		user := n.person(anna)
		here, there, third := newBrowser(home), newBrowser(away), newBrowser(away)
		kept := n.signIn(here, user)
		n.signIn(there, user)
		n.signIn(third, user)
		alive := func(want ...bool) {
			t.Helper()
			for i, b := range []*browser{here, there, third} {
				if (n.of(b) != "") != want[i] || (other.of(b) != "") != want[i] {
					t.Errorf("browser %d: here %q, on the other node %q", i, n.of(b), other.of(b))
				}
			}
		}
		alive(true, true, true)
		ended, err := n.Sessions.Of(third.request())
		if err != nil {
			t.Fatal(err)
		}
		if err := other.Sessions.End(from(away), ended.Session, "signed out", core.Event{}); err != nil {
			t.Fatal(err)
		}
		alive(true, true, false)
		if err := n.SetPassword(from(home), kept, "another "+password, core.PasswordChanged); err != nil {
			t.Fatal(err)
		}
		alive(true, false, false)
		refused(t, "the old password", n.try(here, anna, password), oauth.ReasonUserCredentials)
		if err := n.try(here, anna, "another "+password); err != nil {
			t.Errorf("the new password: %v", err)
		}
		if list, _ := n.store.SessionsOf(t.Context(), user.ID, n.clock.Now()); len(list) != 1 {
			t.Errorf("%d sessions are listed", len(list))
		}
		err = n.store.Write(t.Context(), func(tx *store.Tx) error {
			return other.Sessions.EndAll(tx, user.ID, "disabled", "", core.Event{})
		})
		if err != nil {
			t.Fatal(err)
		}
		alive(false, false, false)
		refused(t, "a password set from a dead session", n.SetPassword(from(away), kept, "third "+password, core.PasswordChanged), oauth.ReasonUserCredentials)
	})
}

func TestE19_NobodyStaysSignedInWhoIsStopped(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n, other := open(), open()
		user, b := n.person(anna), newBrowser(home)
		n.signIn(b, user)
		stopped := *user
		stopped.Status = core.Suspended
		n.write(func(tx *store.Tx) error { return tx.PutUser(&stopped) })
		if n.of(b) != "" {
			t.Error("signed in though suspended")
		}
		eventually(t, "signed out on the other node", func() bool { return other.of(b) == "" })
		_, err := n.Sessions.Start(httptest.NewRecorder(), b.request(), user, authn.Proof{AMR: []string{"pwd"}}, core.SignedIn)
		refused(t, "a sign-in that was proved before", err, oauth.ReasonUserCredentials)
	})
}

func TestSessionsExpire(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	n.signIn(b, user)
	n.clock.advance(12*time.Hour - time.Second)
	signedIn, err := n.Sessions.Of(b.request())
	if err != nil || signedIn == nil {
		t.Fatalf("%v, %v", signedIn, err)
	}
	if again, _ := n.store.Session(t.Context(), signedIn.Session.ID); !again.SeenAt.Equal(n.clock.Now()) {
		t.Errorf("seen at %v", again.SeenAt)
	}
	n.clock.advance(time.Second)
	if n.of(b) != "" {
		t.Error("alive past its end")
	}
}

// What was granted in a session ends with it, unless it was asked for to stay, or is
// a company's; clients that want to know are told, once.
func TestWhatEndsWithASession(t *testing.T) {
	engines(t, func(t *testing.T, open func() *node) {
		n := open()
		user, b := n.person(anna), newBrowser(home)
		session := n.signIn(b, user).Session
		grant := func(id string, change func(*core.Grant)) *core.Grant {
			g := &core.Grant{ID: id, ClientID: "web", UserID: user.ID, SessionID: session.ID, Scope: oauth.Scope{"openid"}, ExpiresAt: n.clock.Now().Add(time.Hour)}
			change(g)
			return g
		}
		grants := map[*core.Grant]bool{
			grant("gnt_1", func(*core.Grant) {}):                                                                     false,
			grant("gnt_2", func(g *core.Grant) { g.Scope = oauth.Scope{"openid", "offline_access"} }):                true,
			grant("gnt_3", func(g *core.Grant) { g.OrganisationID, g.AccountID, g.ConsentID = "org", "acc", "con" }): true,
			grant("gnt_4", func(g *core.Grant) { g.ConsentID = "con" }):                                              false,
			grant("gnt_5", func(g *core.Grant) { g.SessionID = "ses_other" }):                                        true,
		}
		n.write(func(tx *store.Tx) error {
			for g := range grants {
				if err := tx.InsertGrant(g); err != nil {
					return err
				}
			}
			for _, c := range []*core.Client{{ID: "web", Browser: core.Browser{LogoutURI: "https://web.example/logout"}}, {ID: "quiet"}} {
				c.Status, c.Kind = core.Active, core.Public
				if err := tx.PutClient(c); err != nil {
					return err
				}
			}
			for _, id := range []string{"web", "quiet", "gone"} {
				if err := tx.AddSessionClient(session.ID, id); err != nil {
					return err
				}
			}
			return nil
		})
		for range 2 {
			if err := n.Sessions.End(from(home), session, "signed out", core.Event{Type: core.Logout, ClientID: "web"}); err != nil {
				t.Fatal(err)
			}
		}
		for g, alive := range grants {
			if got, err := n.store.Grant(t.Context(), g.ID); err != nil || got.EndedAt.IsZero() != alive {
				t.Errorf("%s: ended at %v, %v", g.ID, got.EndedAt, err)
			}
		}
		if sent := n.sent(); len(sent) != 1 || sent[0] != "logout: web|"+user.ID+"|"+session.ID {
			t.Errorf("told: %v", sent)
		}
		events, err := n.store.Events(t.Context(), store.EventFilter{Type: core.Logout})
		if err != nil || len(events) != 1 || events[0].SubjectID != user.ID || events[0].Target != "session/"+session.ID || events[0].IP != home {
			t.Errorf("recorded: %+v, %v", events, err)
		}
	})
}

func TestE23_Cookies(t *testing.T) {
	n := alone(t)
	user, b := n.person(anna), newBrowser(home)
	b.binding(n)
	n.signIn(b, user)
	if len(b.cookies) != 3 {
		t.Errorf("%d cookies", len(b.cookies))
	}
	for name, c := range b.cookies {
		if !strings.HasPrefix(name, "__Host-") || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("%s", c.Raw)
		}
		if strings.Contains(c.Value, user.ID) || strings.Contains(c.Value, anna) {
			t.Errorf("%s tells who it is for", name)
		}
	}
	if age := b.cookies[authn.CookieSession].MaxAge; age <= 0 || age > 12*3600 {
		t.Errorf("the session cookie is kept for %d s", age)
	}
	two := b.request()
	two.Header.Add("Cookie", authn.CookieSession+"=other")
	if signedIn, err := n.Sessions.Of(two); signedIn != nil || err != nil {
		t.Errorf("of two session cookies one was chosen: %v", err)
	}
	w := httptest.NewRecorder()
	n.Sessions.Forget(w)
	if b.take(w); b.cookies[authn.CookieSession] != nil || !regexp.MustCompile("__Host-.*Secure").MatchString(w.Header().Get("Set-Cookie")) {
		t.Errorf("not forgotten: %v", w.Header())
	}
}

func TestTheBrowserCookieIsMadeOnce(t *testing.T) {
	n := alone(t)
	b := newBrowser(home)
	b.cookies[authn.CookieBrowser] = &http.Cookie{Name: authn.CookieBrowser, Value: "planted"}
	w, r := httptest.NewRecorder(), b.request()
	first := n.Sessions.Browser(w, r)
	if again := n.Sessions.Browser(w, r); again != first || len(w.Result().Cookies()) != 1 || first == "planted" {
		t.Errorf("%q, then %q", first, again)
	}
	b.take(w)
	if later := n.Sessions.Browser(httptest.NewRecorder(), b.request()); later != first {
		t.Errorf("%q, then %q", first, later)
	}
}
