package endpoints_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"claviger/internal/admin"
	"claviger/internal/server/servertest"
	"claviger/test/testlog"
)

// The demo's API key of the café, which is presented as it is.
const (
	cafeKey     = "f32c5497297084e5354b47c40d5ccacb109ce483"
	cafeAccount = "Jaim1Cu1Q55uooxSens6yk"
)

// ofKey introspects an API key that somebody presented as it is.
func (c caller) ofKey(t *testing.T, h *servertest.Harness, presented string) map[string]any {
	t.Helper()
	response := c.post(h, "/oauth2/introspect", url.Values{"token": {presented}, "token_type_hint": {"api_key"}})
	answer := map[string]any{}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%d %v", response.StatusCode, err)
	}
	return answer
}

func newKey(t *testing.T, h *servertest.Harness, change func(*admin.NewAPIKey)) caller {
	t.Helper()
	n := admin.NewAPIKey{AccountID: cafeAccount, Name: "Test", RoleCode: "merchant-terminal", Dialect: "centrapay"}
	change(&n)
	key, secret, err := h.Admin.CreateAPIKey(t.Context(), admin.Actor{Name: "test"}, n)
	if err != nil {
		t.Fatal(err)
	}
	return caller{key.ID, secret}
}

func inactive(answer map[string]any) bool { return len(answer) == 1 && answer["active"] == false }

func TestAnAPIKeyIsIntrospectedLikeAToken(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		resourceServer := newCaller(t, h, "introspect")
		ends := h.Clock.Now().Add(24 * time.Hour)
		key := newKey(t, h, func(n *admin.NewAPIKey) { n.ExpiresAt = ends })
		got := resourceServer.ofKey(t, h, key.secret)
		account, err := h.Store.Account(t.Context(), cafeAccount)
		if err != nil {
			t.Fatal(err)
		}
		issuer := "http://" + servertest.Host
		for name, want := range map[string]any{
			"active": true, "iss": issuer, "aud": issuer, "sub": key.id, "subject_type": "api_key", "client_id": key.id,
			"token_type": "api_key", "organisation_id": account.OrganisationID, "account_id": cafeAccount,
			"role": "merchant-terminal", "exp": float64(ends.Unix()),
		} {
			if got[name] != want {
				t.Errorf("%s is %v, want %v", name, got[name], want)
			}
		}
		h.Clock.Advance(24 * time.Hour)
		if answer := resourceServer.ofKey(t, h, key.secret); !inactive(answer) {
			t.Errorf("an expired key is told as %v", answer)
		}
	})
}

func TestF06_AnotherCallersAPIKeyIsInactive(t *testing.T) {
	h := servertest.New(t)
	key := newKey(t, h, func(*admin.NewAPIKey) {})
	other := newKey(t, h, func(n *admin.NewAPIKey) { n.Name = "Other" })
	for name, stranger := range map[string]caller{"a client": newCaller(t, h), "another key of the account": other} {
		if answer := stranger.ofKey(t, h, key.secret); !inactive(answer) {
			t.Errorf("%s is told %v", name, answer)
		}
	}
	if answer := key.ofKey(t, h, key.secret); answer["active"] != true || answer["sub"] != key.id {
		t.Errorf("the key itself is told %v", answer)
	}
	anonymous := caller{}.post(h, "/oauth2/introspect", url.Values{"token": {key.secret}, "token_type_hint": {"api_key"}})
	if anonymous.StatusCode != http.StatusUnauthorized {
		t.Errorf("without credentials: %d", anonymous.StatusCode)
	}
}

// D05: what stops a key stops it here, on every node.
func TestD05_ADeadAPIKeyIsInactive(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		h := open()
		resourceServer := newCaller(t, h, "introspect")
		key := newKey(t, h, func(*admin.NewAPIKey) {})
		withID := newKey(t, h, func(n *admin.NewAPIKey) { n.Name, n.WithID = "WithID", true })
		for name, presented := range map[string]string{
			"one that does not exist": "clv_ak_" + testlog.Canary, "the id": key.id, "one that needs its id": withID.secret,
			"an access token's beginning": "eyJhbGciOiJub25lIn0.e30.",
		} {
			if answer := resourceServer.ofKey(t, h, presented); !inactive(answer) {
				t.Errorf("%s is told as %v", name, answer)
			}
		}
		if answer := resourceServer.introspect(t, h, key.secret); !inactive(answer) {
			t.Errorf("an API key is taken for a token: %v", answer)
		}
		if resourceServer.ofKey(t, h, key.secret)["active"] != true {
			t.Fatal("the key is not active to begin with")
		}
		other := open()
		if err := h.Admin.RevokeAPIKey(t.Context(), admin.Actor{Name: "test"}, key.id); err != nil {
			t.Fatal(err)
		}
		for _, node := range []*servertest.Harness{h, other} {
			if answer := resourceServer.ofKey(t, node, key.secret); !inactive(answer) {
				t.Errorf("a revoked key is told as %v", answer)
			}
		}
	})
}

// RFC 7662 §2.1: a wrong hint does not hide a token.
func TestAHintIsAHint(t *testing.T) {
	h := servertest.New(t)
	owner := newCaller(t, h)
	if answer := owner.ofKey(t, h, owner.token(t, h)); answer["active"] != true || answer["token_type"] != "Bearer" {
		t.Errorf("with a hint that is wrong: %v", answer)
	}
	if got := newCaller(t, h).post(h, "/oauth2/revoke", url.Values{"token": {cafeKey}, "token_type_hint": {"api_key"}}).StatusCode; got != http.StatusOK {
		t.Errorf("revocation of what is no token: %d", got)
	}
	if newCaller(t, h, "introspect").ofKey(t, h, cafeKey)["active"] != true {
		t.Error("anybody can revoke a key")
	}
}

// D01: somebody's guesses at a resource server do not stop the keys of others
// there, which the server has not seen yet.
func TestD01_GuessesBehindAResourceServer(t *testing.T) {
	h := servertest.New(t)
	resourceServer := newCaller(t, h, "introspect")
	for i := range 150 {
		if answer := resourceServer.ofKey(t, h, fmt.Sprint(testlog.Canary, i)); !inactive(answer) {
			t.Fatalf("a guess is told as %v", answer)
		}
	}
	if answer := resourceServer.ofKey(t, h, cafeKey); answer["active"] != true {
		t.Errorf("after 150 guesses of others: %v", answer)
	}
}
