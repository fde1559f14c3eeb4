package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"claviger/internal/core"
)

// webCode is a code of the demo website that a person approved.
func (v *visitor) webCode(changes ...string) string {
	v.t.Helper()
	page := v.Get(toWeb(changes...))
	if strings.Contains(page.Path, "/sign-in") {
		page = page.SignIn(centrapayUser, userPass)
	}
	if page.Left == nil {
		page = page.Approve("")
	}
	code := page.Answer().Get("code")
	if code == "" {
		v.t.Fatalf("no code: %v", page.Answer())
	}
	return code
}

// redeems sends a code as the demo website does, with changes.
func (c *customer) redeems(code string, changes ...string) wireAnswer {
	c.t.Helper()
	return c.send(http.MethodPost, "/oauth2/token", fields{
		"grant_type": "authorization_code", "client_id": "centrapay-web", "code": code, "redirect_uri": webCB, "code_verifier": verifier,
	}.with(changes...).form(), formType)
}

// invalidGrant checks that a code is refused, and that nothing came of it.
func (a wireAnswer) invalidGrant(why string) {
	a.t.Helper()
	if a.status != http.StatusBadRequest || a.member("error") != "invalid_grant" || strings.Contains(a.text, "_token\"") {
		a.t.Errorf("%s: %d %s", why, a.status, a.text)
	}
}

func TestB01_B04_B05_TheCodeOfABrowser(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c, node := open(), open()
		c.twin("other-web", "centrapay-web", nil)
		v := newVisitor(t, c)
		code := v.webCode()
		for name, changes := range map[string][]string{
			"another client":     {"client_id", "other-web"},
			"another address":    {"redirect_uri", "com.example.yourapp://oidc-callback"},
			"another port":       {"redirect_uri", "http://localhost:8091/oidc-callback"},
			"no address":         {"redirect_uri", "-"},
			"another verifier":   {"code_verifier", strings.Repeat("a", 43)},
			"no verifier":        {"code_verifier", "-"},
			"the challenge":      {"code_verifier", challenge},
			"NUL at the end":     {"code_verifier", verifier + "\x00"},
			"a code that is cut": {"code", code[:len(code)-1]},
			"NUL in the code":    {"code", code + "\x00"},
		} {
			node.redeems(code, changes...).invalidGrant(name)
		}
		answer := c.redeems(code).is(http.StatusOK)
		access := bearer(answer.token("access_token"))
		node.redeems(code, "client_id", "other-web").invalidGrant("a replay by another client")
		node.send(http.MethodGet, "/oauth2/userinfo", "", access).is(http.StatusOK) // which ends nothing
		node.redeems(code).invalidGrant("a replay")
		for _, at := range []*customer{c, node} {
			at.send(http.MethodGet, "/oauth2/userinfo", "", access).is(http.StatusUnauthorized)
		}
		late := v.webCode()
		c.Clock.Advance(61 * time.Second)
		node.redeems(late).invalidGrant("after 61 s")
	})
}

func TestB01_B02_TheCodeOfAConnection(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func() *customer) {
		c, node := open(), open()
		page := newVisitor(t, c).Get(toPartner()).SignIn(acmeOwner, acmePass)
		code := page.Approve("acme-uk").Answer().Get("code")
		body := fields{"grant_type": "authorization_code", "client_id": "spendesk-partner", "client_secret": partnerSecret,
			"code": code, "redirect_uri": partnerCB, "code_verifier": verifier}.json()
		answers := make([]wireAnswer, 50)
		var group sync.WaitGroup
		for i := range answers {
			group.Go(func() { answers[i] = []*customer{c, node}[i%2].post("/oauth2/token/create", body) })
		}
		group.Wait()
		var won []string
		for _, answer := range answers {
			if answer.status == http.StatusCreated {
				won = append(won, answer.token("access_token"))
			}
		}
		if len(won) != 1 {
			t.Fatalf("%d of 50 got tokens", len(won))
		}
		c.get("/wallet-summaries", bearer(won[0])).is(http.StatusUnauthorized) // the others proved a replay
	})
}

