package tokens_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
	"claviger/internal/keys"
	"claviger/internal/server"
	"claviger/internal/server/servertest"
	"claviger/oauth"
)

const issuer = "http://" + servertest.Host

// payload is a good access token of the demo's API client, with changes.
func payload(changes string) string {
	base := `"iss":"` + issuer + `","sub":"my_id","aud":"` + issuer + `","iat":%d,"exp":%d,"jti":"x","client_id":"my_id",` +
		`"grant_id":"gnt_x","subject_type":"api_key","organisation_id":""`
	now := servertest.Start.Unix()
	return "{" + fmt.Sprintf(base, now, now+3600) + changes + "}"
}

func reasonOf(t *testing.T, h *servertest.Harness, claims string) oauth.Reason {
	t.Helper()
	token, err := h.Ring.Sign(keys.ES256, "at+jwt", []byte(claims), h.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, err = h.Verifier().Verify(t.Context(), token)
	var refused *oauth.Error
	if errors.As(err, &refused) {
		return refused.Reason
	}
	if err != nil {
		t.Fatal(err)
	}
	return ""
}

func TestC07_TimesAreExact(t *testing.T) {
	h := servertest.New(t)
	now := servertest.Start.Unix()
	claims := func(times string) string {
		return `{"iss":"` + issuer + `","sub":"s","aud":"a","client_id":"c","grant_id":"g"` + times + `}`
	}
	for name, c := range map[string]struct {
		times string
		want  oauth.Reason
	}{
		"good":             {fmt.Sprintf(`,"iat":%d,"exp":%d`, now, now+1), ""},
		"expired now":      {fmt.Sprintf(`,"iat":%d,"exp":%d`, now-9, now), oauth.ReasonTokenExpired},
		"exp missing":      {fmt.Sprintf(`,"iat":%d`, now), oauth.ReasonTokenExpired},
		"exp negative":     {fmt.Sprintf(`,"iat":%d,"exp":-1`, now), oauth.ReasonTokenExpired},
		"exp text":         {fmt.Sprintf(`,"iat":%d,"exp":"%d"`, now, now+1), oauth.ReasonTokenInvalid},
		"exp float":        {fmt.Sprintf(`,"iat":%d,"exp":%d.5`, now, now+1), oauth.ReasonTokenInvalid},
		"exp overflowing":  {fmt.Sprintf(`,"iat":%d,"exp":99999999999999999999`, now), oauth.ReasonTokenInvalid},
		"exp null":         {fmt.Sprintf(`,"iat":%d,"exp":null`, now), oauth.ReasonTokenExpired},
		"iat missing":      {fmt.Sprintf(`,"exp":%d`, now+1), oauth.ReasonTokenInvalid},
		"iat at the skew":  {fmt.Sprintf(`,"iat":%d,"exp":%d`, now+60, now+99), ""},
		"iat in a minute+": {fmt.Sprintf(`,"iat":%d,"exp":%d`, now+61, now+99), oauth.ReasonTokenInvalid},
		"twice":            {fmt.Sprintf(`,"iat":%d,"exp":%d,"exp":%d`, now, now+1, now+9), oauth.ReasonTokenInvalid},
	} {
		if got := reasonOf(t, h, claims(c.times)); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestC12_AnotherIssuersToken(t *testing.T) {
	h := servertest.New(t)
	now := servertest.Start.Unix()
	for _, iss := range []string{"http://evil.example", issuer + "/", ""} {
		claims := fmt.Sprintf(`{"iss":%q,"sub":"s","aud":"a","client_id":"c","grant_id":"g","iat":%d,"exp":%d}`, iss, now, now+9)
		if got := reasonOf(t, h, claims); got != oauth.ReasonTokenInvalid {
			t.Errorf("issuer %q: %q", iss, got)
		}
	}
}

func TestC06_Audience(t *testing.T) {
	h := servertest.New(t)
	bearer := func(claims string) int {
		token, err := h.Ring.Sign(keys.ES256, "at+jwt", []byte(claims), h.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/wallet-summaries", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		return h.Do(r).StatusCode
	}
	now := servertest.Start.Unix()
	claims := func(aud string) string {
		return fmt.Sprintf(`{"iss":%q,"sub":"my_id","client_id":"my_id","subject_type":"api_key","grant_id":"g","scope":"wallet-summary:read","iat":%d,"exp":%d%s}`,
			issuer, now, now+9, aud)
	}
	key, err := h.Store.APIKey(t.Context(), "my_id")
	if err != nil {
		t.Fatal(err)
	}
	own := `,"aud":"` + issuer + `","organisation_id":"` + key.OrganisationID + `","account_id":"` + key.AccountID + `"`
	for name, c := range map[string]struct {
		aud  string
		want int
	}{
		"own":     {own, 200},
		"missing": {``, 401},
		"list":    {`,"aud":["` + issuer + `"]`, 401},
		"foreign": {`,"aud":"partnerservices"`, 401},
	} {
		if got := bearer(claims(c.aud)); got != c.want {
			t.Errorf("audience %s: %d, want %d", name, got, c.want)
		}
	}
}

// TestR17_RotationUnderLoad rotates the signing key while tokens are issued and
// proven on two nodes; none may fail.
func TestR17_RotationUnderLoad(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		one, two := open(), open()
		first := one.Ring.JWKS()
		ctx, stop := context.WithCancel(t.Context())
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				for ctx.Err() == nil {
					token, err := one.Ring.Sign(keys.ES256, "at+jwt", []byte(payload("")), one.Clock.Now())
					if err != nil {
						t.Error(err)
						return
					}
					if _, err := two.Verifier().Verify(t.Context(), token); err != nil {
						t.Errorf("the other node refuses a fresh token: %v", err)
						return
					}
				}
			})
		}
		for range 3 {
			_, err := one.Ring.Rotate(t.Context(), keys.ES256, one.Rotation(), core.Event{Detail: "test"}, nil)
			if err != nil {
				t.Error(err)
			}
			if err := two.Ring.Load(t.Context()); err != nil { // as Watch does every few seconds
				t.Error(err)
			}
			one.Clock.Advance(10 * time.Minute)
		}
		stop()
		group.Wait()
		if string(first) == string(one.Ring.JWKS()) {
			t.Error("nothing was rotated")
		}
	})
}

// TestC11_AnUnknownKeyIsLookedForOnce: another node's new key is found without
// waiting, and made-up ones do not storm the database.
func TestC11_AnUnknownKeyIsLookedForOnce(t *testing.T) {
	servertest.Engines(t, func(t *testing.T, open func() *servertest.Harness) {
		one, two := open(), open()
		if _, err := one.Ring.Rotate(t.Context(), keys.ES256, keys.Rotation{Keep: server.LongestAccessToken}, core.Event{}, nil); err != nil {
			t.Fatal(err)
		}
		one.Clock.Advance(10 * time.Second)
		token, err := one.Ring.Sign(keys.ES256, "at+jwt", []byte(payload("")), one.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := two.Verifier().Verify(t.Context(), token); err != nil {
			t.Errorf("a token under a new key of another node: %v", err)
		}
	})
}
