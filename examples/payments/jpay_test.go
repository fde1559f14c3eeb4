package payments_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"claviger/test/testlog"
)

const (
	checkouts = "/api/v1/payments/collections/checkouts"
	payouts   = "/api/v1/payments/payouts"
	checkout  = `{"payfrom":"+254712345678","amount":"1000.00","ref_no":"ORDER-123","account_number":"1001","callback_url":"https://yourdomain.example/webhook"}`
	payout    = `{"payto":"+254712345678","amount":"250","ref_no":"PAY-1","account_number":"1001","callback_url":"https://yourdomain.example/webhook"}`

	jpayUnauthorised = `{"detail":"Authentication credentials were not provided or are invalid"}`
	jpayForbidden    = `{"detail":"You do not have permission to perform this action"}`
)

func TestJPayCheckouts(t *testing.T) {
	w := newWorld(t)
	app := w.app("your_app_key", "your_app_secret")
	w.send(http.MethodGet, checkouts, "", app).is(200).says(`{"count":0,"results":[]}`)
	made := w.send(http.MethodPost, checkouts+"/initiate", checkout, app).is(201)
	for name, want := range map[string]string{
		"status": "PENDING", "amount": "1000.00", "payfrom": "+254712345678", "ref_no": "ORDER-123", "created_at": "2026-03-02T09:30:00Z",
	} {
		if got := made.member(name); got != want {
			t.Errorf("%s is %v, want %s", name, got, want)
		}
	}
	// The other app of the merchant sees it, and the list of payouts does not have it.
	w.send(http.MethodGet, checkouts, "", w.app("your_app_key_here", "your_app_secret_here")).
		is(200).says(`{"count":1,"results":[` + made.text + `]}`)
	w.send(http.MethodGet, payouts, "", app).is(200).says(`{"count":0,"results":[]}`)
	w.send(http.MethodPost, payouts+"/initiate", payout, app).is(201)
	if got := w.send(http.MethodGet, payouts, "", app).is(200).member("count"); got != 1.0 {
		t.Errorf("%v payouts", got)
	}
}

// JP-4: a product that the app does not have is a 403 at the resource.
func TestJP_4_Products(t *testing.T) {
	w := newWorld(t)
	app := w.app("collections_only_key", "collections_only_secret")
	w.send(http.MethodGet, checkouts, "", app).is(200)
	w.send(http.MethodPost, checkouts+"/initiate", checkout, app).is(201)
	w.send(http.MethodGet, payouts, "", app).is(403).says(jpayForbidden)
	w.send(http.MethodPost, payouts+"/initiate", payout, app).is(403).says(jpayForbidden)
	// Nobody else has a product at all.
	for _, other := range []string{
		w.person(user), w.integration(), w.company("settlement:read"),
	} {
		w.send(http.MethodGet, checkouts, "", other).is(403).says(jpayForbidden)
		w.send(http.MethodPost, payouts+"/initiate", payout, other).is(403).says(jpayForbidden)
	}
}

// F01, F05: an app sees what is of its merchant; one of no merchant sees nothing,
// rather than everything.
func TestF01_CheckoutsOfOthers(t *testing.T) {
	w := newWorld(t)
	w.apply(`clients:
  - {id: app-of-another, name: A, organisation: OTHER_ORG, dialect: jpay, secret: ` + testlog.Canary + `, grant_types: [client_credentials], products: [collections]}
  - {id: app-of-nobody, name: B, dialect: jpay, secret: ` + testlog.Canary + `, grant_types: [client_credentials], products: [collections]}`)
	w.send(http.MethodPost, checkouts+"/initiate", checkout, w.app("your_app_key", "your_app_secret")).is(201)
	w.send(http.MethodGet, checkouts, "", w.standardApp("app-of-another")).is(200).says(`{"count":0,"results":[]}`)
	nobody := w.standardApp("app-of-nobody")
	w.send(http.MethodGet, checkouts, "", nobody).is(403).says(jpayForbidden)
	w.send(http.MethodPost, checkouts+"/initiate", checkout, nobody).is(403).says(jpayForbidden)
}

