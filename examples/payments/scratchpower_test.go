package payments_test

import (
	"net/http"
	"testing"

	"claviger/test/testlog"
)

const (
	validatePath = "/v1/purchases/validate"
	purchase     = `{"debited_account_id":13209,"meter_number":"04123456789","amount":"50.00"}`
)

// from is a purchase from another account.
func from(number, amount string) string {
	return `{"debited_account_id":` + number + `,"meter_number":"04123456789","amount":"` + amount + `"}`
}

func TestSP_8_PurchasesAsTheIntegrationUser(t *testing.T) {
	w := newWorld(t)
	w.apply(`clients:
  - {id: other, name: Other, organisation: OTHER_ORG, dialect: scratchpower, secret: ` + testlog.Canary + `, grant_types: [password]}`)
	ours, theirs := w.integration(), w.login("other", testlog.Canary, "other-user", "other-password", "OTHER_ORG")
	w.send(http.MethodPost, validatePath, purchase, ours).is(200).says(`{"account_name":"Test Admin Account","amount":"BWP 50.00",` +
		`"balance":"BWP 2878.86","debited_account_id":13209,"meter_number":"04123456789","valid":true}`)
	w.send(http.MethodPost, validatePath, from("13210", "12.50"), ours).is(200)
	w.send(http.MethodPost, validatePath, from("13300", "1"), theirs).is(200)
	for _, tt := range []struct{ number, who string }{
		{"13300", ours}, {"13209", theirs}, // of another organisation
		{"13211", ours},                            // suspended
		{"99999", ours}, {"0", ours}, {"-1", ours}, // of nobody
		{"13209", w.person(user)}, {"13209", w.app("your_app_key", "your_app_secret")}, {"13209", w.company("settlement:read")},
	} {
		a := w.send(http.MethodPost, validatePath, from(tt.number, "1"), tt.who).is(403)
		if a.member("error", "type") != "permission_error" || a.member("error", "code") != "permission_denied" {
			t.Errorf("account %s: %s", tt.number, a.text)
		}
	}
}

func TestSP_7_ErrorsOfPurchases(t *testing.T) {
	w := newWorld(t)
	who := w.integration()
	for _, tt := range []struct {
		body, kind, param string
		status            int
		lines             []string
	}{
		{purchase, "authentication_error", "", 401, nil},
		{purchase, "authentication_error", "", 401, []string{bearer("made.up.token")}},
		{purchase, "authentication_error", "", 401, []string{w.service()}},
		{purchase, "authentication_error", "", 401, []string{apiKey(ownerKey)}},
		{`{"amount":"50.00"}`, "invalid_request_error", "debited_account_id", 400, []string{who}},
		{from(`"13209"`, "1"), "invalid_request_error", "debited_account_id", 400, []string{who}},
		{from(`13209.5`, "1"), "invalid_request_error", "debited_account_id", 400, []string{who}},
		{from(`null`, "1"), "invalid_request_error", "debited_account_id", 400, []string{who}},
		{from(`"*"`, "1"), "invalid_request_error", "debited_account_id", 400, []string{who}},
		{from(`13209`, "1,5"), "invalid_request_error", "amount", 400, []string{who}},
		{from(`13209`, "2878.87"), "invalid_request_error", "amount", 400, []string{who}},
		{`{`, "invalid_request_error", "", 400, []string{who}},
	} {
		a := w.send(http.MethodPost, validatePath, tt.body, append(tt.lines, "X-Request-Id: mine")...).is(tt.status)
		param, _ := a.member("error", "param").(string)
		id := a.header.Get("X-Request-Id")
		if a.member("error", "type") != tt.kind || param != tt.param || id == "" || a.member("error", "request_id") != id || a.member("error", "retryable") != false {
			t.Errorf("%s: %s, request id %s", a.what, a.text, id)
		}
	}
	w.send(http.MethodGet, validatePath, "", who).is(405)
	w.send(http.MethodPost, "/v1/purchases/confirm", purchase, who).is(404)

	w.down = true
	a := w.send(http.MethodPost, validatePath, from("13210", "1"), who).is(503)
	if a.member("error", "type") != "api_error" || a.member("error", "retryable") != true || a.header.Get("Retry-After") == "" {
		t.Errorf("without the server: %s %v", a.text, a.header)
	}
}
