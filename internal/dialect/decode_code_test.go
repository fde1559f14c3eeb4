package dialect

import (
	"net/http/httptest"
	"testing"

	"claviger/oauth"

	"github.com/google/go-cmp/cmp"
)

func TestSD_5_CodesAreDecoded(t *testing.T) {
	rt := route(t, loadShipped(t)["spendesk"], "POST /oauth2/token/create")
	const asJSON = `{"grant_type":"authorization_code","client_id":"p","redirect_uri":"https://p.example/cb?a=b","code":"c","code_verifier":"v"`
	const asForm = "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fp.example%2Fcb%3Fa%3Db&code=c&code_verifier=v"
	want := oauth.TokenRequest{GrantType: "authorization_code", ClientID: "p", Code: "c", CodeVerifier: "v", RedirectURI: "https://p.example/cb?a=b"}
	withSecret := want
	withSecret.ClientSecret = "s"
	for _, c := range []struct {
		media, body string
		header      []string
		want        oauth.TokenRequest
	}{
		{jsonType, asJSON + "}", nil, want},
		{jsonType, asJSON + `,"client_secret":"s"}`, nil, withSecret},
		{formType, asForm + "&client_id=p", nil, want},
		{formType, asForm, []string{basicHeader("p", "s")}, withSecret},
		{formType, asForm + "&client_id=p", []string{basicHeader("p", "s")}, withSecret},
	} {
		call, err := rt.Decode(httptest.NewRecorder(), request("POST", "/", c.media, c.body, c.header...))
		if err != nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		if diff := cmp.Diff(c.want, call.Input.TokenRequest()); diff != "" {
			t.Errorf("%s: %s", c.body, diff)
		}
	}
	for body, want := range map[string]string{
		`{"grant_type":"refresh_token","code":"c"}`:                        "grant_type_unknown grant_type",
		`{"grant_type":"authorization_code"}`:                              "missing_parameter code",
		`{"grant_type":"authorization_code","code":["c"]}`:                 "wrong_type code",
		`{"grant_type":"authorization_code","code":"c","code":"d"}`:        "duplicate_parameter code",
		`{"grant_type":"authorization_code","code":"c","code_verifier":1}`: "wrong_type code_verifier",
	} {
		_, err := rt.Decode(httptest.NewRecorder(), request("POST", "/", jsonType, body))
		wantError(t, err, want)
	}
	for _, query := range []string{"code=c", "code_verifier=v", "Code=c", "client_secret=s"} {
		_, err := rt.Decode(httptest.NewRecorder(), request("POST", "/?"+query, jsonType, asJSON+"}"))
		wantError(t, err, "credential_in_query")
	}
}
