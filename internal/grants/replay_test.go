package grants_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
)

// userInfo asks who the token is about, and returns the status.
func userInfo(h *servertest.Harness, token string) int {
	r := httptest.NewRequest(http.MethodGet, "/oauth2/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return h.Do(r).StatusCode
}

func replays(t *testing.T, h *servertest.Harness) int {
	t.Helper()
	events, err := h.Store.Events(t.Context(), store.EventFilter{Type: core.CodeReplayed, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	return len(events)
}

func TestB01_AReplayedCodeEndsWhatCameFromIt(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newSite(t, h)
		for name, wait := range map[string]time.Duration{"at once": 0, "long after it expired": 10 * time.Minute} {
			before := replays(t, h)
			code := p.code(t)
			first := p.redeem(t, code)
			wantTokens(t, first)
			second := p.refresh(t, first.RefreshToken)
			wantTokens(t, second)
			h.Clock.Advance(wait)
			wantRefused(t, p.redeem(t, code), 400, "invalid_grant")
			for _, token := range []string{first.AccessToken, second.AccessToken, second.RefreshToken} {
				if p.active(t, token) {
					t.Errorf("%s: a token of the replayed code is active", name)
				}
			}
			if got := userInfo(h, first.AccessToken); got != http.StatusUnauthorized {
				t.Errorf("%s: userinfo answers %d", name, got)
			}
			wantRefused(t, p.refresh(t, second.RefreshToken), 400, "invalid_grant")
			wantRefused(t, p.on(open()).redeem(t, code), 400, "invalid_grant")
			if got := replays(t, h) - before; got != 1 {
				t.Errorf("%s: %d records of the replay, want 1", name, got)
			}
		}
	})
}

func TestB01_ACodeWithoutRefreshTokenIsEndedToo(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	code := p.code(t, scope("openid read"))
	a := p.redeem(t, code)
	if a.RefreshToken != "" {
		t.Error("a refresh token that nobody asked for")
	}
	wantRefused(t, p.redeem(t, code), 400, "invalid_grant")
	if p.active(t, a.AccessToken) {
		t.Error("the access token outlives the replay")
	}
}

func TestB01_AnotherClientsReplayEndsNothing(t *testing.T) {
	h := servertest.New(t)
	p, thief := newSite(t, h), newSite(t, h)
	code := p.code(t)
	a := p.redeem(t, code)
	wantRefused(t, thief.redeem(t, code), 400, "invalid_grant")
	wantRefused(t, (&party{h: h, id: p.id, secret: "wrong"}).redeem(t, code), 401, "invalid_client")
	wantRefused(t, p.redeem(t, code[:len(code)-39]+"0123456789abcdefghjkmnpqrstvwxyz0123456"), 400, "invalid_grant")
	if !p.active(t, a.AccessToken) || replays(t, h) != 0 {
		t.Error("somebody who does not have the code ended what came from it")
	}
}

// TestB13_SigningOutRacesARedemption: whichever comes first, no token outlives the
// session.
func TestB13_SigningOutRacesARedemption(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newSite(t, h)
		other := open()
		for range 10 {
			session := h.Session(user)
			code := p.code(t, scope("openid read"), func(o *servertest.CodeOptions) { o.Session = session })
			var a answer
			var group sync.WaitGroup
			group.Go(func() { a = p.redeem(t, code) })
			group.Go(func() { signOut(t, other, session) })
			group.Wait()
			if a.Status == http.StatusOK && p.active(t, a.AccessToken) {
				t.Error("a token is alive although the person has signed out")
			}
		}
	})
}

// signOut ends a session and what was granted in it.
func signOut(t *testing.T, h *servertest.Harness, session *core.Session) {
	t.Helper()
	write(t, h, func(tx *store.Tx) error {
		now := h.Clock.Now()
		if _, err := tx.EndSession(session.ID, now, "logout"); err != nil {
			return err
		}
		grants, err := tx.GrantsOfSession(session.ID)
		if err != nil {
			return err
		}
		for _, g := range grants {
			if _, err := tx.EndGrant(g.ID, now, "logout", g.ExpiresAt); err != nil {
				return err
			}
		}
		return nil
	})
}

func TestB02_ParallelRedemptionsHaveOneWinner(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		const callers = 50
		one := open()
		p := newSite(t, one)
		other := p.on(open())
		code := p.code(t)
		answers := make([]answer, callers)
		var group sync.WaitGroup
		for i := range callers {
			node := p
			if i%2 == 1 {
				node = other
			}
			group.Go(func() { answers[i] = node.redeem(t, code) })
		}
		group.Wait()
		var won []answer
		for _, a := range answers {
			if a.Status == http.StatusOK {
				won = append(won, a)
			} else if a.Error != "invalid_grant" {
				t.Errorf("a loser got %d %q", a.Status, a.Error)
			}
		}
		if len(won) != 1 {
			t.Fatalf("%d of %d parallel redemptions won, want 1", len(won), callers)
		}
		if p.active(t, won[0].AccessToken) { // the others were replays
			t.Error("the winner's tokens survive the replays")
		}
	})
}
