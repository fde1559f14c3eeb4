package tokens_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/server/servertest"
	"claviger/internal/tokens"
	"claviger/oauth"
)

// website is a client of the demo that people sign in at.
func website(t *testing.T, h *servertest.Harness) *core.Client {
	t.Helper()
	client, err := h.Store.Client(t.Context(), "centrapay-web")
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// signedIn is a sign-in at the website.
func signedIn(t *testing.T, h *servertest.Harness) *tokens.Issued {
	t.Helper()
	issued, err := h.Issuer.FromCode(&core.Authorization{
		Client: website(t, h), User: h.Person("user@centrapay.example"), Scope: oauth.Scope{"openid"},
		Authentication: &core.Authentication{SessionID: "ses_1", At: h.Clock.Now(), ACR: core.ACRPassword},
	}, "gnt_1")
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

func TestHintOfAnIDToken(t *testing.T) {
	h := servertest.New(t)
	token := signedIn(t, h).Response.IDToken
	h.Clock.Advance(12 * time.Hour) // expired, and still a hint
	hint, err := h.Verifier().Hint(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	if want := (tokens.Hint{Subject: h.Person("user@centrapay.example").ID, ClientID: "centrapay-web", SessionID: "ses_1"}); *hint != want {
		t.Errorf("%+v, want %+v", *hint, want)
	}
}

func TestHintIsOurIDToken(t *testing.T) {
	h := servertest.New(t)
	issued := signedIn(t, h)
	logout, err := h.Issuer.LogoutToken(website(t, h), "usr_1", "ses_1")
	if err != nil {
		t.Fatal(err)
	}
	sign := func(typ, claims string) string {
		token, err := h.Ring.Sign(keys.RS256, typ, []byte(claims), h.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	parts := strings.Split(issued.Response.IDToken, ".")
	good := fmt.Sprintf(`{"iss":%q,"sub":"usr_1","aud":"centrapay-web"}`, issuer)
	for name, token := range map[string]string{
		"nothing":          "",
		"text":             "hint",
		"an access token":  issued.Response.AccessToken,
		"a logout token":   logout,
		"another payload":  parts[0] + "." + strings.Split(sign("JWT", good), ".")[1] + "." + parts[2],
		"C01 alg none":     "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0." + parts[1] + ".",
		"no signature":     parts[0] + "." + parts[1] + ".",
		"C12 other issuer": sign("JWT", `{"iss":"https://evil.example","sub":"usr_1","aud":"centrapay-web"}`),
		"no subject":       sign("JWT", fmt.Sprintf(`{"iss":%q,"aud":"centrapay-web"}`, issuer)),
		"several clients":  sign("JWT", fmt.Sprintf(`{"iss":%q,"sub":"usr_1","aud":["a","b"]}`, issuer)),
	} {
		var refused *oauth.Error
		if hint, err := h.Verifier().Hint(t.Context(), token); !errors.As(err, &refused) || refused.Reason != oauth.ReasonTokenInvalid {
			t.Errorf("%s: %+v, %v", name, hint, err)
		}
	}
	if _, err := h.Verifier().Hint(t.Context(), sign("JWT", good)); err != nil {
		t.Errorf("a good one: %v", err)
	}
}

func TestB07_AnIDTokenOpensNothing(t *testing.T) {
	h := servertest.New(t)
	issued := signedIn(t, h)
	if _, err := h.Verifier().Verify(t.Context(), issued.Response.IDToken); err == nil {
		t.Error("an ID token passes as an access token")
	}
	if _, err := h.Issuer.OpenRefresh(issued.Response.IDToken); err == nil {
		t.Error("an ID token passes as a refresh token")
	}
}

// TestLogoutToken: OpenID Connect Back-Channel Logout §2.4.
func TestLogoutToken(t *testing.T) {
	h := servertest.New(t)
	client := *website(t, h)
	user := h.Person("user@centrapay.example").ID
	token, err := h.Issuer.LogoutToken(&client, user, "ses_1")
	if err != nil {
		t.Fatal(err)
	}
	algorithm, claims := h.LogoutToken(t, token)
	now := float64(h.Clock.Now().Unix())
	if algorithm != "RS256" || claims["iss"] != issuer || claims["aud"] != "centrapay-web" || claims["sub"] != user ||
		claims["sid"] != "ses_1" || claims["iat"] != now || claims["exp"] != now+120 || claims["jti"] == "" {
		t.Errorf("%s %v", algorithm, claims)
	}
	events, _ := claims["events"].(map[string]any)
	if event, ok := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any); !ok || len(event) != 0 || len(events) != 1 {
		t.Errorf("events %v", claims["events"])
	}
	if _, there := claims["nonce"]; there {
		t.Error("there is a nonce, so that it could pass as an ID token")
	}
	client.Browser.PairwiseSector, client.Browser.IDTokenAlgorithm = "a.example", keys.EdDSA
	token, err = h.Issuer.LogoutToken(&client, user, "")
	if err != nil {
		t.Fatal(err)
	}
	algorithm, claims = h.LogoutToken(t, token)
	if _, there := claims["sid"]; algorithm != "EdDSA" || claims["sub"] != h.Issuer.SubjectOf(&client, user) || claims["sub"] == user || there {
		t.Errorf("%s %v", algorithm, claims)
	}
}

func TestConnectsAsRegistered(t *testing.T) {
	h := servertest.New(t)
	for _, c := range []struct {
		dialect, registered string
		want                bool
	}{
		{"", "", false}, {"spendesk", "", true}, {"centrapay", "", false}, {"", core.ConnectsAccount, true},
		{"spendesk", core.ConnectsNothing, false},
	} {
		client := &core.Client{Dialect: c.dialect, Browser: core.Browser{Connects: c.registered}}
		if got := h.Issuer.Connects(client); got != c.want {
			t.Errorf("dialect %q, registered %q: %t", c.dialect, c.registered, got)
		}
	}
}
