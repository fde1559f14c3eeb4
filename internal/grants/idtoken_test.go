package grants_test

import (
	"crypto"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/core"
	"claviger/internal/server/servertest"
	"claviger/internal/store"
	"claviger/oauth"
)

func TestCP_6_ClaimsOfIDTokens(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		p := newSite(t, h)
		session := h.Session(user)
		write(t, h, func(tx *store.Tx) error {
			changed := *h.Person(user)
			changed.Username, changed.GivenName, changed.FamilyName, changed.FullName = "tea-drinker", "Tui", "Ngata", ""
			changed.EmailVerified, changed.PhoneVerified = false, true
			changed.Profile = map[string]string{"address": "1 Quay St\nAuckland"}
			return tx.PutUser(&changed)
		})
		a := p.redeem(t, p.code(t, func(o *servertest.CodeOptions) { o.Session = session }))
		algorithm, claims := h.IDToken(t, a.IDToken)
		if algorithm != "RS256" { // what a client that registered none assumes
			t.Errorf("alg %s", algorithm)
		}
		now := h.Clock.Now().Unix()
		for name, want := range map[string]any{
			"iss": "http://" + servertest.Host, "sub": h.Person(user).ID, "aud": p.id, "nonce": "n-0S6_WzA2Mj",
			"iat": now, "exp": now + 3600, "auth_time": session.AuthenticatedAt.Unix(), "acr": "1", "amr": "[pwd]", "sid": session.ID,
			"at_hash": leftHalf(crypto.SHA256, a.AccessToken),
			"email":   user, "email_verified": false, "phone_number": "+6421234567890", "phone_number_verified": true,
			"given_name": "Tui", "family_name": "Ngata", "name": "Tui Ngata", "preferred_username": "tea-drinker",
			"address": "map[formatted:1 Quay St\nAuckland]",
		} {
			if got := plain(claims[name]); got != fmt.Sprint(want) {
				t.Errorf("%s is %s, want %v", name, got, want)
			}
		}
	})
}

// plain shows a JSON value; numbers without an exponent.
func plain(value any) string {
	if number, ok := value.(float64); ok {
		return fmt.Sprintf("%.0f", number)
	}
	return fmt.Sprint(value)
}

func leftHalf(hash crypto.Hash, token string) string {
	h := hash.New()
	h.Write([]byte(token))
	sum := h.Sum(nil)
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

func TestIDTokensAreSignedAsRegistered(t *testing.T) {
	h := servertest.New(t)
	for algorithm, hash := range map[string]crypto.Hash{
		"RS256": crypto.SHA256, "ES256": crypto.SHA256, "EdDSA": crypto.SHA512,
	} {
		p := newSite(t, h, func(c *admin.NewClient) { c.Browser.IDTokenAlgorithm = algorithm })
		a := p.redeem(t, p.code(t))
		used, claims := h.IDToken(t, a.IDToken)
		if used != algorithm || claims["at_hash"] != leftHalf(hash, a.AccessToken) {
			t.Errorf("%s: signed by %s, at_hash %v", algorithm, used, claims["at_hash"])
		}
	}
}

func TestIDTokensOnlyForOpenID(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	a := p.redeem(t, p.code(t, scope("profile email read")))
	wantTokens(t, a)
	if a.IDToken != "" {
		t.Error("an ID token without openid")
	}
	if got := userInfo(h, a.AccessToken); got != 403 {
		t.Errorf("userinfo without openid: %d", got)
	}
}

func TestIDTokenHoldsWhatWasAskedFor(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	a := p.redeem(t, p.code(t, scope("openid")))
	_, claims := h.IDToken(t, a.IDToken)
	for _, name := range []string{"email", "phone_number", "name", "preferred_username", "updated_at"} {
		if value, there := claims[name]; there {
			t.Errorf("%s is told unasked: %v", name, value)
		}
	}
	asks := func(o *servertest.CodeOptions) {
		o.Scope, o.Nonce = "openid", ""
		o.Claims = oauth.ClaimsRequest{
			IDToken:  map[string]*oauth.ClaimRequest{"email": nil, "auth_time": {Essential: true}, "nickname": {Essential: true}},
			UserInfo: map[string]*oauth.ClaimRequest{"phone_number": nil},
		}
	}
	a = p.redeem(t, p.code(t, asks))
	_, claims = h.IDToken(t, a.IDToken)
	if claims["email"] != user || claims["phone_number"] != nil || claims["auth_time"] == nil {
		t.Errorf("claims %v", claims)
	}
	for _, absent := range []string{"nonce", "nickname"} { // not sent; not had
		if _, there := claims[absent]; there {
			t.Errorf("there is a %s", absent)
		}
	}
}

// TestNamingAClaimIsNoWayRoundTheRegistration: a client that is not registered
// for email does not get at it by the claims parameter either.
func TestNamingAClaimIsNoWayRoundTheRegistration(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h, func(c *admin.NewClient) { c.Scopes = []string{"openid", "profile"} })
	email := map[string]*oauth.ClaimRequest{"email": {Essential: true}, "updated_at": nil}
	a := p.redeem(t, p.code(t, func(o *servertest.CodeOptions) {
		o.Scope, o.Claims = "openid", oauth.ClaimsRequest{IDToken: email, UserInfo: email}
	}))
	_, claims := h.IDToken(t, a.IDToken)
	if claims["email"] != nil || claims["updated_at"] == nil {
		t.Errorf("claims %v", claims)
	}
}

