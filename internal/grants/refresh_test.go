package grants_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

// single makes the client's refresh tokens work once, without grace.
func single(h *servertest.Harness) { h.Clock.Advance(time.Minute) }

func TestB09_AnOldRefreshTokenEndsItsFamily(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newParty(t, h)
		first := p.signIn(t, "read offline_access")
		second := p.refresh(t, first.RefreshToken)
		wantTokens(t, second)
		if second.RefreshToken == first.RefreshToken {
			t.Error("the refresh token was not rotated")
		}
		single(h)
		wantRefused(t, p.refresh(t, first.RefreshToken), 400, "invalid_grant")
		wantRefused(t, p.refresh(t, second.RefreshToken), 400, "invalid_grant")
		if p.active(t, second.AccessToken) || p.active(t, second.RefreshToken) {
			t.Error("a token of the ended family is active at introspection")
		}
		wantEvent(t, h, core.TokenReused)
	})
}

func TestB10_ParallelRefreshesHaveOneWinner(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		const callers = 40
		one := open()
		p := newParty(t, one)
		token := p.signIn(t, "read offline_access").RefreshToken
		single(one)
		other := p.on(open())
		grace(t, one, p.id, core.NoGrace)
		answers := make([]answer, callers)
		var group sync.WaitGroup
		for i := range callers {
			node := p
			if i%2 == 1 {
				node = other
			}
			group.Go(func() { answers[i] = node.refresh(t, token) })
		}
		group.Wait()
		won := 0
		for _, a := range answers {
			if a.Status == http.StatusOK {
				won++
			} else if a.Error != "invalid_grant" {
				t.Errorf("a loser got %d %q", a.Status, a.Error)
			}
		}
		if won != 1 {
			t.Errorf("%d of %d parallel refreshes won, want 1", won, callers)
		}
	})
}

// grace sets the time that a client has for a retry.
func grace(t *testing.T, h *servertest.Harness, clientID string, d time.Duration) {
	t.Helper()
	err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
		client, err := tx.Client(clientID)
		if err != nil {
			return err
		}
		changed := *client
		changed.Lifetimes.RefreshGrace = d
		return tx.PutClient(&changed)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRetryWithinGraceGetsTheSameSuccessor(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newParty(t, h)
		first := p.signIn(t, "read offline_access")
		second := p.refresh(t, first.RefreshToken)
		h.Clock.Advance(9 * time.Second)
		retried := p.refresh(t, first.RefreshToken)
		wantTokens(t, retried)
		if retried.RefreshToken != second.RefreshToken {
			t.Error("the retry got another successor")
		}
		third := p.refresh(t, second.RefreshToken)
		wantTokens(t, third)
		wantRefused(t, p.refresh(t, first.RefreshToken), 400, "invalid_grant") // the successor has been used
		wantRefused(t, p.refresh(t, third.RefreshToken), 400, "invalid_grant")
	})
}

func TestB12_ReuseAfterARestart(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newParty(t, h)
		first := p.signIn(t, "read offline_access")
		second := p.refresh(t, first.RefreshToken)
		single(h)
		restarted := p.on(open())
		wantRefused(t, restarted.refresh(t, first.RefreshToken), 400, "invalid_grant")
		wantRefused(t, restarted.refresh(t, second.RefreshToken), 400, "invalid_grant")
	})
}

func TestB13_NothingSurvivesARevocation(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		p := newParty(t, open())
		for range 10 {
			token := p.signIn(t, "read offline_access").RefreshToken
			var refreshed answer
			var group sync.WaitGroup
			group.Go(func() { refreshed = p.refresh(t, token) })
			group.Go(func() { p.post(t, "/oauth2/revoke", values("token", token)) })
			group.Wait()
			// The revocation may have come second and found a used token: then it did
			// nothing, as for any dead token. Revoking what is alive now must end all.
			if refreshed.Status == http.StatusOK {
				p.post(t, "/oauth2/revoke", values("token", refreshed.RefreshToken))
				wantRefused(t, p.refresh(t, refreshed.RefreshToken), 400, "invalid_grant")
				if p.active(t, refreshed.AccessToken) {
					t.Error("an access token survived the revocation")
				}
			}
		}
	})
}

