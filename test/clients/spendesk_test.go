package clients

import (
	"net/http"
	"testing"

	"claviger/test/packages"
)

// spendeskOutput is what the programs of Spendesk print.
type spendeskOutput struct {
	Token struct {
		Access    string `json:"access_token"`
		Type      string `json:"token_type"`
		ExpiresIn int    `json:"expires_in"`
	} `json:"token"`
	Settlements spendeskAnswer `json:"settlements"`
	Again       string         `json:"again"`   // access token of the same call again
	Refused     spendeskAnswer `json:"refused"` // with something that is no token
}

type spendeskAnswer struct {
	Status int `json:"status"`
	Data   []struct {
		Amount   int    `json:"amount"`
		Currency string `json:"currency"`
	} `json:"data"`
	Errors []struct {
		Code string `json:"code"`
	} `json:"errors"`
}

// The quickstart of Spendesk: an API key for a token, a token for the settlements.
func TestSD_1_Python(t *testing.T) {
	testCompany(t, packages.Python(t, "requests"), "testdata/spendesk.py")
}

func TestSD_1_JavaScript(t *testing.T) { testCompany(t, "node", "testdata/spendesk.mjs") }

func testCompany(t *testing.T, program, script string) {
	var got spendeskOutput
	run(t, &got, program, script, newInstallation(t).issuer)
	if got.Token.Type != "Bearer" || got.Token.ExpiresIn != 3600 || got.Again == got.Token.Access {
		t.Errorf("tokens %s %d, the same again: %t", got.Token.Type, got.Token.ExpiresIn, got.Again == got.Token.Access)
	}
	if s := got.Settlements; s.Status != http.StatusOK || len(s.Data) != 3 || s.Data[0].Amount != 12900 || s.Data[0].Currency != "EUR" {
		t.Errorf("the settlements are %+v", s)
	}
	if r := got.Refused; r.Status != http.StatusUnauthorized || len(r.Errors) != 1 || r.Errors[0].Code != "token_invalid" {
		t.Errorf("without a token it is answered %+v", r)
	}
}
