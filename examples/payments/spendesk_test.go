package payments_test

import (
	"net/http"
	"strings"
	"testing"

	"claviger/internal/server/servertest"
)

func TestSD_8_SettlementsOfTheTokensWallet(t *testing.T) {
	w := newWorld(t)
	own := w.send(http.MethodGet, "/settlements", "", w.company("settlement:read")).is(200)
	if own.member("meta", "count") != 3.0 || !strings.Contains(own.text, `"amount":12900,"currency":"EUR"`) || strings.Contains(own.text, "GBP") {
		t.Errorf("Acme France gets %s", own.text)
	}
	partner := func(account, scope string) string {
		return bearer(w.SignIn(servertest.SignIn{Client: "spendesk-partner", Email: "owner@acme.example", Account: account, Scope: scope}).AccessToken)
	}
	if a := w.send(http.MethodGet, "/settlements", "", partner("acme-uk", "settlement:read")).is(200); a.member("meta", "count") != 1.0 || !strings.Contains(a.text, "GBP") {
		t.Errorf("the partner of Acme UK gets %s", a.text)
	}
	w.send(http.MethodGet, "/settlements", "", partner("acme-labs", "settlement:read")).is(200).says(`{"data":[],"meta":{"count":0}}`)
	// A wallet that a request names plays no part.
	w.send(http.MethodGet, "/settlements?walletId=acme-uk&account=*", "", w.company("settlement:read")).is(200).says(own.text)

	// Without the scope.
	for _, who := range []string{
		w.company("payable:read"), partner("acme-uk", "wallet-summary:read"), w.person(user),
		w.integration(), w.app("your_app_key", "your_app_secret"),
	} {
		a := w.send(http.MethodGet, "/settlements", "", who).is(403).
			says(`{"errors":[{"code":"insufficient_scope","detail":"The access token does not have the scope that is needed."}]}`)
		if challenge := a.header.Get("WWW-Authenticate"); !strings.Contains(challenge, `scope="settlement:read"`) {
			t.Errorf("WWW-Authenticate: %s", challenge)
		}
	}
}

// F05: a token for no company does not read those of all.
func TestF05_SettlementsOfNobody(t *testing.T) {
	w := newWorld(t)
	who := bearer(w.SignIn(servertest.SignIn{Client: "spendesk-partner", Email: "owner@acme.example", Scope: "settlement:read"}).AccessToken)
	w.send(http.MethodGet, "/settlements", "", who).is(403)
}

func TestSpendeskCredentials(t *testing.T) {
	w := newWorld(t)
	who := w.company("settlement:read")
	w.send(http.MethodGet, "/settlements", "").is(401).says(`{"errors":[{"code":"authentication_missing","detail":"Authentication is missing."}]}`)
	w.send(http.MethodGet, "/settlements", "", "Authorization: Basic bXlfaWQ6bXlfc2VjcmV0").is(401) // the API key itself (D03)
	w.send(http.MethodGet, "/settlements", "", apiKey(ownerKey)).is(401)
	w.send(http.MethodGet, "/settlements", "", w.service()).is(401)
	w.send(http.MethodPost, "/settlements", "{}", who).is(405)

	// With its keys known, it goes on while the server is away.
	w.send(http.MethodGet, "/settlements", "", who).is(200)
	w.down = true
	w.send(http.MethodGet, "/settlements", "", who).is(200)
	w.down = false
	w.Clock.Advance(w.lifetime(strings.TrimPrefix(who, "Authorization: Bearer ")))
	w.send(http.MethodGet, "/settlements", "", who).is(401)
}

func TestMetadataOfTheAPI(t *testing.T) {
	w := newWorld(t)
	challenge := w.send(http.MethodGet, "/settlements", "").is(401).header.Get("WWW-Authenticate")
	const path = "/.well-known/oauth-protected-resource"
	if !strings.Contains(challenge, `resource_metadata="`+issuer+path+`"`) {
		t.Errorf("WWW-Authenticate: %s", challenge)
	}
	if a := w.send(http.MethodGet, path, "").is(200); a.member("resource") != issuer {
		t.Errorf("the metadata is %s", a.text)
	}
}