// standardApp is the token of an app from the standard endpoint.
func (w *world) standardApp(id string) string {
	w.t.Helper()
	basic := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+testlog.Canary))
	return bearer(w.token("/oauth2/token", "application/x-www-form-urlencoded", "grant_type=client_credentials", "access_token", basic))
}

func TestJPayCredentials(t *testing.T) {
	w := newWorld(t)
	for _, lines := range [][]string{
		nil, {bearer("")}, {bearer("made.up.token")}, {w.service()}, {apiKey(ownerKey)},
		{"Authorization: Basic eW91cl9hcHBfa2V5OnlvdXJfYXBwX3NlY3JldA=="}, // the app's own credentials
	} {
		a := w.send(http.MethodGet, checkouts, "", lines...).is(401).says(jpayUnauthorised)
		if challenge := a.header.Get("WWW-Authenticate"); !strings.HasPrefix(challenge, "Bearer ") {
			t.Errorf("%v: WWW-Authenticate: %s", lines, challenge)
		}
	}
	app := w.app("your_app_key", "your_app_secret")
	w.send(http.MethodGet, checkouts, "", app, app).is(401)
	token := strings.TrimPrefix(app, "Authorization: Bearer ")
	w.send(http.MethodGet, checkouts+"?access_token="+token, "").is(400).says(`{"detail":"Invalid request"}`)
	w.Clock.Advance(w.lifetime(token)) // an access token of JPay lives 15 minutes
	w.send(http.MethodGet, checkouts, "", app).is(401).says(jpayUnauthorised)
}

func TestJPayBadRequests(t *testing.T) {
	w := newWorld(t)
	app := w.app("your_app_key", "your_app_secret")
	for _, body := range []string{
		`{}`, `[]`, `null`, `{"payfrom"`, checkout + `{}`, "\xff" + checkout, `{"payfrom":1` + checkout[strings.Index(checkout, ","):],
		strings.Replace(checkout, `"1000.00"`, `1000`, 1), strings.Replace(checkout, `1000.00`, `-5`, 1),
		strings.Replace(checkout, `1000.00`, `0`, 1), strings.Replace(checkout, `1000.00`, `1.5`, 1),
		strings.Replace(checkout, `1000.00`, strings.Repeat("9", 13), 1), strings.Replace(checkout, `1000.00`, `1e3`, 1),
		strings.Replace(checkout, `+254712345678`, `0712345678`, 1), strings.Replace(checkout, `https:`, `http:`, 1),
		strings.Replace(checkout, `"payfrom"`, `"PayFrom"`, 1), strings.Replace(checkout, `{`, `{"amount":"5",`, 1),
		strings.Replace(checkout, `"ORDER-123"`, `null`, 1), strings.Replace(checkout, `"ORDER-123"`, `""`, 1),
		strings.Replace(checkout, `ORDER-123`, strings.Repeat("x", 501), 1), `{"x":"` + strings.Repeat("x", 64<<10) + `"}`,
	} {
		w.send(http.MethodPost, checkouts+"/initiate", body, app).is(400).says(`{"detail":"Invalid request"}`)
	}
	w.send(http.MethodPost, checkouts+"/initiate", checkout, app, "Content-Type: text/plain").is(201) // the first one counts
	w.send(http.MethodPost, checkouts+"/initiate", "", app).is(400)
	w.send(http.MethodPost, checkouts+"/initiate", strings.Replace(checkout, "{", `{"is_admin":true,`, 1), app).is(201) // ignored
	if allow := w.send(http.MethodPut, checkouts, checkout, app).is(405).says(`{"detail":"Method not allowed"}`).header.Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow: %s", allow)
	}
	w.send(http.MethodGet, "/api/v1/payments/nothing", "", app).is(404).says(`{"detail":"Not found"}`)
}
