package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"claviger/internal/store"
	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

// refresh exchanges a refresh token with nothing else in the request.
func (c *customer) refresh(token string, lines ...string) wireAnswer {
	c.t.Helper()
	return c.post("/oauth2/token/refresh", fields{"grant_type": "refresh_token", "refresh_token": token}.json(), lines...)
}

func TestSD_6_EveryRefreshGivesANewToken(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c := open()
		first := c.connect(partner, "acme-fr")
		a := c.refresh(first.RefreshToken).is(http.StatusOK)
		access, second := a.token("access_token"), a.token("refresh_token")
		a.holds(`{"token_type":"Bearer","access_token":"` + access + `","scope":"` + keyScope + `","refresh_token":"` + second + `","expires_in":3600}`)
		if access == first.AccessToken || second == first.RefreshToken {
			t.Error("the same token again")
		}
		if a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("Cache-Control %q", a.header.Get("Cache-Control"))
		}
		c.get("/wallet-summaries", bearer(access)).is(http.StatusOK)

		// By form, on another node.
		other := open()
		third := other.send(http.MethodPost, "/oauth2/token/refresh",
			fields{"grant_type": "refresh_token", "refresh_token": second}.form(), formType).token("refresh_token")

		// The previous one is dead at that moment; using it ends the connection.
		c.refresh(second).is(http.StatusUnauthorized).holds(
			`{"errors":[{"code":"refresh_token_reused","detail":"The refresh token has been used before."}]}`)
		other.refresh(third).is(http.StatusUnauthorized)
		c.get("/wallet-summaries", bearer(access)).is(http.StatusUnauthorized)
	})
}

func TestSD_6_AboutThirtyDaysFromTheLastRotation(t *testing.T) {
	const thirty = 30 * 24 * time.Hour
	c := newCustomer(t)
	token, idle := c.connect(partner, "acme-fr").RefreshToken, c.connect(partner, "acme-uk").RefreshToken
	for range 5 { // in use for five months
		c.Clock.Advance(thirty - time.Second)
		token = c.refresh(token).token("refresh_token")
	}
	c.refresh(idle).is(http.StatusUnauthorized)
	c.Clock.Advance(thirty)
	c.refresh(token).is(http.StatusUnauthorized)
}

func TestSD_6_ClientAuthenticationIsCheckedWhenSent(t *testing.T) {
	c := newCustomer(t)
	c.apply(`clients:
  - {id: strict, name: Strict, dialect: spendesk, secret: strict-secret, grant_types: [refresh_token], scopes: payable:read}
  - {id: odd, name: Odd, dialect: spendesk, secret: "a+b%25c:d", grant_types: [refresh_token], scopes: payable:read}`)
	escaped := func(id, secret string) string { return basic(url.QueryEscape(id), url.QueryEscape(secret)) }
	for name, r := range map[string]struct {
		client string
		body   fields
		line   string
		status int
	}{
		"nothing":                        {partner, fields{}, "", 200},
		"the id alone":                   {partner, fields{"client_id": partner}, "", 200},
		"in the body":                    {partner, fields{"client_id": partner, "client_secret": partnerProof}, "", 200},
		"by Basic":                       {partner, fields{}, basic(partner, partnerProof), 200},
		"by Basic, the id repeated":      {partner, fields{"client_id": partner}, basic(partner, partnerProof), 200},
		"wrong in the body":              {partner, fields{"client_id": partner, "client_secret": "x"}, "", 401},
		"wrong by Basic":                 {partner, fields{}, basic(partner, "x"), 401},
		"a secret without an id":         {partner, fields{"client_secret": partnerProof}, "", 401},
		"unknown":                        {partner, fields{"client_id": "nobody"}, "", 401},
		"another client":                 {partner, fields{"client_id": "spendesk-cli"}, "", 401},
		"another client, proved":         {partner, fields{}, basic("strict", "strict-secret"), 401},
		"an API key":                     {partner, fields{}, basic("my_id", "my_secret"), 403},
		"both ways":                      {partner, fields{"client_secret": partnerProof}, basic(partner, partnerProof), 400},
		"another id beside Basic":        {partner, fields{"client_id": "strict"}, basic(partner, partnerProof), 400},
		"public, nothing":                {"spendesk-cli", fields{}, "", 200},
		"public, its id":                 {"spendesk-cli", fields{"client_id": "spendesk-cli"}, "", 200},
		"public, with a secret":          {"spendesk-cli", fields{"client_id": "spendesk-cli", "client_secret": "x"}, "", 401},
		"asked for it, nothing":          {"strict", fields{}, "", 401},
		"asked for it, the id alone":     {"strict", fields{"client_id": "strict"}, "", 401},
		"asked for it, in the body":      {"strict", fields{"client_id": "strict", "client_secret": "strict-secret"}, "", 200},
		"asked for it, by Basic":         {"strict", fields{}, basic("strict", "strict-secret"), 200},
		"B20 form-encoded in Basic":      {"odd", fields{}, escaped("odd", "a+b%25c:d"), 200},
		"B20 not form-encoded in Basic":  {"odd", fields{}, basic("odd", "a+b%25c:d"), 401},
		"B20 as it is in the body":       {"odd", fields{"client_id": "odd", "client_secret": "a+b%25c:d"}, "", 200},
		"B20 form-encoded in JSON":       {"odd", fields{"client_id": "odd", "client_secret": url.QueryEscape("a+b%25c:d")}, "", 401},
		"a foreign scheme means nothing": {partner, fields{}, "Authorization: Digest x", 200},
	} {
		t.Run(name, func(t *testing.T) {
			c := c.in(t)
			token := c.connect(r.client, "acme-fr").RefreshToken
			var lines []string
			if r.line != "" {
				lines = append(lines, r.line)
			}
			body := r.body.with("grant_type", "refresh_token", "refresh_token", token)
			c.post("/oauth2/token/refresh", body.json(), lines...).is(r.status)
			if r.status == 200 {
				return
			}
			// What was refused has not used the token up.
			secret := map[string]string{"strict": "strict-secret", "odd": "a+b%25c:d"}[r.client]
			right := fields{"client_id": r.client, "grant_type": "refresh_token", "refresh_token": token}
			if secret != "" {
				right["client_secret"] = secret
			}
			c.post("/oauth2/token/refresh", right.json()).is(http.StatusOK)
		})
	}
}

