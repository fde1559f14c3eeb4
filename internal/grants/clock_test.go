package grants_test

import (
	"net/http"
	"testing"
	"time"

	"claviger/internal/server/servertest"
)

// The clocks of two nodes are half a minute apart. What one has given, the other
// takes at once, and neither takes it longer than a minute beyond its time.
func TestR16_ClocksOfNodesApart(t *testing.T) {
	const skew, tolerance = 30 * time.Second, 60 * time.Second
	for name, ahead := range map[string][2]time.Duration{"ours is behind": {0, skew}, "ours is ahead": {skew, 0}} {
		t.Run(name, func(t *testing.T) {
			ours := servertest.NewPostgres(t)
			theirs := servertest.Open(t, ours.URL)
			theirs.Reseed("theirs")
			ours.Clock.Advance(ahead[0])
			theirs.Clock.Advance(ahead[1])
			pass := func(d time.Duration) {
				ours.Clock.Advance(d)
				theirs.Clock.Advance(d)
			}
			at := newSite(t, ours)
			beside := at.on(theirs)
			wantTokens(t, beside.redeem(t, at.code(t)))
			codes := []string{at.code(t), at.code(t)}
			tokens := at.redeem(t, codes[0])
			other := at.redeem(t, at.code(t))
			if !beside.active(t, tokens.AccessToken) || userInfo(theirs, tokens.AccessToken) != http.StatusOK {
				t.Error("a new access token is not taken")
			}
			wantTokens(t, beside.refresh(t, other.RefreshToken))

			pass(time.Minute + tolerance)
			wantRefused(t, beside.redeem(t, codes[1]), http.StatusBadRequest, "invalid_grant")

			lifetime := time.Duration(tokens.ExpiresIn) * time.Second
			pass(lifetime - 2*tolerance - time.Minute)
			if !beside.active(t, tokens.AccessToken) {
				t.Error("an access token is refused more than a minute too early")
			}
			pass(2 * tolerance)
			if beside.active(t, tokens.AccessToken) || userInfo(theirs, tokens.AccessToken) != http.StatusUnauthorized {
				t.Error("an access token is taken more than a minute too late")
			}
			at.wantRefreshTokensInTime(t, beside, pass)
		})
	}
}

// wantRefreshTokensInTime refreshes at another node, a minute before the token
// expires and a minute after.
func (p *party) wantRefreshTokensInTime(t *testing.T, beside *party, pass func(time.Duration)) {
	t.Helper()
	const tolerance = 60 * time.Second
	lifetime := p.h.Config.Lifetimes.RefreshToken
	for late, accepted := range map[time.Duration]bool{-tolerance: true, tolerance: false} {
		token := p.redeem(t, p.code(t)).RefreshToken
		pass(lifetime + late)
		if a := beside.refresh(t, token); (a.Status == http.StatusOK) != accepted {
			t.Errorf("a refresh token is answered %d at %s of its end", a.Status, late)
		}
	}
}