// TestB16_WhatEndsBetweenApprovalAndToken: a code is no promise.
func TestB16_E19_WhatEndsBetweenApprovalAndToken(t *testing.T) {
	for name, end := range map[string]func(v *visitor){
		"the person takes it back": func(v *visitor) { v.Get("/account").Form("consent").Set("action", "revoke_app").Send() },
		"the person signs out":     func(v *visitor) { v.Get("/oauth2/logout").Press("decision", "sign_out") },
		"the session is ended elsewhere": func(v *visitor) {
			other := newVisitor(v.t, v.c)
			page := other.signedIn(centrapayUser, userPass)
			for _, form := range page.Forms {
				if form.Values.Has("session") {
					form.Set("action", "end_session").Send()
				}
			}
		},
		"the password is changed elsewhere": func(v *visitor) {
			other := newVisitor(v.t, v.c)
			other.signedIn(centrapayUser, userPass).Pressing("action", "change_password").Set("current_password", userPass).
				Set("new_password", "two teas and a sugar").Send()
		},
		"somebody else signs in": func(v *visitor) { v.Get("/sign-in").SignIn(newcomer, newcomerPass) },
		"the person is disabled": func(v *visitor) {
			changeUser(v.t, v.c.Harness, v.c.Person(centrapayUser).ID, func(u *core.User) { u.Status = core.Disabled })
		},
	} {
		t.Run(name, func(t *testing.T) {
			onEachEngine(t, func(t *testing.T, open func() *customer) {
				c := open()
				v := newVisitor(t, c)
				v.redeemWeb(v.webCode())
				code := v.webCode()
				end(v)
				c.redeems(code).invalidGrant(name)
			})
		})
	}
	t.Run("the company ends the connection", func(t *testing.T) {
		c := newCustomer(t)
		v := newVisitor(t, c)
		v.Get(toPartner()).SignIn(acmeOwner, acmePass).Approve("acme-uk")
		code := v.Get(toPartner()).Approve("acme-uk").Answer().Get("code")
		v.endsConnection("acme-uk", "Example Partner")
		answer := c.post("/oauth2/token/create", fields{"grant_type": "authorization_code", "client_id": "spendesk-partner", "client_secret": partnerSecret,
			"code": code, "redirect_uri": partnerCB, "code_verifier": verifier}.json())
		if answer.status/100 != 4 {
			t.Errorf("%d %s", answer.status, answer.text)
		}
	})
}

// TestB07_NothingStandsForAnotherThing: tokens, codes and cookies of the browser
// flow, each where another belongs.
func TestB07_NothingStandsForAnotherThing(t *testing.T) {
	c := newCustomer(t)
	v := newVisitor(t, c)
	idToken, tokens := v.webToken("scope", "openid offline_access", "prompt", "consent")
	code := v.webCode()
	uri, _ := c.pushes("spendesk-partner", partnerSecret, authorization("spendesk-partner", partnerCB).Encode())
	things := map[string]string{
		"an ID token": idToken, "a refresh token": tokens.token("refresh_token"), "a code": code, "a session": v.Cookies[sessionName],
		"a device": v.Cookies["__Host-clv_device"], "a browser": v.Cookies[browserName], "a pushed request": strings.TrimPrefix(uri, "urn:ietf:params:oauth:request_uri:"),
	}
	for name, thing := range things {
		c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(thing)).is(http.StatusUnauthorized)
		c.send(http.MethodPost, "/oauth2/userinfo", url.Values{"access_token": {thing}}.Encode(), formType).is(http.StatusUnauthorized)
		if name != "a code" {
			c.redeems(thing).invalidGrant(name + " as a code")
		}
		if name != "a refresh token" {
			c.send(http.MethodPost, "/oauth2/token", fields{"grant_type": "refresh_token", "client_id": "centrapay-web", "refresh_token": thing}.form(), formType).
				invalidGrant(name + " as a refresh token")
		}
		if name != "a session" {
			thief := newVisitor(t, c)
			thief.Cookies[sessionName] = thing
			if !thief.signedOut() {
				t.Errorf("%s as a session", name)
			}
		}
	}
	c.send(http.MethodGet, "/oauth2/userinfo?access_token="+tokens.token("access_token"), "").is(http.StatusBadRequest)
	c.send(http.MethodGet, "/oauth2/userinfo", "", bearer(tokens.token("access_token"))).is(http.StatusOK)
}