// SD-7: 401 or 403, whatever it is that has ended, and nothing else: the partner
// disconnects the customer then.
func TestSD_7_WhatCannotBeRefreshed(t *testing.T) {
	for name, end := range map[string]func(c *customer, tokens *oauth.TokenResponse){
		"unknown":      func(_ *customer, tokens *oauth.TokenResponse) { tokens.RefreshToken = "clv_rt_x.y" },
		"another JWT":  func(c *customer, tokens *oauth.TokenResponse) { tokens.RefreshToken = c.keyToken() },
		"access token": func(_ *customer, tokens *oauth.TokenResponse) { tokens.RefreshToken = tokens.AccessToken },
		"cut":          func(_ *customer, tokens *oauth.TokenResponse) { tokens.RefreshToken = tokens.RefreshToken[:60] },
		"expired":      func(c *customer, _ *oauth.TokenResponse) { c.Clock.Advance(30 * 24 * time.Hour) },
		"used":         func(c *customer, tokens *oauth.TokenResponse) { c.refresh(tokens.RefreshToken).is(200) },
		"ended by use": func(c *customer, tokens *oauth.TokenResponse) {
			next := c.refresh(tokens.RefreshToken).token("refresh_token")
			c.refresh(tokens.RefreshToken).is(401)
			tokens.RefreshToken = next
		},
		"revoked": func(c *customer, tokens *oauth.TokenResponse) {
			body := fields{"token": tokens.RefreshToken}.form()
			c.send(http.MethodPost, "/oauth2/revoke", body, formType, basic(partner, partnerProof)).is(200)
		},
		"connection ended": func(c *customer, tokens *oauth.TokenResponse) { c.disconnect(tokens.AccessToken) },
		"approver disabled": func(c *customer, _ *oauth.TokenResponse) {
			c.apply(`people: [{email: owner@acme.example, status: DISABLED}]`)
		},
		"approver left": func(c *customer, _ *oauth.TokenResponse) {
			c.leave("owner@acme.example", "acme-fr")
		},
		"organisation disabled": func(c *customer, _ *oauth.TokenResponse) {
			c.apply(`organisations: [{code: acme-fr, status: DISABLED}]`)
		},
		"wallet suspended": func(c *customer, _ *oauth.TokenResponse) {
			c.apply(`organisations: [{code: acme-fr, accounts: [{id: acme-fr, status: SUSPENDED}]}]`)
		},
		"partner disabled": func(c *customer, _ *oauth.TokenResponse) {
			c.apply(`clients: [{id: spendesk-partner, status: DISABLED}]`)
		},
		"partner may refresh no more": func(c *customer, _ *oauth.TokenResponse) {
			c.apply(`clients: [{id: spendesk-partner, grant_types: [authorization_code]}]`)
		},
		"partner must authenticate now": func(c *customer, _ *oauth.TokenResponse) {
			c.apply(`clients: [{id: spendesk-partner, refresh_without_secret: false}]`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCustomer(t)
			tokens := c.connect(partner, "acme-fr")
			end(c, &tokens)
			a := c.refresh(tokens.RefreshToken)
			if a.status != http.StatusUnauthorized && a.status != http.StatusForbidden {
				t.Errorf("answered %d", a.status)
			}
			if !spendeskError.MatchString(a.text) {
				t.Errorf("the error is %s", a.text)
			}
			if challenge := a.header.Get("WWW-Authenticate"); a.status == http.StatusUnauthorized && challenge == "" {
				t.Error("401 without a challenge")
			}
		})
	}
}

// disconnect ends the connection behind an access token, as the organisation does
// in the console.
func (c *customer) disconnect(token string) {
	c.t.Helper()
	id, _ := wireClaims(c.t, token)["grant_id"].(string)
	grant, err := c.Store.Grant(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	change(c.t, c.Harness, func(tx *store.Tx) error {
		_, err := tx.RevokeConsent(grant.ConsentID, c.Clock.Now())
		return err
	})
}

func TestSD_7_EveryErrorHasOneShape(t *testing.T) {
	c := newCustomer(t)
	token := c.keyToken()
	for name, a := range map[string]wireAnswer{
		"no credentials":   c.send(http.MethodPost, "/auth/token", ""),
		"scope":            c.post("/auth/token", `{"scope":"x"}`, basic("my_id", "my_secret")),
		"not JSON":         c.post("/auth/token", `{`, basic("my_id", "my_secret")),
		"grant type":       c.post("/oauth2/token/refresh", `{"grant_type":"password","refresh_token":"x"}`),
		"missing field":    c.post("/oauth2/token/refresh", `{"grant_type":"refresh_token"}`),
		"no token":         c.get("/wallet-summaries"),
		"another method":   c.post("/wallet-summaries", "{}", bearer(token)),
		"method of a path": c.get("/oauth2/token/refresh"),
	} {
		if !spendeskError.MatchString(a.text) || a.status < 400 || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", name, a.status, a.text)
		}
		if diff := cmp.Diff([]string{"errors"}, a.members()); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(a.text, "my_secret") {
			t.Errorf("%s: a secret in %s", name, a.text)
		}
	}
}