// TestRefreshKeepsTheSignIn: OpenID Connect Core §12.2.
func TestRefreshKeepsTheSignIn(t *testing.T) {
	h := servertest.New(t)
	p := newSite(t, h)
	first := p.redeem(t, p.code(t, func(o *servertest.CodeOptions) {
		o.ACR, o.AMR = core.ACRTwoFactors, []string{core.AMRPassword, core.AMROneTimeCode, core.AMRMultiple}
	}))
	_, before := h.IDToken(t, first.IDToken)
	h.Clock.Advance(10 * time.Minute)
	second := p.refresh(t, first.RefreshToken)
	_, after := h.IDToken(t, second.IDToken)
	for _, same := range []string{"iss", "sub", "aud", "auth_time", "acr", "amr", "sid"} {
		if fmt.Sprint(before[same]) != fmt.Sprint(after[same]) || after[same] == nil {
			t.Errorf("%s was %v and is %v", same, before[same], after[same])
		}
	}
	if _, there := after["nonce"]; there {
		t.Error("the nonce of the first ID token is in the second")
	}
	if plain(after["iat"]) != fmt.Sprint(h.Clock.Now().Unix()) || after["at_hash"] != leftHalf(crypto.SHA256, second.AccessToken) {
		t.Errorf("iat %v, at_hash %v", after["iat"], after["at_hash"])
	}
	h.Clock.Advance(time.Minute)
	if narrowed := p.refresh(t, second.RefreshToken, "scope", "read"); narrowed.IDToken != "" || narrowed.Scope != "read" {
		t.Errorf("narrowed to read: %+v", narrowed)
	}
}

func TestRefreshTokensAsRegistered(t *testing.T) {
	h := servertest.New(t)
	for _, c := range []struct {
		issues, scope string
		want          bool
	}{
		{"", "openid", false}, {"", "openid offline_access", true},
		{core.RefreshOffline, "openid", false}, {core.RefreshOffline, "openid offline_access", true},
		{core.RefreshAlways, "openid", true}, {core.RefreshNever, "openid offline_access", false},
	} {
		p := newSite(t, h, func(n *admin.NewClient) { n.Browser.IssuesRefresh = c.issues })
		if a := p.redeem(t, p.code(t, scope(c.scope))); (a.RefreshToken != "") != c.want {
			t.Errorf("registered %q, scope %q: refresh token %t", c.issues, c.scope, a.RefreshToken != "")
		}
	}
	without := newSite(t, h, func(n *admin.NewClient) { n.GrantTypes = []string{"authorization_code"} })
	if a := without.redeem(t, without.code(t)); a.RefreshToken != "" {
		t.Error("a refresh token for a client that may not use it")
	}
}

func TestPairwiseSubjects(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		sector := func(host string) func(*admin.NewClient) {
			return func(c *admin.NewClient) { c.Browser.PairwiseSector = host }
		}
		one, sister, stranger := newSite(t, h, sector("a.example")), newSite(t, h, sector("a.example")), newSite(t, h, sector("b.example"))
		subjects := map[*party]string{}
		for _, p := range []*party{one, sister, stranger} {
			a := p.redeem(t, p.code(t))
			_, claims := h.IDToken(t, a.IDToken)
			subjects[p], _ = claims["sub"].(string)
			if got := claimsOf(t, a.AccessToken)["sub"]; got != subjects[p] {
				t.Errorf("the access token says %v, the ID token %v", got, subjects[p])
			}
			if got := userInfo(h, a.AccessToken); got != 200 {
				t.Errorf("userinfo: %d", got)
			}
			second := p.refresh(t, a.RefreshToken)
			if _, again := h.IDToken(t, second.IDToken); again["sub"] != subjects[p] {
				t.Errorf("after refresh %v", again["sub"])
			}
			for _, token := range []string{second.AccessToken, second.RefreshToken} {
				if answer := introspect(t, p, token); answer["sub"] != subjects[p] || answer["username"] != nil {
					t.Errorf("introspection says %v", answer)
				}
			}
		}
		id := h.Person(user).ID
		if subjects[one] != subjects[sister] || subjects[one] == subjects[stranger] || subjects[one] == id || subjects[stranger] == id {
			t.Errorf("subjects %v of %s", subjects, id)
		}
	})
}