func TestB15_RefreshCannotWiden(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	first := p.signIn(t, "read offline_access")
	wantRefused(t, p.refresh(t, first.RefreshToken, "scope", "read write"), 400, "invalid_scope")
	narrow := p.refresh(t, first.RefreshToken, "scope", "read")
	wantTokens(t, narrow)
	if narrow.Scope != "read" {
		t.Errorf("scope is %q, want the narrower one", narrow.Scope)
	}
	wide := p.refresh(t, narrow.RefreshToken) // RFC 6749 §6: the grant keeps its scope
	if wide.Scope != "read offline_access" {
		t.Errorf("scope is %q, want the grant's", wide.Scope)
	}
	other := newParty(t, h)
	wantRefused(t, other.refresh(t, wide.RefreshToken), 400, "invalid_grant")
	wantTokens(t, p.refresh(t, wide.RefreshToken)) // and the owner is not harmed
}

func TestB16_RefreshAfterSomethingWasStopped(t *testing.T) {
	for name, stop := range map[string]func(tx *store.Tx, p *party, user *core.User) error{
		"user": func(tx *store.Tx, _ *party, user *core.User) error {
			stopped := *user
			stopped.Status = core.Disabled
			return tx.PutUser(&stopped)
		},
		"client": func(tx *store.Tx, p *party, _ *core.User) error {
			client, err := tx.Client(p.id)
			if err != nil {
				return err
			}
			stopped := *client
			stopped.Status = core.Disabled
			return tx.PutClient(&stopped)
		},
		"organisation": func(tx *store.Tx, _ *party, user *core.User) error {
			organisation, err := tx.Organisation(user.OrganisationID)
			if err != nil {
				return err
			}
			stopped := *organisation
			stopped.Status = core.Suspended
			return tx.PutOrganisation(&stopped)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := servertest.New(t)
			p, watcher := newParty(t, h), newParty(t, h, func(c *admin.NewClient) { c.Scopes = []string{"introspect"} })
			first := p.signIn(t, "read offline_access")
			if !watcher.active(t, first.AccessToken) {
				t.Fatal("the token is not active before")
			}
			user := demoUser(t, h)
			if err := h.Store.Write(t.Context(), func(tx *store.Tx) error { return stop(tx, p, user) }); err != nil {
				t.Fatal(err)
			}
			refused := p.refresh(t, first.RefreshToken)
			if refused.Status == http.StatusOK || refused.AccessToken != "" {
				t.Errorf("refreshed after the %s was stopped", name)
			}
			if watcher.active(t, first.AccessToken) {
				t.Errorf("the access token is active after the %s was stopped", name) // ALL-6
			}
		})
	}
}

func demoUser(t *testing.T, h *servertest.Harness) *core.User {
	t.Helper()
	organisation, err := h.Store.OrganisationByCode(t.Context(), "EPOS-DEMO")
	if err != nil {
		t.Fatal(err)
	}
	user, err := h.Store.ServiceAccount(t.Context(), organisation.ID, "svc-demo")
	if err != nil {
		t.Fatal(err)
	}
	return user
}

func TestB16_RefreshAfterTheConsentWasRevoked(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	user := demoUser(t, h)
	consent := &core.Consent{ClientID: p.id, OrganisationID: user.OrganisationID, UserID: user.ID, Scopes: []string{"read"}}
	grant := h.Grant(p.id, user, consent)
	if err := h.Store.Write(t.Context(), func(tx *store.Tx) error {
		_, err := tx.RevokeConsent(consent.ID, h.Clock.Now())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, p.refresh(t, grant.RefreshToken), 400, "invalid_grant")
	if p.active(t, grant.AccessToken) {
		t.Error("the access token outlives the consent")
	}
}

func TestB17_RefreshEndsWithTheGrant(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	token := p.signIn(t, "read offline_access").RefreshToken
	for range 18 { // a year, 20 days at a time
		h.Clock.Advance(20 * 24 * time.Hour)
		next := p.refresh(t, token)
		if next.Status != http.StatusOK {
			t.Fatalf("refused early: %+v", next)
		}
		token = next.RefreshToken
	}
	h.Clock.Advance(6 * 24 * time.Hour)
	wantRefused(t, p.refresh(t, token), 400, "invalid_grant")
}

func TestRefreshTokenExpires(t *testing.T) {
	h := servertest.New(t)
	p := newParty(t, h)
	token := p.signIn(t, "read offline_access").RefreshToken
	h.Clock.Advance(30 * 24 * time.Hour)
	wantRefused(t, p.refresh(t, token), 400, "invalid_grant")
}

func wantEvent(t *testing.T, h *servertest.Harness, kind core.EventType) {
	t.Helper()
	events, err := h.Store.Events(t.Context(), store.EventFilter{Type: kind, Limit: 1})
	if err != nil || len(events) == 0 {
		t.Errorf("no %s in the audit trail (%v)", kind, err)
	}
}
